"""Mail by SMTP: a few connections that are kept, and what the server's answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Self

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from models.smtp_address import SmtpAddress, SmtpTls
from tasks.mail.carrying import MailAway, MailRefused, Parcel

# After this many seconds without work the server may be gone: it is asked first, and after more a new one is opened.
ASKED_AFTER = 1.0
IDLE_LIMIT = 30.0
# Servers limit how many mails they take on one connection; we leave before.
MAILS_LIMIT = 100
GOODBYE = 2.0
PERMANENT = range(500, 600)


class SmtpPool:
    """Up to so many connections to a server. Each step of a conversation, and the whole of it twice, has its time."""

    def __init__(self, address: SmtpAddress, connections: int, patience: float) -> None:
        self._address = address
        self._patience = patience
        self._room = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, address: SmtpAddress, connections: int, patience: float) -> AsyncIterator[Self]:
        """A pool, whose connections are closed when the block ends. None is opened before there is mail."""
        pool = cls(address, connections, patience)
        try:
            yield pool
        finally:
            while pool._idle:
                await pool._idle.pop().leave()

    async def send(self, parcel: Parcel) -> None:
        """Hand a mail over; raises MailAway or MailRefused."""
        async with self._room:
            try:
                async with asyncio.timeout(2 * self._patience):
                    connection = await self._connection()
                    await self._on(connection, parcel)
            except (OSError, SMTPException) as error:
                raise MailAway(f"{self._address.host} took no mail: {error or type(error).__name__}") from error

    async def _on(self, connection: _Connection, parcel: Parcel) -> None:
        fit_for_more = False
        try:
            await connection.send(parcel)
            fit_for_more = True
        except MailRefused:
            fit_for_more = True
            raise
        finally:
            if fit_for_more and connection.may_be_kept:
                self._idle.append(connection)
            else:
                connection.drop()

    async def _connection(self) -> _Connection:
        """A connection that works: one that is there, or a new one."""
        while self._idle:
            kept = self._idle.pop()
            if await kept.is_alive():
                return kept
        return await _Connection.open(self._address, self._patience)


class _Connection:
    """A conversation with the server."""

    def __init__(self, client: SMTP) -> None:
        self._client = client
        self._mails = 0
        self._used = monotonic()

    @classmethod
    async def open(cls, address: SmtpAddress, patience: float) -> Self:
        """Connect, encrypt and sign in, as the address says."""
        client = SMTP(
            hostname=address.host,
            port=address.port,
            username=address.user,
            password=address.password,
            timeout=patience,
            use_tls=address.tls is SmtpTls.IMPLICIT,
            start_tls={SmtpTls.AUTO: None, SmtpTls.REQUIRED: True}.get(address.tls, False),
            cert_bundle=str(address.ca) if address.ca else None,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return cls(client)

    @property
    def may_be_kept(self) -> bool:
        """Whether it is good for another mail."""
        return self._client.is_connected and self._mails < MAILS_LIMIT

    async def is_alive(self) -> bool:
        """Whether the server is still there; if not, the connection is closed."""
        rested = monotonic() - self._used
        if rested < ASKED_AFTER and self._client.is_connected:
            return True
        if rested < IDLE_LIMIT:
            with suppress(OSError, SMTPException):
                await self._client.noop(timeout=GOODBYE)
                return True
        self.drop()
        return False

    async def send(self, parcel: Parcel) -> None:
        """One mail; raises MailRefused where the server will never take it, and what else went wrong as it is."""
        options = [] if parcel.sent_to.isascii() else ["SMTPUTF8"]
        self._mails += 1
        try:
            await self._client.sendmail(parcel.sent_from, [parcel.sent_to], parcel.content, mail_options=options)
        except SMTPRecipientsRefused as error:
            raise _answered(error.recipients[0]) from error
        except (SMTPSenderRefused, SMTPDataError) as error:
            raise _answered(error) from error
        except SMTPNotSupported as error:
            raise MailRefused(f"The server can't write to such an address: {error}") from error
        except ValueError as error:
            raise MailRefused("This is an address that no mail can go to.") from error
        finally:
            self._used = monotonic()

    def drop(self) -> None:
        """Hang up."""
        self._client.close()

    async def leave(self) -> None:
        """Say goodbye, then hang up."""
        with suppress(OSError, SMTPException):
            await self._client.quit(timeout=GOODBYE)
        self.drop()


def _answered(error: SMTPResponseException) -> MailRefused | MailAway:
    """What the server's answer about this one mail means."""
    said = f"{error.code} {error.message}"
    return MailRefused(said) if error.code in PERMANENT else MailAway(said)
