"""The hint channel: "organization X is at seq N", from whoever has committed to whoever follows the log."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import Self
from uuid import UUID

from broadcaster import Broadcast, Event

from models.database import Hint
from subscriptions.background import background

logger = logging.getLogger(__name__)

HINTS = "helpdesk_hints"
# Of so many hints a message is as long as 5,316 bytes.
AT_ONCE = 100
# Seconds between two messages: publishing costs about as much as a small mutation, and what comes meanwhile goes along.
PAUSE = 0.005
_MESSAGE = re.compile(rf"([0-9a-f]{{16}})((?: [0-9a-f]{{32}}:[0-9]{{1,19}}){{1,{AT_ONCE}}})")


class HintChannel:
    """Carries hints within a deployment. A lost one costs its receivers time, never an event.

    One subscription is held for the life of the process, whoever listens at the moment. The process's own listeners
    hear its own hints at once, whatever becomes of the broadcast.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._listeners: list[Hint] = []
        self._unsent: dict[UUID, int] = {}
        self._news = asyncio.Event()
        self._name = secrets.token_hex(8)

    @classmethod
    @asynccontextmanager
    async def over(cls, broadcast: Broadcast) -> AsyncIterator[Self]:
        """The channel over a broadcast that is connected, for as long as the block lasts."""
        async with broadcast.subscribe(HINTS) as subscription:
            channel = cls(broadcast)
            async with (
                background(channel._send(), "sending hints"),
                background(channel._receive(subscription.get), "receiving hints"),
            ):
                yield channel

    def send(self, organization_id: UUID, seq: int) -> None:
        """Hint that an organization's log has grown to `seq`; made for `Database.on_commit`.

        For other processes it only takes a note: what is still waiting to leave is replaced by the organization's next.
        """
        self._hear(organization_id, seq)
        self._unsent[organization_id] = max(seq, self._unsent.get(organization_id, 0))
        self._news.set()

    @contextmanager
    def listening(self, listener: Hint) -> Iterator[None]:
        """Have `listener` called with every hint, also our own; it must neither block nor fail."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _hear(self, organization_id: UUID, seq: int) -> None:
        for listener in self._listeners:
            listener(organization_id, seq)

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._unsent:
                leaving = [(each, self._unsent.pop(each)) for each in tuple(islice(self._unsent, AT_ONCE))]
                hints = (f"{organization_id.hex}:{seq}" for organization_id, seq in leaving)
                await self._broadcast.publish(HINTS, f"{self._name} {' '.join(hints)}")
                await asyncio.sleep(PAUSE)

    async def _receive(self, receive: Callable[[], Awaitable[Event]]) -> None:
        while True:
            message = (await receive()).message
            if not (match := _MESSAGE.fullmatch(message)):
                logger.warning("The hint channel carries something that is no hint: %.80r", message)
            elif match[1] != self._name:
                for hint in match[2].split():
                    organization_id, _, seq = hint.partition(":")
                    self._hear(UUID(organization_id), int(seq))
