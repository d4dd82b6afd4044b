"""Reactions that keep tickets' clocks in step with what happens to tickets, and with edits of policies."""

from __future__ import annotations

from datetime import datetime

from models.actors import Actor
from models.recorded import RecordedEvent
from models.service_level_events import BusinessCalendarChanged, SlaPolicyChanged
from resolvers.recalculation import TICKETS_A_STEP, recalculate
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


async def recalculate_clocks(
    context: TaskContext, event: RecordedEvent, *, most: int = TICKETS_A_STEP
) -> datetime | None:
    """Have the open tickets' clocks follow an edit of a policy or calendar, so many of them in one step."""
    if not isinstance(event.fact, SlaPolicyChanged | BusinessCalendarChanged):
        raise LookupError(f"event {event.id} is no edit of a policy or calendar")
    actor = Actor.system(context.database, event.organization_id)
    done = await recalculate(actor, event.fact, event.id, event.seq, most=most)
    context.clocks_moved.set()
    return None if done else context.database.now()
