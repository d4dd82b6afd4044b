"""What is promised: targets by priority, when clocks pause, and which calendar counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from models.errors import InvalidInput
from models.lifecycle import FINISHED, TicketPriority, TicketStatus
from models.sla.calendars import Calendar


class SlaClockKind(StrEnum):
    """What a clock waits for, in the order in which a ticket's clocks are listed."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Targets:
    """How much open time each answer may take; None is not promised, nothing at all is a promise."""

    first_response: timedelta | None = None
    next_response: timedelta | None = None
    resolution: timedelta | None = None

    def __post_init__(self) -> None:
        for kind in SlaClockKind:
            target = self.of(kind)
            if target is not None and target < timedelta():
                raise InvalidInput("A target is 0 or more.", [kind.value])

    def of(self, kind: SlaClockKind) -> timedelta | None:
        """The target of a clock."""
        match kind:
            case SlaClockKind.FIRST_RESPONSE:
                return self.first_response
            case SlaClockKind.NEXT_RESPONSE:
                return self.next_response
            case SlaClockKind.RESOLUTION:
                return self.resolution


_NOTHING = Targets()


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised, whatever the calendar. A priority that `targets` lacks is promised nothing.

    `pause_on` holds resolution and next response; first response only if `pause_first_response`. `version` tells the
    caller which row this was; it changes nothing.
    """

    targets: Mapping[TicketPriority, Targets]
    warn_before: timedelta = timedelta()
    pause_on: frozenset[TicketStatus] = frozenset({TicketStatus.WAITING_ON_CUSTOMER})
    pause_first_response: bool = False
    ai_counts_as_response: bool = False
    version: UUID | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.warn_before < timedelta():
            raise InvalidInput("A warning comes 0 or more before the target.", ["warn_before"])


NOTHING_PROMISED = Policy({})


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds for a ticket at one time."""

    policy: Policy
    calendar: Calendar
    priority: TicketPriority

    def target(self, kind: SlaClockKind) -> timedelta | None:
        """How much open time a clock has."""
        return self.policy.targets.get(self.priority, _NOTHING).of(kind)

    def held_by(self, kind: SlaClockKind) -> frozenset[TicketStatus]:
        """The statuses that hold a clock. Nobody is kept waiting by a ticket that is resolved or closed."""
        if kind is SlaClockKind.FIRST_RESPONSE and not self.policy.pause_first_response:
            return FINISHED
        return FINISHED | self.policy.pause_on
