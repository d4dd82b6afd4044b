"""What versions of policies and calendars hold: typed values on this side, the JSON of `definition` on the other.

A version is all there was to say of a policy or calendar at one time, its name and place in the list included, so that
what was promised then can be told and reckoned again. Many edits change no promise: `same_terms` says whether one does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self, overload
from uuid import UUID

from models.lifecycle import TicketPriority, TicketStatus
from models.sla.calendars import Calendar, ExtraDay, Interval, Intervals
from models.sla.promises import Policy, SlaClockKind, Targets

_SECOND = timedelta(seconds=1)


class SlaConditionKind(StrEnum):
    """What of a ticket a condition asks for."""

    TAG = "tag"
    CATEGORY = "category"
    REQUESTER_DOMAIN = "requester_domain"


class SlaEscalationAction(StrEnum):
    """What is done when a clock runs out, or is about to."""

    RAISE_PRIORITY = "raise_priority"
    REASSIGN = "reassign"
    NOTIFY_ADMINS = "notify_admins"


@dataclass(frozen=True, slots=True)
class Condition:
    """That a ticket has one of these tags or categories, or that its requester's address is at one of these domains."""

    tags: frozenset[UUID] = frozenset()
    categories: frozenset[UUID] = frozenset()
    domains: frozenset[str] = frozenset()

    @property
    def kind(self) -> SlaConditionKind:
        """Which of the three it asks for: the one that it names values of."""
        if self.tags:
            return SlaConditionKind.TAG
        return SlaConditionKind.CATEGORY if self.categories else SlaConditionKind.REQUESTER_DOMAIN

    def holds(self, tags: Collection[UUID], category_id: UUID | None, domain: str) -> bool:
        """Whether it holds for a ticket with these tags and this category, from somebody at this domain."""
        match self.kind:
            case SlaConditionKind.TAG:
                return not self.tags.isdisjoint(tags)
            case SlaConditionKind.CATEGORY:
                return category_id in self.categories
            case SlaConditionKind.REQUESTER_DOMAIN:
                return domain in self.domains


@dataclass(frozen=True, slots=True)
class Escalation:
    """One step: what is done once so much of a clock's target is used, or at its breach (None).

    It is for clocks of one kind, or of all (None). RAISE_PRIORITY has a priority, REASSIGN an assignee.
    """

    action: SlaEscalationAction
    after_percent: int | None = None
    clock: SlaClockKind | None = None
    priority: TicketPriority | None = None
    assignee_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PolicyDefinition:
    """A policy with all that decides where it applies and what follows."""

    name: str
    policy: Policy
    position: int = 0
    is_default: bool = False
    calendar_id: UUID | None = None
    conditions: tuple[Condition, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    def chosen_for(self, tags: Collection[UUID], category_id: UUID | None, domain: str) -> bool:
        """Whether all its conditions hold for such a ticket. One without conditions is chosen by nobody.

        Policies are asked in order of their positions; the default one applies where none is chosen.
        """
        return bool(self.conditions) and all(each.holds(tags, category_id, domain) for each in self.conditions)

    def same_terms(self, other: PolicyDefinition) -> bool:
        """Whether a ticket under the other one is promised the same by this one, and the same follows."""
        return self.policy == other.policy and self.escalations == other.escalations

    def as_json(self) -> dict[str, Any]:
        """The same, JSON-ready."""
        policy = self.policy
        return {
            "name": self.name,
            "position": self.position,
            "is_default": self.is_default,
            "calendar_id": _text(self.calendar_id),
            "targets": {
                priority.value: {kind.value: seconds_of(targets.of(kind)) for kind in SlaClockKind}
                for priority in TicketPriority
                if (targets := policy.targets.get(priority)) is not None
            },
            "warn_before": seconds_of(policy.warn_before),
            "pause_on": [status.value for status in TicketStatus if status in policy.pause_on],
            "pause_first_response": policy.pause_first_response,
            "ai_counts_as_response": policy.ai_counts_as_response,
            "conditions": [_condition_json(each) for each in self.conditions],
            "escalations": [_escalation_json(each) for each in self.escalations],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], version: UUID | None = None) -> Self:
        """What `as_json` has written; `version` is the id of the row that keeps it."""
        return cls(
            name=kept["name"],
            policy=Policy(
                {TicketPriority(priority): _targets(targets) for priority, targets in kept["targets"].items()},
                warn_before=kept["warn_before"] * _SECOND,
                pause_on=frozenset(map(TicketStatus, kept["pause_on"])),
                pause_first_response=kept["pause_first_response"],
                ai_counts_as_response=kept["ai_counts_as_response"],
                version=version,
            ),
            position=kept["position"],
            is_default=kept["is_default"],
            calendar_id=_uuid(kept["calendar_id"]),
            conditions=tuple(map(_condition, kept["conditions"])),
            escalations=tuple(map(_escalation, kept["escalations"])),
        )


@dataclass(frozen=True, slots=True)
class CalendarDefinition:
    """A calendar with its name, and what its holidays and extra days are called."""

    name: str
    calendar: Calendar
    is_default: bool = False
    holiday_names: Mapping[date, str] = field(default_factory=dict)
    extra_names: Mapping[date, str] = field(default_factory=dict)

    def same_terms(self, other: CalendarDefinition) -> bool:
        """Whether it is open whenever the other one is, and closed for the same reasons."""
        return self.calendar == other.calendar

    def as_json(self) -> dict[str, Any]:
        """The same, JSON-ready."""
        calendar = self.calendar
        return {
            "name": self.name,
            "is_default": self.is_default,
            "timezone": calendar.timezone,
            "weekly": [_intervals_json(day) for day in calendar.weekly],
            "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
            "extra": [[each.date.isoformat(), _intervals_json(each.intervals)] for each in calendar.extra],
            "holiday_names": _names_json(self.holiday_names),
            "extra_names": _names_json(self.extra_names),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], version: UUID | None = None) -> Self:
        """What `as_json` has written; `version` is the id of the row that keeps it."""
        return cls(
            name=kept["name"],
            calendar=Calendar(
                timezone=kept["timezone"],
                weekly=tuple(map(_intervals, kept["weekly"])),
                holidays=frozenset(map(date.fromisoformat, kept["holidays"])),
                extra=tuple(ExtraDay(date.fromisoformat(day), _intervals(hours)) for day, hours in kept["extra"]),
                version=version,
            ),
            is_default=kept["is_default"],
            holiday_names=_names(kept["holiday_names"]),
            extra_names=_names(kept["extra_names"]),
        )


def wall_time(since_midnight: timedelta) -> str:
    """A time of day as `Interval.between` takes it: 09:00, or 24:00 for the end of the date."""
    minutes = since_midnight // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _intervals_json(intervals: Intervals) -> list[list[str]]:
    return [[wall_time(each.opens), wall_time(each.closes)] for each in intervals]


def _intervals(kept: list[list[str]]) -> Intervals:
    return tuple(Interval.between(opens, closes) for opens, closes in kept)


def _names_json(names: Mapping[date, str]) -> dict[str, str]:
    return {day.isoformat(): name for day, name in sorted(names.items())}


def _names(kept: Mapping[str, str]) -> dict[date, str]:
    return {date.fromisoformat(day): name for day, name in kept.items()}


def _targets(kept: Mapping[str, Any]) -> Targets:
    return Targets(**{kind.value: _duration(kept[kind.value]) for kind in SlaClockKind})


def _condition_json(condition: Condition) -> dict[str, Any]:
    return {
        "tags": sorted(map(str, condition.tags)),
        "categories": sorted(map(str, condition.categories)),
        "domains": sorted(condition.domains),
    }


def _condition(kept: Mapping[str, Any]) -> Condition:
    return Condition(
        frozenset(map(UUID, kept["tags"])), frozenset(map(UUID, kept["categories"])), frozenset(kept["domains"])
    )


def _escalation_json(escalation: Escalation) -> dict[str, Any]:
    return {
        "action": escalation.action.value,
        "after_percent": escalation.after_percent,
        "clock": escalation.clock and escalation.clock.value,
        "priority": escalation.priority and escalation.priority.value,
        "assignee_id": _text(escalation.assignee_id),
    }


def _escalation(kept: Mapping[str, Any]) -> Escalation:
    return Escalation(
        SlaEscalationAction(kept["action"]),
        after_percent=kept["after_percent"],
        clock=SlaClockKind(kept["clock"]) if kept["clock"] else None,
        priority=TicketPriority(kept["priority"]) if kept["priority"] else None,
        assignee_id=_uuid(kept["assignee_id"]),
    )


@overload
def seconds_of(duration: timedelta) -> int: ...
@overload
def seconds_of(duration: timedelta | None) -> int | None: ...
def seconds_of(duration: timedelta | None) -> int | None:
    """Whole seconds, as targets are kept and shown."""
    return None if duration is None else duration // _SECOND


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else seconds * _SECOND


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
