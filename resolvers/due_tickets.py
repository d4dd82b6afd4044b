"""What time does to tickets: a snoozed one comes back when it is time, a resolved one is closed after a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from models.actors import Actor
from models.database import Database
from models.lifecycle import TicketStatus
from models.rows import load_all, select
from models.tickets import Ticket
from models.writer import lock_all, organization_write
from resolvers.access import operation
from resolvers.tickets import move

_NEXT = {TicketStatus.PENDING: TicketStatus.OPEN, TicketStatus.RESOLVED: TicketStatus.CLOSED}


async def due_tickets(
    database: Database, now: datetime, without: Collection[UUID], each: int
) -> list[tuple[UUID, UUID]]:
    """Of all organizations, each with its id: tickets that it is time for, at most so many of one organization."""
    rows = await database.fetch(_DUE, now, [*without], each)
    return [(row["organization_id"], row["id"]) for row in rows]


@operation
async def move_due_tickets(actor: Actor, ticket_ids: Iterable[UUID]) -> int:
    """Take those of the tickets that it is time for, and that nobody else has in hand, one step on; how many."""
    async with organization_write(actor) as write:
        sql = f"{select(Ticket)}{_CONDITION} ORDER BY t.id"
        rows = await lock_all(write, sql, sorted(ticket_ids), actor.organization_id, write.now, wait=False)
        for ticket in load_all(Ticket, rows):
            move(write, ticket, _NEXT[ticket.status])
    return len(rows)


# One step into an index for those that are snoozed, and one for each organization that has its tickets closed.
_DUE = """
(SELECT organization_id, id FROM support_ticket
 WHERE status = 'pending' AND pending_until <= $1 AND id <> ALL($2::uuid[])
 ORDER BY pending_until LIMIT $3)
UNION ALL
SELECT s.organization_id, due.id FROM support_settings s CROSS JOIN LATERAL (
    SELECT t.id FROM support_ticket t
    WHERE t.organization_id = s.organization_id AND t.status = 'resolved'
      AND t.resolved_at <= $1 - make_interval(hours => s.auto_close_after_hours) AND t.id <> ALL($2::uuid[])
    ORDER BY t.resolved_at LIMIT $3
) due
"""
_CONDITION = """
WHERE t.id = ANY($1) AND t.organization_id = $2 AND (
    t.status = 'pending' AND t.pending_until <= $3
    OR t.status = 'resolved' AND t.resolved_at <= $3 - make_interval(hours => (
        SELECT auto_close_after_hours FROM support_settings WHERE organization_id = $2
    ))
)
"""
