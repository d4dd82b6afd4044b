"""What carries mail away, and how it says that it could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class MailAway(Exception):
    """Whoever takes mail did not take it this time: out of reach, busy, too slow. Worth a retry."""


class MailRefused(Exception):
    """The mail will not be taken, however often it is offered."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mail (RFC 5322) and its envelope."""

    organization: str
    mail_id: UUID
    content: bytes
    sent_from: str
    sent_to: str


class Carrier(Protocol):
    """Takes mail."""

    async def send(self, parcel: Parcel) -> None:
        """Hand a mail over for good; raises MailAway or MailRefused. Handed over again, it is the same mail."""
