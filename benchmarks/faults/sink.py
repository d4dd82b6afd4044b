"""A real SMTP server that keeps what it was given, and may have the sender killed in the middle of it."""

from __future__ import annotations

import asyncio
import email
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """`received` counts mails by Message-ID. A `blow` is called once with a mail that is whole and not yet taken;
    the mail is then taken or not, in turns, and the sender is never told."""

    def __init__(self) -> None:
        self.port = 0
        self.received: Counter[str] = Counter()
        self.times: list[float] = []
        self.blow: Callable[[], None] | None = None
        self._news = asyncio.Condition()
        self._takes = False

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The end of a mail."""
        content = envelope.original_content
        if not isinstance(content, bytes):
            raise TypeError("the mail is no bytes")
        blow, self.blow = self.blow, None
        if blow:
            blow()
            self._takes = not self._takes
            if not self._takes:
                return "451 Too late"
        self.received[str(email.message_from_bytes(content)["Message-ID"])] += 1
        self.times.append(time.monotonic())
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
    servers: list[SMTP] = []

    def connected() -> SMTP:
        servers.append(SMTP(sink, hostname="sink.test", timeout=600, enable_SMTPUTF8=True))
        return servers[-1]

    listening = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    sink.port = listening.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        listening.close()
        for each in servers:
            if isinstance(each.transport, asyncio.Transport):
                each.transport.abort()
        await listening.wait_closed()
