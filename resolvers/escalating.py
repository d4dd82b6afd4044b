"""What a policy has the helpdesk do about a ticket whose clock runs out: by the rules of the ordinary operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from models.errors import HelpdeskError
from models.escalation import Step
from models.lifecycle import FINISHED, TicketPriority
from models.service_level_events import SlaEscalated
from models.service_levels import SlaClockRow
from models.sla import Escalation, SlaEscalationAction
from models.tickets import Ticket
from models.writer import Write
from resolvers.assigning import assign, someone_who_works
from resolvers.changes import TicketChanges, change

_RANK = {priority: rank for rank, priority in enumerate(TicketPriority)}


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step that is due for a ticket's clock."""

    row: SlaClockRow
    step: Step


async def take_steps(write: Write, ticket: Ticket, due: Sequence[DueStep]) -> None:
    """Take steps for a locked ticket, in their order in time, and have its history say so."""
    for each in sorted(due, key=attrgetter("step.at", "step.number")):
        row, step, escalation = each.row, each.step, each.step.escalation
        done = ticket.status not in FINISHED and await _is_needed(write, ticket, escalation)
        fact = SlaEscalated(
            kind=row.kind,
            position=row.position,
            due_at=row.due_at,
            step=step.number,
            action=escalation.action,
            priority=escalation.priority,
            assignee_id=escalation.assignee_id,
            done=done,
            after_percent=escalation.after_percent,
        )
        write.record_about(ticket.id, fact, step.at)
        if done:
            _take(write, ticket, escalation)


async def _is_needed(write: Write, ticket: Ticket, escalation: Escalation) -> bool:
    match escalation.action:
        case SlaEscalationAction.RAISE_PRIORITY:
            return escalation.priority is not None and _RANK[ticket.priority] < _RANK[escalation.priority]
        case SlaEscalationAction.REASSIGN:
            return ticket.assignee_id != escalation.assignee_id and await _works(write, escalation)
        case SlaEscalationAction.NOTIFY_ADMINS:
            return True


async def _works(write: Write, escalation: Escalation) -> bool:
    """Whether the member whom a step names is still somebody to whom tickets can be given."""
    if escalation.assignee_id is None:
        return False
    try:
        await someone_who_works(write, escalation.assignee_id)
    except HelpdeskError:
        return False
    return True


def _take(write: Write, ticket: Ticket, escalation: Escalation) -> None:
    match escalation.action:
        case SlaEscalationAction.RAISE_PRIORITY if escalation.priority is not None:
            change(write, ticket, TicketChanges(priority=escalation.priority))
        case SlaEscalationAction.REASSIGN:
            assign(write, ticket, escalation.assignee_id)
        case _:
            pass  # Admins are told by what follows the event.
