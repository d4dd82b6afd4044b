"""What is accepted, and yet may not be what somebody meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.sla.calendars import Calendar
from models.sla.promises import Policy, SlaClockKind


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence for whoever saves it, and which part of the input it is about."""

    message: str
    path: tuple[str, ...]


def policy_doubts(policy: Policy) -> list[Doubt]:
    """Targets that nobody can meet in time, but in the very instant."""
    return [
        Doubt("This is due the moment it starts, even out of hours.", ("targets", priority.value, kind.value))
        for priority, targets in policy.targets.items()
        for kind in SlaClockKind
        if targets.of(kind) == timedelta()
    ]


def calendar_doubts(calendar: Calendar, now: datetime) -> list[Doubt]:
    """A calendar that stays closed for ever: nothing will be due by it."""
    if calendar.opens_after(now):
        return []
    return [Doubt("This calendar never opens: no clock by it will ever be due.", ("weekly",))]
