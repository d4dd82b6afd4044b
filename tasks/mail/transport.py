"""What carries mail away, and how it says that it could not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from importlib import import_module
from typing import Protocol
from uuid import UUID

from models.settings import Settings


class MailAway(Exception):
    """Whoever takes mail did not take it this time: out of reach, busy, too slow. Worth a retry."""


class MailRefused(Exception):
    """The mail will not be taken, however often it is offered."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mail and its envelope."""

    organization: str
    mail_id: UUID
    message: EmailMessage
    sent_from: str
    sent_to: str


class Carrier(Protocol):
    """Takes mail."""

    async def send(self, parcel: Parcel) -> None:
        """Hand a mail over for good; raises MailAway or MailRefused. Handed over again, it is the same mail."""


@asynccontextmanager
async def open_smtp(settings: Settings) -> AsyncIterator[Carrier | None]:
    """The server at HELPDESK_SMTP_URL, None without one, until the block ends."""
    if settings.smtp_url is None:
        yield None
        return
    # The client takes 0.2 s to import, which whoever sends no mail should not wait for.
    smtp = import_module("tasks.mail.smtp")
    async with smtp.SmtpPool.open(
        settings.smtp_url, settings.smtp_connections, float(settings.smtp_timeout_seconds)
    ) as pool:
        yield pool
