"""Who is at a ticket at this moment. Values only: nothing of it is ever stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PresenceState(StrEnum):
    """What somebody does at a ticket."""

    VIEWING = "viewing"
    TYPING = "typing"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Present:
    """A member at a ticket, and since when they have been doing what they do."""

    member_id: UUID
    state: PresenceState
    since: datetime


@dataclass(frozen=True, slots=True)
class TicketPresence:
    """Who is at a ticket, of `count` people those who are listed; customers are told of nobody.

    `support_is_typing` is, for customers, whether somebody writes to them. No two have the same `number`.
    """

    ticket_id: UUID
    people: tuple[Present, ...]
    count: int
    support_is_typing: bool
    number: int = field(compare=False)
