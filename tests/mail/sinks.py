"""A real SMTP server that keeps what it got, and can be told to refuse, to hang and to die."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from models.smtp_address import SmtpAddress, SmtpTls


@dataclass
class Received:
    """A mail and its envelope."""

    sent_from: str
    sent_to: list[str]
    raw: bytes


@dataclass
class Sink:
    """`answers` are what the server says to the next commands of a name, in order, before it says yes to all.

    "hang" is no answer at all, "die" the end of the connection.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    servers: list[SMTP] = field(default_factory=list)

    @property
    def address(self) -> SmtpAddress:
        """Where it listens."""
        return SmtpAddress("127.0.0.1", self.port, SmtpTls.OFF)

    async def _answer(self, server: SMTP, command: str) -> str:
        waiting = self.answers.get(command)
        answer = waiting.pop(0) if waiting else "250 OK"
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "die":
            assert server.transport is not None
            server.transport.abort()
        return answer

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        answer = await self._answer(server, "MAIL")
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """RCPT TO."""
        answer = await self._answer(server, "RCPT")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The end of DATA."""
        answer = await self._answer(server, "DATA")
        if answer.startswith("2"):
            assert isinstance(envelope.original_content, bytes)
            self.received.append(Received(envelope.mail_from or "", [*envelope.rcpt_tos], envelope.original_content))
        return answer

    async def handle_NOOP(self, server: SMTP, _session: Session, _envelope: Envelope, _argument: str) -> str:
        """NOOP."""
        return await self._answer(server, "NOOP")


@asynccontextmanager
async def a_sink(**options: Any) -> AsyncIterator[Sink]:
    """A server of its own on a free port."""
    sink = Sink()

    def connected() -> SMTP:
        sink.connections += 1
        server = SMTP(sink, hostname="sink.test", **{"timeout": 60, "enable_SMTPUTF8": True, **options})
        sink.servers.append(server)
        return server

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for each in sink.servers:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


def letting_in(sink: list[str], accounts: Mapping[str, str]) -> Any:
    """An authenticator that knows these users and their passwords, and keeps who has tried."""

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        user, password = given.login.decode(), given.password.decode()
        sink.append(user)
        return AuthResult(success=accounts.get(user) == password, handled=False)

    return authenticate


def certified(certificate: str, key: str) -> ssl.SSLContext:
    """A server's TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
