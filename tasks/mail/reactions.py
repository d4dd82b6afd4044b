"""Reactions that write to people about tickets."""

from __future__ import annotations

from models.actors import Actor
from models.recorded import RecordedEvent
from resolvers.mail import correspondence
from tasks.context import TaskContext
from tasks.mail import letters
from tasks.mail.delivery import deliver


async def mail_of_ticket(context: TaskContext, event: RecordedEvent) -> None:
    """Tell whoever has asked that the ticket has arrived."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    actor = Actor.system(context.database, event.organization_id)
    await deliver(context, event, [letters.ticket_confirmation(await correspondence(actor, event.ticket_id))])
