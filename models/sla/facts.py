"""What happens to a ticket, as far as its clocks care."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus
from models.sla.calendars import Calendar
from models.sla.promises import Policy


@dataclass(frozen=True, slots=True)
class Created:
    """The ticket arrived, open. It does so once, before all else."""

    at: datetime
    priority: TicketPriority


@dataclass(frozen=True, slots=True)
class MessageWritten:
    """A message or an internal note was added to the thread. It changes no status."""

    at: datetime
    author_kind: ActorKind
    internal: bool = False


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The ticket has another status."""

    at: datetime
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """The ticket has another priority."""

    at: datetime
    priority: TicketPriority


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """Another policy holds, or another version of it."""

    at: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """Another calendar counts, or another version of it."""

    at: datetime
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Promised:
    """Policy and calendar change at once, and maybe the priority: nothing between the two promises ever held."""

    at: datetime
    policy: Policy
    calendar: Calendar
    priority: TicketPriority | None = None


PromiseChanged = PriorityChanged | PolicyChanged | CalendarChanged | Promised
TicketFact = Created | MessageWritten | StatusChanged | PromiseChanged


def until(facts: Iterable[TicketFact], now: datetime) -> list[TicketFact]:
    """The facts that have happened by `now`, oldest first; those of one instant stay in the order given."""
    return sorted((fact for fact in facts if fact.at <= now), key=lambda fact: fact.at)
