"""What admins send to say what they promise, and when they are open."""

from __future__ import annotations

from datetime import date as Date
from typing import Any

import strawberry

from graphql_api.ids import decode
from graphql_api.types.enums import Weekday
from models.lifecycle import TicketPriority, TicketStatus
from models.sla import SlaClockKind, SlaEscalationAction
from resolvers.business_calendars import NamedDay, Opening
from resolvers.patches import KEEP
from resolvers.policy_terms import WantedCondition, WantedEscalation, WantedTargets
from resolvers.public_holidays import HolidaysOf


def _given(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="What to promise to tickets of a priority, in seconds of open time, at most ten years.")
class SlaTargetInput:
    """Null and absent both mean: no promise."""

    priority: TicketPriority = strawberry.field(description="The tickets' priority.")
    first_response_seconds: int | None = _given("How long the first answer may take; no promise where left out.")
    next_response_seconds: int | None = _given(
        "How long each later answer may take, from the customer's message on; no promise where left out."
    )
    resolution_seconds: int | None = _given("How long the resolution may take; no promise where left out.")

    def wanted(self) -> WantedTargets:
        """The same for the operation."""
        return WantedTargets(
            self.priority,
            {
                SlaClockKind.FIRST_RESPONSE: self.first_response_seconds,
                SlaClockKind.NEXT_RESPONSE: self.next_response_seconds,
                SlaClockKind.RESOLUTION: self.resolution_seconds,
            },
        )


@strawberry.input(description="What a ticket must have for the policy to apply: exactly one of the three lists.")
class SlaConditionInput:
    """Any of the values is enough; of several conditions all must hold."""

    tags: list[str] | None = _given("That it has one of these tags, at most 50.")
    category_ids: list[strawberry.ID] | None = _given("That its category is one of these, at most 50.")
    requester_domains: list[str] | None = _given(
        "That its requester's e-mail address is at one of these domains, such as `example.com`; at most 50."
    )

    def wanted(self) -> WantedCondition:
        """The same for the operation."""
        return WantedCondition(
            tags=self.tags or (),
            category_ids=[decode("cat", each) for each in self.category_ids or ()],
            requester_domains=self.requester_domains or (),
        )


@strawberry.input(description="A step that follows when a clock runs out, or is about to. Each is taken once a clock.")
class SlaEscalationInput:
    """For admins."""

    action: SlaEscalationAction = strawberry.field(description="What to do.")
    after_percent: int | None = _given(
        "When: once so much of the target is used, 1 to 99; at the breach where left out."
    )
    clock: SlaClockKind | None = _given("For clocks of which kind; of all where left out.")
    priority: TicketPriority | None = _given("With RAISE_PRIORITY: the priority that the ticket gets at least.")
    assignee_id: strawberry.ID | None = _given("With REASSIGN: the active agent or admin who gets the ticket.")

    def wanted(self) -> WantedEscalation:
        """The same for the operation."""
        assignee = KEEP if self.assignee_id is None else decode("usr", self.assignee_id)
        return WantedEscalation(self.action, self.after_percent, self.clock, self.priority, assignee)


@strawberry.input(description="A new policy of service levels.")
class CreateSlaPolicyInput:
    """For admins."""

    name: str = strawberry.field(description="What to call it, in a line of at most 100 characters.")
    targets: list[SlaTargetInput] = strawberry.field(
        description="What to promise, by priority; tickets of priorities that are missing get no clocks."
    )
    warn_before_seconds: int = strawberry.field(
        default=0, description="How much open time before a breach to warn, at most ten years."
    )
    pause_on: list[TicketStatus] | None = _given(
        "The statuses in which clocks stand still, beside RESOLVED and CLOSED; WAITING_ON_CUSTOMER where left out."
    )
    pause_first_response: bool = strawberry.field(
        default=False, description="Whether the first response's clock stands still in them too."
    )
    ai_counts_as_response: bool = strawberry.field(
        default=False, description="Whether what the AI sends by itself is an answer."
    )
    calendar_id: strawberry.ID | None = _given("The hours in which time counts; the default calendar's where left out.")
    conditions: list[SlaConditionInput] | None = _given(
        "What a ticket must have, all of it, for the policy to apply; at most 10. Without any it applies only as the "
        "default."
    )
    escalations: list[SlaEscalationInput] | None = _given("What follows when a clock runs out; at most 10 steps.")
    position: int | None = _given("Its place among the policies, from 0; those from there on move. Last if left out.")
    is_default: bool = strawberry.field(
        default=False,
        description="Whether it applies to tickets that no other one's conditions fit, instead of the present default.",
    )


@strawberry.input(description="What to change of a policy; what is left out stays, lists are replaced whole.")
class UpdateSlaPolicyInput:
    """For admins."""

    sla_policy_id: strawberry.ID = strawberry.field(description="The policy.")
    expected_version: int | None = _given("The version that you have read; CONFLICT if it is another by now.")
    name: strawberry.Maybe[str | None] = _given("Another name.")
    targets: strawberry.Maybe[list[SlaTargetInput] | None] = _given("Other targets, for all priorities.")
    warn_before_seconds: strawberry.Maybe[int | None] = _given("How much open time before a breach to warn.")
    pause_on: strawberry.Maybe[list[TicketStatus] | None] = _given("The statuses in which clocks stand still.")
    pause_first_response: strawberry.Maybe[bool | None] = _given(
        "Whether the first response's clock stands still in them too."
    )
    ai_counts_as_response: strawberry.Maybe[bool | None] = _given(
        "Whether what the AI sends by itself is an answer, from now on."
    )
    calendar_id: strawberry.Maybe[strawberry.ID | None] = _given(
        "The hours in which time counts; null: the default calendar's."
    )
    conditions: strawberry.Maybe[list[SlaConditionInput] | None] = _given("What a ticket must have, all of it.")
    escalations: strawberry.Maybe[list[SlaEscalationInput] | None] = _given("What follows when a clock runs out.")
    position: strawberry.Maybe[int | None] = _given("Another place among the policies, from 0; the others move.")
    is_default: strawberry.Maybe[bool | None] = _given(
        "True makes it the default instead of the present one; there is always one."
    )


@strawberry.input(description="From when to when it is open on a day of the week.")
class OpeningIntervalInput:
    """Times on clocks of the calendar's zone."""

    day: Weekday = strawberry.field(description="The day of the week.")
    opens: str = strawberry.field(name="from", description="When it opens, `00:00` to `23:59`.")
    closes: str = strawberry.field(
        name="to",
        description="When it closes, later on the same day; `24:00` is its end. A night shift is two of these.",
    )

    def wanted(self) -> Opening:
        """The same for the operation."""
        return Opening(self.opens, self.closes, [*Weekday].index(self.day))


@strawberry.input(description="From when to when it is open on some date.")
class OpeningHoursInput:
    """Times on clocks of the calendar's zone."""

    opens: str = strawberry.field(name="from", description="When it opens, `00:00` to `23:59`.")
    closes: str = strawberry.field(name="to", description="When it closes, later on the same day; `24:00` is its end.")


@strawberry.input(description="A holiday: closed all day.")
class CalendarDayInput:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date, of the years 2000 to 2100.")
    name: str | None = _given("What it is called, at most 200 characters.")

    def wanted(self) -> NamedDay:
        """The same for the operation."""
        return NamedDay(self.date, self.name)


@strawberry.input(description="A date with hours of its own, whatever day of the week or holiday it is.")
class ExtraDayInput:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date, of the years 2000 to 2100; once in a calendar.")
    intervals: list[OpeningHoursInput] = strawberry.field(
        description="When it is open, at most 10 times; closed all day with none."
    )
    name: str | None = _given("What it is called, at most 200 characters.")

    def wanted(self) -> NamedDay:
        """The same for the operation."""
        return NamedDay(self.date, self.name, [Opening(each.opens, each.closes) for each in self.intervals])


@strawberry.input(description="Whose public holidays to fill in.")
class HolidaysOfInput:
    """Known for about 250 countries."""

    country: str = strawberry.field(description="The country's ISO 3166 code, such as DE.")
    subdivision: str | None = _given("The code of a part of it, such as BY; those of the whole country if left out.")
    years: list[int] = strawberry.field(description="In which years, at most 10.")

    def wanted(self) -> HolidaysOf:
        """The same for the operation."""
        return HolidaysOf(self.country, self.subdivision, self.years)


@strawberry.input(description="A new business calendar.")
class CreateBusinessCalendarInput:
    """For admins."""

    name: str = strawberry.field(description="What to call it, in a line of at most 100 characters.")
    weekly: list[OpeningIntervalInput] = strawberry.field(
        description="When it is open in an ordinary week, at most 10 times a day. What overlaps is joined."
    )
    timezone: str | None = _given(
        "The IANA time zone of its hours and dates, such as Europe/Berlin; the organization's where left out."
    )
    holidays: list[CalendarDayInput] | None = _given("Dates on which it is closed all day, at most 500.")
    holidays_of: HolidaysOfInput | None = _given("A country whose public holidays to put to them.")
    extra: list[ExtraDayInput] | None = _given("Dates with hours of their own, at most 366.")
    is_default: bool = strawberry.field(
        default=False, description="Whether it counts where a policy names no calendar, instead of the present default."
    )


@strawberry.input(description="What to change of a calendar; what is left out stays, lists are replaced whole.")
class UpdateBusinessCalendarInput:
    """For admins."""

    business_calendar_id: strawberry.ID = strawberry.field(description="The calendar.")
    expected_version: int | None = _given("The version that you have read; CONFLICT if it is another by now.")
    name: strawberry.Maybe[str | None] = _given("Another name.")
    timezone: strawberry.Maybe[str | None] = _given("Another time zone; hours and dates stay as they are written.")
    weekly: strawberry.Maybe[list[OpeningIntervalInput] | None] = _given("When it is open in an ordinary week.")
    holidays: strawberry.Maybe[list[CalendarDayInput] | None] = _given("Dates on which it is closed all day.")
    holidays_of: HolidaysOfInput | None = _given(
        "A country whose public holidays to put to those that are given here, or to those that are there; null: none."
    )
    extra: strawberry.Maybe[list[ExtraDayInput] | None] = _given("Dates with hours of their own.")
    is_default: strawberry.Maybe[bool | None] = _given(
        "True makes it the default instead of the present one; there is always one."
    )
