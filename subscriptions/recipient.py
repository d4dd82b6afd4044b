"""The end of one subscription: results go to its connection at once where that can take them, and wait otherwise."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol
from uuid import UUID

from subscriptions.cursor import Position
from subscriptions.items import FeedItem, ResumeRequired, Scope, StandingChanged

QUEUE = 256


class Sink(Protocol):
    """Where the results of one subscription go: its end of a connection."""

    def write(self, result: bytes) -> bool:
        """Send it now, if the connection takes it at once; False if nothing was sent. Not called while `send` waits."""
        ...

    async def send(self, result: bytes) -> None:
        """Send it, or wait while the connection can't take any; raises what the connection ended with."""
        ...


class Show(Protocol):
    """What a subscription shows of the feed's items."""

    @property
    def key(self) -> Hashable:
        """Equal for those who show the same to everybody of a role."""
        ...

    def is_personal(self, item: FeedItem) -> bool:
        """Whether it matters who of the role is shown the item."""
        ...

    async def __call__(self, item: FeedItem) -> bytes:
        """The item as it is sent."""
        ...


class Recipient:
    """A subscription that is sent a feed: by its own task, and by an audience once that has nothing left to do.

    It has been sent all that it asked for up to `reached`, and `position` is the last of it. From `joined_at` on it is
    handed everything, if it has joined an audience; what is handed over while its own task is busy waits.
    """

    __slots__ = (
        "_cut",
        "_departs_at",
        "_error",
        "_is_live",
        "_leave",
        "_resting",
        "_sink",
        "_waiting",
        "joined_at",
        "position",
        "reached",
        "scope",
        "show",
    )

    def __init__(self, scope: Scope, position: Position, show: Show, sink: Sink) -> None:
        self.scope = scope
        self.position = position
        self.reached = position.seq
        self.show = show
        self.joined_at: int | None = None
        self._sink = sink
        self._leave: Callable[[Recipient], None] | None = None
        self._waiting: deque[tuple[Position, bytes]] = deque()
        self._is_live = False
        self._resting: asyncio.Future[None] | None = None
        self._cut = False
        self._departs_at: Position | None = None
        self._error: Exception | None = None

    @property
    def person_id(self) -> UUID | None:
        """Who it is."""
        return self.scope.actor.user_id

    def join(self, at: int, leave: Callable[[Recipient], None]) -> None:
        """Be handed everything after a place of the log; `leave` is called when it wants no more."""
        self.joined_at, self._leave = at, leave

    def leave(self) -> None:
        """Be handed nothing more, and let go of what waits."""
        self._waiting.clear()
        self._stand_up()

    def _stand_up(self) -> None:
        self.joined_at, leave, self._leave = None, self._leave, None
        if leave:
            leave(self)
        self._wake()

    def _wake(self) -> None:
        resting, self._resting = self._resting, None
        if resting and not resting.done():
            resting.set_result(None)

    def cut(self) -> None:
        """End it with ResumeRequired."""
        self._cut = True
        self.leave()

    def fail(self, error: Exception) -> None:
        """End it with an error that it is not to blame for."""
        self._error = error
        self.leave()

    def depart(self, position: Position) -> None:
        """End it with StandingChanged, once it has been sent what was up to the position.

        While its own task still reads the log, that finds the change there.
        """
        if self.joined_at is None or position.seq < self.reached:
            return
        if self._is_live:
            self._departs_at = position
            self._stand_up()
        else:
            self.leave()

    def hand(self, position: Position, result: bytes, *, overtaken: bool) -> None:
        """Send a result now, or have it wait. Neither blocks nor fails.

        Without room for it, the recipient is cut. One that was overtaken, by a burst that its audience itself reads
        from the log or while its own task still does, goes on from there at its own pace.
        """
        if self.joined_at is None or position.seq <= self.reached:
            return
        if self._resting and self._sink.write(result):
            self.reached, self.position = position.seq, position
        elif len(self._waiting) < QUEUE:
            self._waiting.append((position, result))
            self._wake()
        elif overtaken or not self._is_live:
            self.leave()
        else:
            self.cut()

    async def take(self, position: Position, result: bytes) -> None:
        """Send a result by its own task."""
        if position.seq > self.reached:
            self.reached, self.position = position.seq, position
            await self._sink.send(result)

    async def live(self) -> None:
        """Send what waits, and then be handed the rest; back when it is to go on from the log.

        Raises ResumeRequired, or what it failed with.
        """
        self._is_live = True
        try:
            while True:
                await self._send_waiting()
                self.check()
                if self.joined_at is None:
                    return
                resting = self._resting = asyncio.get_running_loop().create_future()
                await resting
        finally:
            self._is_live, self._resting = False, None

    async def _send_waiting(self) -> None:
        while self._waiting:
            await self.take(*self._waiting.popleft())

    def check(self) -> None:
        """Raise what it has ended with, if it has."""
        if self._error:
            raise self._error
        if self._cut:
            raise ResumeRequired(self.position)
        if self._departs_at and not self._waiting:
            raise StandingChanged(self._departs_at)
