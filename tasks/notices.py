"""Reactions that tell members of what people do to tickets: assignments, customers' replies, mentions."""

from __future__ import annotations

from models.actors import Actor, ActorKind
from models.events import MessageAdded, TicketAssigned
from models.recorded import RecordedEvent
from resolvers.notifying import notify_members
from tasks.context import TaskContext


def may_concern_somebody(event: RecordedEvent) -> bool:
    """Whether there may be somebody to tell; the texts of messages are not looked at yet."""
    match event.fact:
        case TicketAssigned(assignee_id):
            return assignee_id is not None and assignee_id != event.actor_id
        case MessageAdded(_, ActorKind.CUSTOMER | ActorKind.AGENT):
            return True
    return False


async def notify(context: TaskContext, event: RecordedEvent) -> None:
    """Put it among the notifications of those whom it concerns."""
    await notify_members(Actor.system(context.database, event.organization_id), event)
