"""A real SMTP server that keeps what it was given, goes and comes back, and may have the sender killed."""

from __future__ import annotations

import asyncio
import email
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mood(Enum):
    """What it says to whoever has a mail: that it takes it, that it is busy, nothing at all."""

    TAKING = auto()
    BUSY = auto()
    MUTE = auto()


class Sink:
    """`received` counts mails by Message-ID, `first` is when each came for the first time. A `blow` is called once with
    a mail that is whole and not yet taken; the mail is then taken or not, in turns, and the sender is never told."""

    def __init__(self) -> None:
        self.port = 0
        self.mood = Mood.TAKING
        self.received: Counter[str] = Counter()
        self.first: dict[str, float] = {}
        self.times: list[float] = []
        self.blow: Callable[[], None] | None = None
        self._news = asyncio.Condition()
        self._takes = False
        self._listening: asyncio.Server | None = None
        self._conversations: list[SMTP] = []

    async def come(self) -> None:
        """Listen: on a free port at first, and then on the same."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._connected, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def leave(self) -> None:
        """Be gone, in the middle of whatever is being said."""
        if self._listening:
            self._listening.close()
            self.cut()
            await self._listening.wait_closed()
            self._listening = None

    def cut(self) -> None:
        """End all conversations without a word."""
        for each in self._conversations:
            if isinstance(each.transport, asyncio.Transport):
                each.transport.abort()
        self._conversations.clear()

    def _connected(self) -> SMTP:
        self._conversations.append(SMTP(self, hostname="sink.test", timeout=600, enable_SMTPUTF8=True))
        return self._conversations[-1]

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The end of a mail."""
        if self.mood is Mood.BUSY:
            return "451 4.3.2 Busy"
        if self.mood is Mood.MUTE:
            await asyncio.Event().wait()
        content = envelope.original_content
        if not isinstance(content, bytes):
            raise TypeError("the mail is no bytes")
        blow, self.blow = self.blow, None
        if blow:
            blow()
            self._takes = not self._takes
            if not self._takes:
                return "451 Too late"
        id, now = str(email.message_from_bytes(content)["Message-ID"]), time.monotonic()
        self.received[id] += 1
        self.first.setdefault(id, now)
        self.times.append(now)
        await self.wake()
        return "250 OK"

    async def wake(self) -> None:
        """Have those who wait look again."""
        async with self._news:
            self._news.notify_all()

    async def until(self, there: Callable[[], bool], within: float) -> bool:
        """Wait for mail until it is so; whether it is in time."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(there)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def a_sink() -> AsyncIterator[Sink]:
    """A server on a free port."""
    sink = Sink()
    await sink.come()
    try:
        yield sink
    finally:
        await sink.leave()
