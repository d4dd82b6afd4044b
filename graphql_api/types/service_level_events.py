"""Events of service levels as clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from graphql_api.reading.reads import column, id_of, to_one
from graphql_api.types import enums as enums
from graphql_api.types.event import EventType
from graphql_api.types.organizations import UserType
from graphql_api.types.service_levels import (
    BusinessCalendarType,
    BusinessCalendarVersionType,
    SlaPolicyType,
    SlaPolicyVersionType,
)
from models import service_level_events as facts
from models.fact import Change, Fact
from models.lifecycle import TicketPriority
from models.sla import SlaClockKind, SlaEscalationAction


@strawberry.type(name="SlaPolicyChanged", description="A service-level policy was created, changed or deleted.")
class SlaPolicyChangedType(EventType):
    """facts.SlaPolicyChanged"""

    policy_id: strawberry.ID = id_of("policy_id", "sla", "The policy's id, even if it is deleted.")
    policy: SlaPolicyType | None = to_one(lambda: SlaPolicyType, "policy_id", "The present policy; null once deleted.")
    version: SlaPolicyVersionType = to_one(
        lambda: SlaPolicyVersionType, "version_id", "Its version since this event; if it was deleted, its last version."
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="BusinessCalendarChanged", description="A business calendar was created, changed or deleted.")
class BusinessCalendarChangedType(EventType):
    """facts.BusinessCalendarChanged"""

    calendar_id: strawberry.ID = id_of("calendar_id", "cal", "The calendar's id, even if it is deleted.")
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The present calendar; null once deleted."
    )
    version: BusinessCalendarVersionType = to_one(
        lambda: BusinessCalendarVersionType,
        "version_id",
        "Its version since this event; if it was deleted, its last version.",
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="SlaPolicyApplied", description="The policy or calendar of a ticket's clocks changed.")
class SlaPolicyAppliedType(EventType):
    """facts.SlaPolicyApplied"""

    policy: SlaPolicyVersionType | None = to_one(
        lambda: SlaPolicyVersionType, "policy_version_id", "The policy that now applies; null: none."
    )
    calendar: BusinessCalendarVersionType | None = to_one(
        lambda: BusinessCalendarVersionType,
        "calendar_version_id",
        "The calendar to count by; null: time always counts.",
    )
    cause_id: strawberry.ID = id_of("cause_id", "evt", "The event that caused it: of the ticket, or of an edit.")


@strawberry.type(name="SlaWarning", description="A service-level clock is about to run out.")
class SlaWarningType(EventType):
    """facts.SlaWarning"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "The clock's number among the ticket's clocks.")
    # Never null, and yet said so: clients ask for it of warnings and breaches alike, which must then be of one type.
    due_at: datetime | None = column("due_at", "When it is due.")


@strawberry.type(
    name="SlaBreached", description="A service-level clock ran out, at `occurredAt`, whenever that was noticed."
)
class SlaBreachedType(EventType):
    """facts.SlaBreached"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "The clock's number among the ticket's clocks.")
    due_at: datetime | None = column("due_at", "When it was due; null if it was paused when this was recorded.")


@strawberry.type(name="SlaEscalated", description="An escalation step of the ticket's policy was due.")
class SlaEscalatedType(EventType):
    """facts.SlaEscalated"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "The clock's number among the ticket's clocks.")
    due_at: datetime | None = column("due_at", "When the clock is or was due; null while it is paused.")
    step: int = column("step", "The step's number in the policy at that time, from 1.")
    after_percent: int | None = column(
        "after_percent", "The step was due once this percentage of the target was used; null: at the breach."
    )
    action: SlaEscalationAction = column("action", "The action.", enum=SlaEscalationAction)
    priority: TicketPriority | None = column(
        "priority", "For RAISE_PRIORITY: the priority that the ticket was to get at least.", enum=TicketPriority
    )
    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "For REASSIGN: who was to get the ticket.")
    done: bool = column(
        "done",
        "False if there was nothing to do, the member was no longer active, or the ticket had just been resolved.",
    )


@strawberry.type(
    name="SlaRecalculated", description="Open tickets were recomputed after an edit of a policy or calendar."
)
class SlaRecalculatedType(EventType):
    """facts.SlaRecalculated"""

    policy: SlaPolicyType | None = to_one(
        lambda: SlaPolicyType, "policy_id", "The edited policy; null if a calendar was edited, or if it is deleted."
    )
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType,
        "calendar_id",
        "The edited calendar; null if a policy was edited, or if it is deleted.",
    )
    cause_id: strawberry.ID = id_of("cause_id", "evt", "The event of the edit.")
    tickets: int = column("tickets", "How many tickets were open.")
    changed: int = column("changed", "How many of them got different terms: policy, targets or calendar.")


SERVICE_LEVEL_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.SlaPolicyChanged: SlaPolicyChangedType,
    facts.BusinessCalendarChanged: BusinessCalendarChangedType,
    facts.SlaPolicyApplied: SlaPolicyAppliedType,
    facts.SlaWarning: SlaWarningType,
    facts.SlaBreached: SlaBreachedType,
    facts.SlaEscalated: SlaEscalatedType,
    facts.SlaRecalculated: SlaRecalculatedType,
}
