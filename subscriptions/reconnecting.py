"""A backend of the broadcast that outlives its connections: what it can't send is lost, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Protocol

from broadcaster import BroadcastBackend, Event

from subscriptions.background import end, report_failure

logger = logging.getLogger(__name__)

# What PostgreSQL takes in one NOTIFY.
MESSAGE_BYTES = 7_999
ECHO = "helpdesk_echo"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: how long anything may take, how often a quiet connection has to prove that it carries, and how long to
    wait before it is made anew, at first and at most."""

    patience: float = 3.0
    proof_every: float = 5.0
    first_pause: float = 0.1
    longest_pause: float = 5.0


class Line(Protocol):
    """One connection to whatever carries messages; `lost` is set once it carries none any more."""

    lost: asyncio.Event

    async def listen(self, channel: str) -> None:
        """Have what is published on the channel handed on, until the connection ends."""
        ...

    async def publish(self, channel: str, message: str) -> None:
        """Send to all who listen, ourselves among them."""
        ...


Received = Callable[[str, str], None]
Dial = Callable[[Received], AbstractAsyncContextManager[Line]]


class ReconnectingBackend(BroadcastBackend):
    """Keeps a line open: one that ended, or that an echo doesn't come back on, is replaced after a jittered pause.

    Publishing never fails and keeps nothing for later. `errors` are what a line that is away raises.
    """

    def __init__(self, dial: Dial, errors: tuple[type[Exception], ...], timing: Timing | None = None) -> None:
        self.away = False
        self._dial = dial
        self._errors: tuple[type[Exception], ...] = (*errors, TimeoutError)
        self._timing = timing or Timing()
        self._line: Line | None = None
        self._turn = asyncio.Lock()
        self._channels: set[str] = set()
        self._arrived: asyncio.Queue[Event] = asyncio.Queue()
        # Of our own: nobody else's echo says that this process hears.
        self._echo = f"{ECHO}_{secrets.token_hex(8)}"
        self._echoed = asyncio.Event()
        self._tried = asyncio.Event()
        self._failures = 0
        self._keeping: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Begin; a start waits for the first try, and goes on however that ended.

        An address that no connection can be made of raises what is wrong with it.
        """
        self._keeping = asyncio.create_task(self._keep(), name="keeping the broadcast connected")
        self._keeping.add_done_callback(report_failure)
        self._keeping.add_done_callback(lambda _ended: self._tried.set())
        await self._tried.wait()
        if self._keeping.done():
            self._keeping.result()

    async def disconnect(self) -> None:
        """End the connection."""
        if self._keeping:
            await end(self._keeping)

    async def subscribe(self, channel: str) -> None:
        """Hand on what comes on the channel, now if there is a connection, and on all that follow."""
        self._channels.add(channel)
        await self._try(lambda line: line.listen(channel))

    async def unsubscribe(self, channel: str) -> None:
        """Hand on no more of the channel."""
        self._channels.discard(channel)

    async def publish(self, channel: str, message: str) -> None:
        """Send, or lose it within `patience`; what is too long for any line raises ValueError."""
        if len(message.encode()) > MESSAGE_BYTES:
            raise ValueError(f"A message of the broadcast may have {MESSAGE_BYTES:,} bytes.")
        await self._try(lambda line: line.publish(channel, message))

    async def next_published(self) -> Event:
        """What arrives next. Whoever takes it must not wait for anything else, or it piles up."""
        return await self._arrived.get()

    def _received(self, channel: str, message: str) -> None:
        if channel == self._echo:
            self._echoed.set()
        elif channel in self._channels:
            self._arrived.put_nowait(Event(channel, message))

    async def _try(self, say: Callable[[Line], Awaitable[None]]) -> None:
        """Say it on the line there is; one that fails is given up."""
        if (line := self._line) is None:
            return
        try:
            await self._say(say, line)
        except self._errors:
            line.lost.set()

    async def _say(self, say: Callable[[Line], Awaitable[None]], line: Line) -> None:
        async with asyncio.timeout(self._timing.patience), self._turn:
            if line.lost.is_set():
                raise ConnectionError("the connection has ended")
            await say(line)

    async def _keep(self) -> None:
        while True:
            try:
                async with self._dial(self._received) as line:
                    await self._use(line)
            except self._errors as error:
                self._note_away(error)
            pause = min(self._timing.first_pause * 2**self._failures, self._timing.longest_pause)
            self._failures = min(self._failures + 1, 10)
            # Processes that lost the same server don't all return to it in one moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _use(self, line: Line) -> None:
        self._line = line
        try:
            await self._hold(line)
        finally:
            self._line = None
            line.lost.set()
            # It is closed next: not under the hands of somebody who is still saying something.
            async with self._turn:
                pass

    async def _hold(self, line: Line) -> None:
        """Use the line until it is lost."""
        await self._say(self._listen, line)
        while not line.lost.is_set():
            await self._prove(line)
            self._note_back()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.proof_every):
                    await line.lost.wait()
        raise ConnectionError("the connection has ended")

    async def _listen(self, line: Line) -> None:
        for channel in (self._echo, *self._channels):
            await line.listen(channel)

    async def _prove(self, line: Line) -> None:
        """Have something come back: a connection may be open and carry nothing, as behind a pooler."""
        self._echoed.clear()
        await self._say(lambda line: line.publish(self._echo, ""), line)
        try:
            async with asyncio.timeout(self._timing.patience):
                await self._echoed.wait()
        except TimeoutError:
            raise ConnectionError("nothing comes back of what is sent; is there a pooler in between?") from None

    def _note_back(self) -> None:
        self._failures = 0
        self._tried.set()
        if self.away:
            self.away = False
            logger.warning("The broadcast carries again.")

    def _note_away(self, error: Exception) -> None:
        self._tried.set()
        if not self.away:
            self.away = True
            logger.warning(
                "The broadcast is away; what other processes write is told a second later, and who is there by them, or"
                " what they draft, not at all: %r",
                error,
            )
