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


@strawberry.input(description="Targets for tickets of one priority, in seconds of open time, at most ten years.")
class SlaTargetInput:
    """Null and absent both mean: no promise."""

    priority: TicketPriority = strawberry.field(description="The tickets' priority.")
    first_response_seconds: int | None = _given("The target for the first response; none if left out.")
    next_response_seconds: int | None = _given(
        "The target for each later response, from the customer's message on; none if left out."
    )
    resolution_seconds: int | None = _given("The target for the resolution; none if left out.")

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


@strawberry.input(description="A condition of a policy: exactly one of the three lists.")
class SlaConditionInput:
    """Any of the values is enough; of several conditions all must hold."""

    tags: list[str] | None = _given("The ticket has one of these tags, at most 50.")
    category_ids: list[strawberry.ID] | None = _given("The ticket's category is one of these, at most 50.")
    requester_domains: list[str] | None = _given(
        "The requester's e-mail address is at one of these domains, such as `example.com`; at most 50."
    )

    def wanted(self) -> WantedCondition:
        """The same for the operation."""
        return WantedCondition(
            tags=self.tags or (),
            category_ids=[decode("cat", each) for each in self.category_ids or ()],
            requester_domains=self.requester_domains or (),
        )


@strawberry.input(
    description="An escalation step: what happens when a clock has run out or is about to. Each is taken once per "
    "clock."
)
class SlaEscalationInput:
    """For admins."""

    action: SlaEscalationAction = strawberry.field(description="What to do.")
    after_percent: int | None = _given(
        "Due once this percentage of the target is used, 1 to 99; at the breach if left out."
    )
    clock: SlaClockKind | None = _given("For clocks of this kind; of all kinds if left out.")
    priority: TicketPriority | None = _given("With RAISE_PRIORITY: the priority that the ticket gets at least.")
    assignee_id: strawberry.ID | None = _given("With REASSIGN: the active agent or admin who gets the ticket.")

    def wanted(self) -> WantedEscalation:
        """The same for the operation."""
        assignee = KEEP if self.assignee_id is None else decode("usr", self.assignee_id)
        return WantedEscalation(self.action, self.after_percent, self.clock, self.priority, assignee)


@strawberry.input(description="A new service-level policy.")
class CreateSlaPolicyInput:
    """For admins."""

    name: str = strawberry.field(description="What to call it, in one line of at most 100 characters.")
    targets: list[SlaTargetInput] = strawberry.field(
        description="The targets by priority. Tickets of other priorities get no clocks."
    )
    warn_before_seconds: int = strawberry.field(
        default=0, description="How long before a breach to warn, in seconds of open time, at most ten years."
    )
    pause_on: list[TicketStatus] | None = _given(
        "The statuses in which clocks pause, besides RESOLVED and CLOSED; WAITING_ON_CUSTOMER if left out."
    )
    pause_first_response: bool = strawberry.field(
        default=False, description="Whether the first-response clock pauses in them too."
    )
    ai_counts_as_response: bool = strawberry.field(
        default=False, description="Whether a message that the AI sends by itself counts as a response."
    )
    calendar_id: strawberry.ID | None = _given("The calendar to count by; the default one if left out.")
    conditions: list[SlaConditionInput] | None = _given(
        "Conditions that must all hold for the policy to apply, at most 10. Without any it applies only as the default."
    )
    escalations: list[SlaEscalationInput] | None = _given("Escalation steps, at most 10.")
    position: int | None = _given("Its position among the policies, from 0; later ones move. Last if left out.")
    is_default: bool = strawberry.field(
        default=False,
        description="Whether it becomes the default, which applies to tickets that match no other policy.",
    )


@strawberry.input(description="What to change about a policy. What is left out stays; lists are replaced as a whole.")
class UpdateSlaPolicyInput:
    """For admins."""

    sla_policy_id: strawberry.ID = strawberry.field(description="The policy.")
    expected_version: int | None = _given("The version that you have read; `CONFLICT` if it has changed since.")
    name: strawberry.Maybe[str | None] = _given("The new name.")
    targets: strawberry.Maybe[list[SlaTargetInput] | None] = _given("The new targets, for all priorities.")
    warn_before_seconds: strawberry.Maybe[int | None] = _given(
        "How long before a breach to warn, in seconds of open time."
    )
    pause_on: strawberry.Maybe[list[TicketStatus] | None] = _given("The statuses in which clocks pause.")
    pause_first_response: strawberry.Maybe[bool | None] = _given("Whether the first-response clock pauses in them too.")
    ai_counts_as_response: strawberry.Maybe[bool | None] = _given(
        "Whether a message that the AI sends by itself counts as a response, from now on."
    )
    calendar_id: strawberry.Maybe[strawberry.ID | None] = _given("The calendar to count by; null: the default one.")
    conditions: strawberry.Maybe[list[SlaConditionInput] | None] = _given("Conditions that must all hold.")
    escalations: strawberry.Maybe[list[SlaEscalationInput] | None] = _given("Escalation steps.")
    position: strawberry.Maybe[int | None] = _given("The new position among the policies, from 0; the others move.")
    is_default: strawberry.Maybe[bool | None] = _given(
        "True makes it the default in place of the present one. There is always exactly one."
    )


@strawberry.input(description="An interval of opening hours on a day of the week.")
class OpeningIntervalInput:
    """Times on clocks of the calendar's zone."""

    day: Weekday = strawberry.field(description="The day of the week.")
    opens: str = strawberry.field(name="from", description="When it opens, `00:00` to `23:59`.")
    closes: str = strawberry.field(
        name="to",
        description="When it closes, later on the same day; `24:00` is the end of the day. A night shift is two "
        "intervals.",
    )

    def wanted(self) -> Opening:
        """The same for the operation."""
        return Opening(self.opens, self.closes, [*Weekday].index(self.day))


@strawberry.input(description="An interval of opening hours on a date.")
class OpeningHoursInput:
    """Times on clocks of the calendar's zone."""

    opens: str = strawberry.field(name="from", description="When it opens, `00:00` to `23:59`.")
    closes: str = strawberry.field(
        name="to", description="When it closes, later on the same day; `24:00` is the end of the day."
    )


@strawberry.input(description="A holiday: closed all day.")
class CalendarDayInput:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date, from 2000 to 2100.")
    name: str | None = _given("What it is called, at most 200 characters.")

    def wanted(self) -> NamedDay:
        """The same for the operation."""
        return NamedDay(self.date, self.name)


@strawberry.input(description="A date with its own hours, whatever weekday or holiday it is.")
class ExtraDayInput:
    """A date in the calendar's zone."""

    date: Date = strawberry.field(description="The date, from 2000 to 2100; each once in a calendar.")
    intervals: list[OpeningHoursInput] = strawberry.field(
        description="Opening hours, at most 10 intervals; closed all day if empty."
    )
    name: str | None = _given("What it is called, at most 200 characters.")

    def wanted(self) -> NamedDay:
        """The same for the operation."""
        return NamedDay(self.date, self.name, [Opening(each.opens, each.closes) for each in self.intervals])


@strawberry.input(description="The public holidays to add.")
class HolidaysOfInput:
    """Known for about 250 countries."""

    country: str = strawberry.field(description="The country's ISO 3166 code, such as DE.")
    subdivision: str | None = _given(
        "The code of a part of it, such as BY; if left out, only holidays of the whole country."
    )
    years: list[int] = strawberry.field(description="The years, at most 10.")

    def wanted(self) -> HolidaysOf:
        """The same for the operation."""
        return HolidaysOf(self.country, self.subdivision, self.years)


@strawberry.input(description="A new business calendar.")
class CreateBusinessCalendarInput:
    """For admins."""

    name: str = strawberry.field(description="What to call it, in one line of at most 100 characters.")
    weekly: list[OpeningIntervalInput] = strawberry.field(
        description="Opening hours of an ordinary week, at most 10 intervals a day. Overlapping intervals are merged."
    )
    timezone: str | None = _given(
        "The IANA time zone of its hours and dates, such as Europe/Berlin; the organization's if left out."
    )
    holidays: list[CalendarDayInput] | None = _given("Dates on which it is closed all day, at most 500.")
    holidays_of: HolidaysOfInput | None = _given("A country whose public holidays to add to them.")
    extra: list[ExtraDayInput] | None = _given("Dates with their own hours, at most 366.")
    is_default: bool = strawberry.field(
        default=False, description="Whether it becomes the default, used by policies that name no calendar."
    )


@strawberry.input(description="What to change about a calendar. What is left out stays; lists are replaced as a whole.")
class UpdateBusinessCalendarInput:
    """For admins."""

    business_calendar_id: strawberry.ID = strawberry.field(description="The calendar.")
    expected_version: int | None = _given("The version that you have read; `CONFLICT` if it has changed since.")
    name: strawberry.Maybe[str | None] = _given("The new name.")
    timezone: strawberry.Maybe[str | None] = _given("The new time zone; hours and dates stay as written.")
    weekly: strawberry.Maybe[list[OpeningIntervalInput] | None] = _given("Opening hours of an ordinary week.")
    holidays: strawberry.Maybe[list[CalendarDayInput] | None] = _given("Dates on which it is closed all day.")
    holidays_of: HolidaysOfInput | None = _given(
        "A country whose public holidays to add, to those given here or else to the existing ones; null: none."
    )
    extra: strawberry.Maybe[list[ExtraDayInput] | None] = _given("Dates with their own hours.")
    is_default: strawberry.Maybe[bool | None] = _given(
        "True makes it the default in place of the present one. There is always exactly one."
    )
