"""What organizations promise, and when they are open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date as Date
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.reading.reads import Loaded, Node, RowType, column, computed, each_of, loaded, to_one
from graphql_api.types.categories import CategoryType
from graphql_api.types.enums import Weekday
from graphql_api.types.organizations import UserType
from graphql_api.types.tags import TagType
from models.actors import Actor
from models.lifecycle import TicketPriority, TicketStatus
from models.service_levels import BusinessCalendar, BusinessCalendarVersion, SlaPolicy, SlaPolicyVersion
from models.sla import (
    CalendarDefinition,
    Doubt,
    PolicyDefinition,
    SlaClockKind,
    SlaConditionKind,
    SlaEscalationAction,
    calendar_doubts,
    policy_doubts,
)
from models.sla.definitions import seconds_of, wall_time
from resolvers.sla_policies import steps_to_nobody

Kept = Mapping[str, Any]


@strawberry.type(name="SlaTarget", description="The targets for tickets of one priority, in seconds of open time.")
class SlaTargetType:
    """Null is not promised; 0 is due at once."""

    priority: TicketPriority = strawberry.field(description="The tickets' priority.")
    first_response_seconds: int | None = strawberry.field(description="The target for the first response; null: none.")
    next_response_seconds: int | None = strawberry.field(
        description="The target for each later response, from the customer's message on; null: none."
    )
    resolution_seconds: int | None = strawberry.field(description="The target for the resolution; null: none.")


@strawberry.type(name="SlaCondition", description="A condition of a policy: the ticket matches one of the values.")
class SlaConditionType(RowType):
    """Not a row: a condition as JSON. Lists of other kinds than its own are empty."""

    kind: SlaConditionKind = column("kind", "What it compares.", enum=SlaConditionKind)
    tags: list[TagType] = each_of(lambda: TagType, "tags", "The tags, one of which the ticket must have.")
    categories: list[CategoryType] = each_of(
        lambda: CategoryType, "categories", "The categories, one of which must be the ticket's; without deleted ones."
    )
    domains: list[str] = column(
        "domains", "The domains, such as `example.com`, one of which must be that of the requester's e-mail address."
    )


@strawberry.type(
    name="SlaEscalation", description="An escalation step: what happens when a clock has run out or is about to."
)
class SlaEscalationType(RowType):
    """Not a row: an escalation as JSON."""

    action: SlaEscalationAction = column("action", "The action.", enum=SlaEscalationAction)
    after_percent: int | None = column(
        "after_percent", "Due once this percentage of the target is used; null: at the breach."
    )
    clock: SlaClockKind | None = column("clock", "For clocks of this kind; null: of all kinds.", enum=SlaClockKind)
    priority: TicketPriority | None = column(
        "priority", "For RAISE_PRIORITY: the priority that the ticket gets at least.", enum=TicketPriority
    )
    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "For REASSIGN: the member who gets the ticket.")


def _policy(row: Kept) -> PolicyDefinition:
    return PolicyDefinition.from_json(row["definition"])


def _calendar(row: Kept) -> CalendarDefinition:
    return CalendarDefinition.from_json(row["definition"])


def _of_policy(read: Callable[[PolicyDefinition], Any], description: str) -> Any:
    """A field that is read from what a policy, or a version of one, says."""
    return computed(lambda row, _actor: read(_policy(row)), ["definition"], description)


def _of_calendar(read: Callable[[CalendarDefinition], Any], description: str) -> Any:
    """A field that is read from what a calendar, or a version of one, says."""
    return computed(lambda row, _actor: read(_calendar(row)), ["definition"], description)


def _targets(definition: PolicyDefinition) -> list[SlaTargetType]:
    return [
        SlaTargetType(
            priority=priority,
            first_response_seconds=seconds_of(targets.first_response),
            next_response_seconds=seconds_of(targets.next_response),
            resolution_seconds=seconds_of(targets.resolution),
        )
        for priority in TicketPriority
        if (targets := definition.policy.targets.get(priority)) is not None
    ]


def _conditions(definition: PolicyDefinition) -> list[SlaConditionType]:
    return [
        SlaConditionType.of(
            {
                "kind": condition.kind.value,
                "tags": sorted(condition.tags),
                "categories": sorted(condition.categories),
                "domains": sorted(condition.domains),
            }
        )
        for condition in definition.conditions
    ]


def _escalations(definition: PolicyDefinition) -> list[SlaEscalationType]:
    return [SlaEscalationType.of(asdict(step)) for step in definition.escalations]


def _pauses(definition: PolicyDefinition) -> list[TicketStatus]:
    return [status for status in TicketStatus if status in definition.policy.pause_on]


def _policy_warnings(row: Kept, to_nobody: Sequence[int]) -> list[str]:
    definition = _policy(row)
    found = [f"{_place(doubt)}: {doubt.message}" for doubt in policy_doubts(definition.policy)]
    if not definition.is_default and not definition.conditions:
        found.append("It has no conditions and is not the default: it applies to no ticket.")
    return [
        *found,
        *(f"Escalation {number}: the assignee is no active agent or admin any more." for number in to_nobody),
    ]


def _calendar_warnings(row: Kept, actor: Actor) -> list[str]:
    return [doubt.message for doubt in calendar_doubts(_calendar(row).calendar, actor.database.now())]


def _place(doubt: Doubt) -> str:
    """`targets`, `urgent`, `first_response` -> `Urgent, first response`."""
    return ", ".join(part.replace("_", " ") for part in doubt.path[1:]).capitalize()


@strawberry.interface(name="SlaTerms", description="The terms of a policy, or of a version of one.")
class SlaTerms:
    """Read from `definition`, which rows of both kinds have."""

    name: str = _of_policy(lambda policy: policy.name, "Its name.")
    targets: list[SlaTargetType] = _of_policy(
        _targets, "The targets by priority. Tickets of other priorities have no clocks."
    )
    warn_before_seconds: int = _of_policy(
        lambda policy: seconds_of(policy.policy.warn_before),
        "How long before a breach to warn, in seconds of open time.",
    )
    pause_on: list[TicketStatus] = _of_policy(
        _pauses, "The statuses in which clocks pause, besides RESOLVED and CLOSED, in which all do."
    )
    pause_first_response: bool = _of_policy(
        lambda policy: policy.policy.pause_first_response, "Whether the first-response clock pauses in them too."
    )
    ai_counts_as_response: bool = _of_policy(
        lambda policy: policy.policy.ai_counts_as_response,
        "Whether a message that the AI sends by itself counts as a response.",
    )
    conditions: list[SlaConditionType] = _of_policy(
        _conditions, "Conditions that must all hold for the policy to apply. The default policy applies without."
    )
    escalations: list[SlaEscalationType] = _of_policy(_escalations, "Escalation steps.")
    position: int = _of_policy(
        lambda policy: policy.position,
        "Its position among the policies, from 0: the first that matches a ticket applies.",
    )
    is_default: bool = _of_policy(
        lambda policy: policy.is_default,
        "Whether it is the default, which applies to tickets that match no other policy.",
    )


@strawberry.type(name="SlaPolicy", description="A service-level policy. Customers see none.")
class SlaPolicyType(RowType, Node, SlaTerms):
    """Rows of support_sla_policy."""

    table = SlaPolicy
    prefix = "sla"

    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The calendar to count by; null: the default one."
    )
    warnings: list[str] = loaded(
        Loaded(
            ("id", "definition"),
            lambda row, _arguments: row["id"],
            steps_to_nobody,
            _policy_warnings,
            personal=False,
        ),
        "Settings that were accepted but may not be what you meant, or no longer work.",
    )
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it last changed.")


@strawberry.type(name="SlaPolicyVersion", description="A version of a service-level policy. It never changes.")
class SlaPolicyVersionType(RowType, SlaTerms):
    """Rows of support_sla_policy_version."""

    table = SlaPolicyVersion
    prefix = "slv"

    number: int = column("number", "The version's number, from 1.")
    policy: SlaPolicyType | None = to_one(lambda: SlaPolicyType, "policy_id", "The present policy; null once deleted.")
    created_at: datetime = column("created_at", "Since when this version applied.")


@strawberry.type(name="OpeningInterval", description="An interval of opening hours on a day of the week.")
class OpeningIntervalType:
    """Times on clocks of the calendar's zone."""

    day: Weekday = strawberry.field(description="The day of the week.")
    opens: str = strawberry.field(name="from", description="When it opens, such as `09:00`.")
    closes: str = strawberry.field(name="to", description="When it closes; `24:00` is the end of the day.")


@strawberry.type(name="OpeningHours", description="An interval of opening hours on a date.")
class OpeningHoursType:
    """Times on clocks of the calendar's zone."""

    opens: str = strawberry.field(name="from", description="When it opens, such as `09:00`.")
    closes: str = strawberry.field(name="to", description="When it closes; `24:00` is the end of the day.")


@strawberry.type(name="CalendarDay", description="A holiday: closed all day.")
class CalendarDayType:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date.")
    name: str | None = strawberry.field(description="Its name.")


@strawberry.type(name="ExtraDay", description="A date with its own hours, whatever weekday or holiday it is.")
class ExtraDayType:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date.")
    name: str | None = strawberry.field(description="Its name.")
    intervals: list[OpeningHoursType] = strawberry.field(description="Opening hours; closed all day if empty.")


def _weekly(definition: CalendarDefinition) -> list[OpeningIntervalType]:
    return [
        OpeningIntervalType(day=day, opens=wall_time(each.opens), closes=wall_time(each.closes))
        for day, intervals in zip(Weekday, definition.calendar.weekly, strict=True)
        for each in intervals
    ]


def _holidays(definition: CalendarDefinition) -> list[CalendarDayType]:
    return [
        CalendarDayType(date=day, name=definition.holiday_names.get(day))
        for day in sorted(definition.calendar.holidays)
    ]


def _extra(definition: CalendarDefinition) -> list[ExtraDayType]:
    return [
        ExtraDayType(
            date=extra.date,
            name=definition.extra_names.get(extra.date),
            intervals=[
                OpeningHoursType(opens=wall_time(each.opens), closes=wall_time(each.closes)) for each in extra.intervals
            ],
        )
        for extra in definition.calendar.extra
    ]


@strawberry.interface(name="CalendarTerms", description="The hours of a business calendar, or of a version of one.")
class CalendarTerms:
    """Read from `definition`, which rows of both kinds have."""

    name: str = _of_calendar(lambda calendar: calendar.name, "Its name.")
    timezone: str = _of_calendar(
        lambda calendar: calendar.calendar.timezone, "The IANA time zone of its hours and dates, such as Europe/Berlin."
    )
    weekly: list[OpeningIntervalType] = _of_calendar(
        _weekly, "Opening hours of an ordinary week, from Monday on; closed on days that are missing."
    )
    holidays: list[CalendarDayType] = _of_calendar(_holidays, "Dates on which it is closed all day.")
    extra: list[ExtraDayType] = _of_calendar(_extra, "Dates with their own hours.")
    is_default: bool = _of_calendar(
        lambda calendar: calendar.is_default, "Whether it is the default: used by policies that name no calendar."
    )


@strawberry.type(
    name="BusinessCalendar", description="The hours in which service-level clocks run. Customers see none."
)
class BusinessCalendarType(RowType, Node, CalendarTerms):
    """Rows of support_business_calendar."""

    table = BusinessCalendar
    prefix = "cal"

    warnings: list[str] = computed(
        _calendar_warnings, ["definition"], "Settings that were accepted but may not be what you meant."
    )
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it last changed.")


@strawberry.type(name="BusinessCalendarVersion", description="A version of a business calendar. It never changes.")
class BusinessCalendarVersionType(RowType, CalendarTerms):
    """Rows of support_business_calendar_version."""

    table = BusinessCalendarVersion
    prefix = "clv"

    number: int = column("number", "The version's number, from 1.")
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The present calendar; null once deleted."
    )
    created_at: datetime = column("created_at", "Since when this version applied.")
