"""Events of service levels as clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.ids import encode
from graphql_api.reading.reads import column, computed, to_one
from graphql_api.types import enums as enums
from graphql_api.types.event import EventType, names
from graphql_api.types.organizations import UserType
from graphql_api.types.service_levels import (
    BusinessCalendarType,
    BusinessCalendarVersionType,
    SlaPolicyType,
    SlaPolicyVersionType,
)
from models import service_level_events as facts
from models.actors import Actor
from models.fact import Change, Fact
from models.lifecycle import TicketPriority
from models.sla import SlaClockKind, SlaEscalationAction


def _cause(row: Mapping[str, Any], _actor: Actor) -> str:
    return encode("evt", row["cause_id"])


@strawberry.type(name="SlaPolicyChanged", description="A policy of service levels was made, changed or deleted.")
class SlaPolicyChangedType(EventType):
    """facts.SlaPolicyChanged"""

    policy_id: strawberry.ID = names("policy_id", "sla", "The policy's id, also of a deleted one.")
    policy: SlaPolicyType | None = to_one(
        lambda: SlaPolicyType, "policy_id", "The policy as it is now; null once deleted."
    )
    version: SlaPolicyVersionType = to_one(
        lambda: SlaPolicyVersionType, "version_id", "What it was since then; of a deleted one, what it was last."
    )
    change: Change = column("change", "What became of it.", enum=Change)


@strawberry.type(name="BusinessCalendarChanged", description="A business calendar was made, changed or deleted.")
class BusinessCalendarChangedType(EventType):
    """facts.BusinessCalendarChanged"""

    calendar_id: strawberry.ID = names("calendar_id", "cal", "The calendar's id, also of a deleted one.")
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType, "calendar_id", "The calendar as it is now; null once deleted."
    )
    version: BusinessCalendarVersionType = to_one(
        lambda: BusinessCalendarVersionType, "version_id", "What it was since then; of a deleted one, what it was last."
    )
    change: Change = column("change", "What became of it.", enum=Change)


@strawberry.type(name="SlaPolicyApplied", description="Another promise holds for a ticket.")
class SlaPolicyAppliedType(EventType):
    """facts.SlaPolicyApplied"""

    policy: SlaPolicyVersionType | None = to_one(
        lambda: SlaPolicyVersionType, "policy_version_id", "What is promised; null: nothing is."
    )
    calendar: BusinessCalendarVersionType | None = to_one(
        lambda: BusinessCalendarVersionType, "calendar_version_id", "The hours in which time counts; null: always."
    )
    cause_id: strawberry.ID = computed(_cause, ["cause_id"], "The event that it follows, of the ticket or of an edit.")


@strawberry.type(name="SlaWarning", description="A clock of a ticket is about to run out.")
class SlaWarningType(EventType):
    """facts.SlaWarning"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "Tells the clock from the ticket's others.")
    # Never null, and yet said so: clients ask for it of warnings and breaches alike, which must then be of one type.
    due_at: datetime | None = column("due_at", "When it is due.")


@strawberry.type(
    name="SlaBreached", description="A clock of a ticket ran out, at `occurredAt`, whenever that was noticed."
)
class SlaBreachedType(EventType):
    """facts.SlaBreached"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "Tells the clock from the ticket's others.")
    due_at: datetime | None = column("due_at", "When it was due; null where it stood still by the time of writing.")


@strawberry.type(name="SlaEscalated", description="A step of the ticket's policy was due, because of a clock.")
class SlaEscalatedType(EventType):
    """facts.SlaEscalated"""

    kind: SlaClockKind = column("kind", "What the clock waits for.", enum=SlaClockKind)
    position: int = column("position", "Tells the clock from the ticket's others.")
    due_at: datetime | None = column("due_at", "When the clock is due, or was; null while it stands still.")
    step: int = column("step", "Which of the policy's steps, from 1, as it was then.")
    after_percent: int | None = column(
        "after_percent", "Once so many hundredths of the target are used it was due; null: at the breach."
    )
    action: SlaEscalationAction = column("action", "What it says.", enum=SlaEscalationAction)
    priority: TicketPriority | None = column("priority", "The priority to have at least.", enum=TicketPriority)
    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "Who was to have the ticket.")
    done: bool = column(
        "done", "False: there was nothing to do, the member was not working any more, or the ticket just got resolved."
    )


@strawberry.type(name="SlaRecalculated", description="The open tickets follow an edit of a policy or calendar.")
class SlaRecalculatedType(EventType):
    """facts.SlaRecalculated"""

    policy: SlaPolicyType | None = to_one(
        lambda: SlaPolicyType, "policy_id", "The policy that was edited; null if it was a calendar, or is deleted."
    )
    calendar: BusinessCalendarType | None = to_one(
        lambda: BusinessCalendarType,
        "calendar_id",
        "The calendar that was edited; null if it was a policy, or is gone.",
    )
    cause_id: strawberry.ID = computed(_cause, ["cause_id"], "The event that tells of the edit.")
    tickets: int = column("tickets", "How many tickets were open.")
    changed: int = column("changed", "How many of them are promised something else since.")


SERVICE_LEVEL_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.SlaPolicyChanged: SlaPolicyChangedType,
    facts.BusinessCalendarChanged: BusinessCalendarChangedType,
    facts.SlaPolicyApplied: SlaPolicyAppliedType,
    facts.SlaWarning: SlaWarningType,
    facts.SlaBreached: SlaBreachedType,
    facts.SlaEscalated: SlaEscalatedType,
    facts.SlaRecalculated: SlaRecalculatedType,
}
