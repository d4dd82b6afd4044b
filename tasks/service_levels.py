"""Reactions that keep tickets' clocks in step with what happens to tickets, and with edits of policies."""

from __future__ import annotations

from models.actors import Actor
from models.recorded import RecordedEvent
from models.service_level_events import BusinessCalendarChanged, SlaPolicyChanged
from resolvers.recalculation import recalculate
from resolvers.reckoning import is_reckoned, reckon
from tasks.context import TaskContext


async def reckon_clocks(context: TaskContext, event: RecordedEvent) -> None:
    """Reckon the ticket's clocks, unless what followed an earlier event has seen this one too."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    actor = Actor.system(context.database, event.organization_id)
    if not await is_reckoned(actor, event.ticket_id, event.seq):
        await reckon(actor, [event.ticket_id])
        context.clocks_moved.set()


async def recalculate_clocks(context: TaskContext, event: RecordedEvent) -> None:
    """Have the open tickets' clocks follow an edit of a policy or calendar."""
    if not isinstance(event.fact, SlaPolicyChanged | BusinessCalendarChanged):
        raise LookupError(f"event {event.id} is no edit of a policy or calendar")
    await recalculate(Actor.system(context.database, event.organization_id), event.fact, event.id, event.seq)
    context.clocks_moved.set()
