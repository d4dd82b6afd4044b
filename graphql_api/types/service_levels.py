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


@strawberry.type(name="SlaTarget", description="What is promised to tickets of a priority, in seconds of open time.")
class SlaTargetType:
    """Null is not promised; 0 is due at once."""

    priority: TicketPriority = strawberry.field(description="The tickets' priority.")
    first_response_seconds: int | None = strawberry.field(
        description="How long the first answer may take; null: no promise."
    )
    next_response_seconds: int | None = strawberry.field(
        description="How long each later answer may take, from the customer's message on; null: no promise."
    )
    resolution_seconds: int | None = strawberry.field(description="How long the resolution may take; null: no promise.")


@strawberry.type(name="SlaCondition", description="What a ticket must have for a policy to apply: any of some values.")
class SlaConditionType(RowType):
    """Not a row: a condition as JSON. Lists of other kinds than its own are empty."""

    kind: SlaConditionKind = column("kind", "What it asks for.", enum=SlaConditionKind)
    tags: list[TagType] = each_of(lambda: TagType, "tags", "The tags, of which the ticket has one.")
    categories: list[CategoryType] = each_of(
        lambda: CategoryType, "categories", "The categories, of which one is the ticket's; not those that are deleted."
    )
    domains: list[str] = column("domains", "The domains, such as `example.com`, one of which the requester is at.")


@strawberry.type(name="SlaEscalation", description="A step that follows when a clock runs out, or is about to.")
class SlaEscalationType(RowType):
    """Not a row: an escalation as JSON."""

    action: SlaEscalationAction = column("action", "What is done.", enum=SlaEscalationAction)
    after_percent: int | None = column(
        "after_percent", "When: once so many hundredths of the target are used; null: at the breach."
    )
    clock: SlaClockKind | None = column("clock", "For clocks of which kind; null: of all.", enum=SlaClockKind)
    priority: TicketPriority | None = column(
        "priority", "Of RAISE_PRIORITY: the priority that the ticket gets at least.", enum=TicketPriority
    )
    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "Of REASSIGN: the member who gets the ticket.")


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


@strawberry.interface(name="SlaTerms", description="What a policy says: the policy as it is, or a version of it.")
class SlaTerms:
    """Read from `definition`, which rows of both kinds have."""

    name: str = _of_policy(lambda policy: policy.name, "What people call it.")
    targets: list[SlaTargetType] = _of_policy(
        _targets, "What is promised, by priority; tickets of priorities that are missing have no clocks."
    )
    warn_before_seconds: int = _of_policy(
        lambda policy: seconds_of(policy.policy.warn_before), "How much open time before a breach there is a warning."
    )
    pause_on: list[TicketStatus] = _of_policy(
        _pauses, "The statuses in which clocks stand still; beside RESOLVED and CLOSED, in which all do."
    )
    pause_first_response: bool = _of_policy(
        lambda policy: policy.policy.pause_first_response, "Whether the first response's clock stands still then too."
    )
    ai_counts_as_response: bool = _of_policy(
        lambda policy: policy.policy.ai_counts_as_response, "Whether what the AI sends by itself is an answer."
    )
    conditions: list[SlaConditionType] = _of_policy(
        _conditions, "What a ticket must have, all of it, for the policy to apply. The default one applies without."
    )
    escalations: list[SlaEscalationType] = _of_policy(_escalations, "What follows when a clock runs out.")
    position: int = _of_policy(
        lambda policy: policy.position, "Its place among the policies, from 0: the first that fits a ticket applies."
    )
    is_default: bool = _of_policy(
        lambda policy: policy.is_default, "Whether it applies to tickets that no other one's conditions fit."
    )


@strawberry.type(name="SlaPolicy", description="What the organization promises to some tickets. Customers see none.")
class SlaPolicyType(RowType, Node, SlaTerms):
    """Rows of support_sla_policy."""

    table = SlaPolicy
    prefix = "sla"

    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The hours in which time counts; null: the default calendar's."
    )
    warnings: list[str] = loaded(
        Loaded(
            ("id", "definition"),
            lambda row, _arguments: row["id"],
            steps_to_nobody,
            _policy_warnings,
            personal=False,
        ),
        "What is kept as it was sent, and may not be what you meant, or not work any more.",
    )
    version: int = column("version", "Moves with every change; give it as expectedVersion.")
    created_at: datetime = column("created_at", "When it was made.")
    updated_at: datetime = column("updated_at", "When it last changed.")


@strawberry.type(name="SlaPolicyVersion", description="A policy as it once was; never changes.")
class SlaPolicyVersionType(RowType, SlaTerms):
    """Rows of support_sla_policy_version."""

    table = SlaPolicyVersion
    prefix = "slv"

    number: int = column("number", "Which version of the policy it is: 1 is the first.")
    policy: SlaPolicyType | None = to_one(
        lambda: SlaPolicyType, "policy_id", "The policy as it is now; null once it is deleted."
    )
    created_at: datetime = column("created_at", "Since when it was so.")


@strawberry.type(name="OpeningInterval", description="From when to when it is open on a day of the week.")
class OpeningIntervalType:
    """Times on clocks of the calendar's zone."""

    day: Weekday = strawberry.field(description="The day of the week.")
    opens: str = strawberry.field(name="from", description="When it opens, such as `09:00`.")
    closes: str = strawberry.field(name="to", description="When it closes; `24:00` is the end of the day.")


@strawberry.type(name="OpeningHours", description="From when to when it is open on some date.")
class OpeningHoursType:
    """Times on clocks of the calendar's zone."""

    opens: str = strawberry.field(name="from", description="When it opens, such as `09:00`.")
    closes: str = strawberry.field(name="to", description="When it closes; `24:00` is the end of the day.")


@strawberry.type(name="CalendarDay", description="A holiday: closed all day.")
class CalendarDayType:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date.")
    name: str | None = strawberry.field(description="What it is called.")


@strawberry.type(
    name="ExtraDay", description="A date with hours of its own, whatever day of the week or holiday it is."
)
class ExtraDayType:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date.")
    name: str | None = strawberry.field(description="What it is called.")
    intervals: list[OpeningHoursType] = strawberry.field(description="When it is open; closed all day with none.")


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


@strawberry.interface(
    name="CalendarTerms", description="When it is open: a business calendar as it is, or a version of it."
)
class CalendarTerms:
    """Read from `definition`, which rows of both kinds have."""

    name: str = _of_calendar(lambda calendar: calendar.name, "What people call it.")
    timezone: str = _of_calendar(
        lambda calendar: calendar.calendar.timezone, "The IANA time zone of its hours and dates, such as Europe/Berlin."
    )
    weekly: list[OpeningIntervalType] = _of_calendar(
        _weekly, "When it is open in an ordinary week, from Monday on; closed on days that are missing."
    )
    holidays: list[CalendarDayType] = _of_calendar(_holidays, "Dates on which it is closed all day.")
    extra: list[ExtraDayType] = _of_calendar(_extra, "Dates with hours of their own.")
    is_default: bool = _of_calendar(
        lambda calendar: calendar.is_default, "Whether it counts where a policy names no calendar."
    )


@strawberry.type(name="BusinessCalendar", description="The hours in which service levels count. Customers see none.")
class BusinessCalendarType(RowType, Node, CalendarTerms):
    """Rows of support_business_calendar."""

    table = BusinessCalendar
    prefix = "cal"

    warnings: list[str] = computed(
        _calendar_warnings, ["definition"], "What is kept as it was sent, and may not be what you meant."
    )
    version: int = column("version", "Moves with every change; give it as expectedVersion.")
    created_at: datetime = column("created_at", "When it was made.")
    updated_at: datetime = column("updated_at", "When it last changed.")


@strawberry.type(name="BusinessCalendarVersion", description="A business calendar as it once was; never changes.")
class BusinessCalendarVersionType(RowType, CalendarTerms):
    """Rows of support_business_calendar_version."""

    table = BusinessCalendarVersion
    prefix = "clv"

    number: int = column("number", "Which version of the calendar it is: 1 is the first.")
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The calendar as it is now; null once it is deleted."
    )
    created_at: datetime = column("created_at", "Since when it was so.")
