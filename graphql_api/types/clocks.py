"""A ticket's clocks, and the account of their time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.directives import Cost
from graphql_api.reading.paging import PAGE_DEFAULT
from graphql_api.reading.reads import Loaded, loaded, to_one
from graphql_api.reading.roots import argument
from graphql_api.types.service_levels import BusinessCalendarVersionType, SlaPolicyVersionType
from models.lifecycle import TicketPriority
from models.sla import SlaClockKind, SlaReason, SlaState, SlaStretch
from resolvers.clocks import NEXT_RESPONSES_SHOWN, STRETCHES_LIMIT, Explained, clocks_of, explanations
from resolvers.impact import TICKETS_EXAMINED, Impact


@strawberry.type(
    name="SlaStretch",
    description="A stretch of a clock's time. The next one begins where it ends; those that counted add up to the "
    "time used.",
    directives=[Cost(weight="0")],
)
class SlaStretchType:
    """models.sla.SlaStretch"""

    begins: datetime = strawberry.field(name="from", description="When it started.")
    ends: datetime = strawberry.field(name="to", description="When it ended; of the last one, when the clock was met.")
    counted: bool = strawberry.field(description="Whether it counted towards the target.")
    reason: SlaReason = strawberry.field(description="Why it counted or did not.")
    seconds: float = strawberry.field(description="How long it was.")


def _explained(row: Mapping[str, Any], arguments: Mapping[str, Any]) -> Explained:
    first = arguments.get("first")
    return Explained(row["ticket_id"], row["position"], arguments.get("from"), PAGE_DEFAULT if first is None else first)


def _stretches(_row: Mapping[str, Any], stretches: Iterable[SlaStretch]) -> list[SlaStretchType]:
    return [
        SlaStretchType(
            begins=each.start,
            ends=each.end,
            counted=each.counted,
            reason=each.reason,
            seconds=each.length.total_seconds(),
        )
        for each in stretches
    ]


@strawberry.type(name="SlaClock", description="A service-level clock of a ticket, as of now.")
class SlaClockType:
    """Rows of support_sla_clock as they stand now, or such rows told from the log."""

    row: strawberry.Private[Mapping[str, Any]]
    kind: SlaClockKind = strawberry.field(description="What it waits for.")
    position: int = strawberry.field(description="Its number among the ticket's clocks, as in events.")
    state: SlaState = strawberry.field(description="Its status.")
    priority: TicketPriority = strawberry.field(description="The priority whose target applies.")
    started_at: datetime = strawberry.field(description="When it started.")
    target_seconds: int | None = strawberry.field(
        description="Its target in seconds of open time; null if it was breached and the target has since been "
        "withdrawn."
    )
    due_at: datetime | None = strawberry.field(
        description="When it is due; null while it is paused, or if it never is."
    )
    remaining_seconds: float | None = strawberry.field(
        description="Seconds of open time left, negative if overdue; null if `dueAt` is known."
    )
    warn_at: datetime | None = strawberry.field(description="When the warning is due; null while that is unknown.")
    met_at: datetime | None = strawberry.field(description="When it was met.")
    breached_at: datetime | None = strawberry.field(description="The instant at which it ran out.")
    paused_since: datetime | None = strawberry.field(description="Since when it is paused, if it is.")
    policy: SlaPolicyVersionType = to_one(
        lambda: SlaPolicyVersionType, "policy_version_id", "The version of the policy that applies to it."
    )
    calendar: BusinessCalendarVersionType | None = to_one(
        lambda: BusinessCalendarVersionType,
        "calendar_version_id",
        "The calendar to count by; null: time always counts.",
    )
    explanation: list[SlaStretchType] = loaded(
        Loaded(("ticket_id", "position"), _explained, explanations, _stretches, personal=False),
        "Which of its time counted, which did not, and why: from its start until it was met, or until "
        "now, without gaps. For more stretches, pass the last one's `to` as `from`.",
        [
            argument("from", datetime | None, "Begin at this instant; at the clock's start if left out."),
            argument(
                "first", int | None, f"How many stretches at most, 1 to {STRETCHES_LIMIT}; {PAGE_DEFAULT} by default."
            ),
        ],
    )


def _clock(row: Mapping[str, Any]) -> SlaClockType:
    remaining = row["remaining"]
    return SlaClockType(
        row=row,
        kind=SlaClockKind(row["kind"]),
        position=row["position"],
        state=SlaState(row["state"]),
        priority=TicketPriority(row["priority"]),
        started_at=row["started_at"],
        target_seconds=row["target_seconds"],
        due_at=row["due_at"],
        remaining_seconds=None if remaining is None else remaining / 1000,
        warn_at=row["warn_at"],
        met_at=row["met_at"],
        breached_at=row["breached_at"],
        paused_since=row["paused_since"],
    )


def _clocks(_row: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> list[SlaClockType]:
    return [_clock(row) for row in found]


CLOCKS: Any = loaded(
    Loaded(("id",), lambda row, _arguments: row["id"], clocks_of, _clocks, personal=False),
    f"Its clocks: first response, the newest {NEXT_RESPONSES_SHOWN} next responses by their start, resolution. None "
    "if no policy applies. Customers see none.",
    cost="1",
)


@strawberry.type(name="SlaImpact", description="What an edit would do to tickets that are open now.")
class SlaImpactType:
    """resolvers.impact.Impact"""

    open_tickets: int = strawberry.field(description="How many tickets are neither resolved nor closed.")
    examined: int = strawberry.field(
        description=f"How many of them were examined: at most {TICKETS_EXAMINED:,}, those that changed last. The "
        "other numbers count these."
    )
    changed: int = strawberry.field(description="How many would get different terms: policy, targets or calendar.")
    due_earlier: int = strawberry.field(description="How many would be due earlier, or get a due time.")
    due_later: int = strawberry.field(description="How many would be due later, or lose their due time.")
    breached: int = strawberry.field(description="How many would have a clock breached at once.")


def shown_impact(impact: Impact) -> SlaImpactType:
    """The object that shows an impact."""
    return SlaImpactType(**asdict(impact))
