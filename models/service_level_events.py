"""The facts of service levels: edits of policies and calendars, by which a ticket goes, and what its clocks do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from models.fact import Change, Fact
from models.lifecycle import TicketPriority
from models.log import Visibility
from models.sla import SlaClockKind, SlaEscalationAction


@dataclass(frozen=True, slots=True)
class SlaPolicyChanged(Fact):
    """A policy of service levels was made, changed or deleted, and is this version since.

    Changes that one write records, at one instant, belong together: only after the last of them is there one default
    policy, and one policy at each position. In force are those whose last change did not delete them.
    """

    audience: ClassVar[Visibility] = Visibility.STAFF
    policy_id: UUID
    version_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class BusinessCalendarChanged(Fact):
    """A business calendar was made, changed or deleted, and is this version since; as with policies."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    calendar_id: UUID
    version_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class SlaPolicyApplied(Fact):
    """Another promise holds for a ticket, because of the event `cause_id`: of the ticket's own, or of an edit's last.

    Without a policy it is promised nothing, without a calendar time always counts.
    """

    audience: ClassVar[Visibility] = Visibility.STAFF
    policy_version_id: UUID | None
    calendar_version_id: UUID | None
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class SlaWarning(Fact):
    """A clock is about to run out. `position` tells it from the ticket's others."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    kind: SlaClockKind
    position: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SlaBreached(Fact):
    """A clock ran out: this happened at the very instant, whenever it was noticed. `due_at` is null if held by now."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    kind: SlaClockKind
    position: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlaEscalated(Fact):
    """A step of the ticket's policy was due, because of a clock. Unless `done`, there was nothing to do about it."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    kind: SlaClockKind
    position: int
    due_at: datetime | None
    step: int
    action: SlaEscalationAction
    priority: TicketPriority | None
    assignee_id: UUID | None
    done: bool
    after_percent: int | None = None


@dataclass(frozen=True, slots=True)
class SlaRecalculated(Fact):
    """The open tickets follow an edit of a policy or calendar, `cause_id`; `changed` are promised something else."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    policy_id: UUID | None
    calendar_id: UUID | None
    cause_id: UUID
    tickets: int
    changed: int


SERVICE_LEVEL_FACTS: tuple[type[Fact], ...] = (
    SlaPolicyChanged,
    BusinessCalendarChanged,
    SlaPolicyApplied,
    SlaWarning,
    SlaBreached,
    SlaEscalated,
    SlaRecalculated,
)
