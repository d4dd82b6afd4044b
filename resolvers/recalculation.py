"""Many tickets' clocks at once: those that an edit of policies or calendars concerns, and those never reckoned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from models.actors import Actor
from models.lifecycle import FINISHED, TicketStatus
from models.service_level_events import BusinessCalendarChanged, SlaPolicyApplied, SlaPolicyChanged, SlaRecalculated
from models.sla.selection import Edit
from models.writer import lock_organization, organization_write
from resolvers.access import operation
from resolvers.policy_book import policy_book
from resolvers.reckoning import reckon

# One transaction locks so many tickets' rows; the organization's other writes wait for its last statement alone.
TICKETS_AT_ONCE = 50
_PAGE = 1_000
_OPEN = [status.value for status in TicketStatus if status not in FINISHED]


@operation
async def recalculate(actor: Actor, fact: SlaPolicyChanged | BusinessCalendarChanged, event_id: UUID, seq: int) -> None:
    """Have the open tickets follow an edit, and record how many are promised something else, once.

    It may be called again where it was cut off: tickets that have followed are left alone, and counted all the same.
    Of several changes in one write, the last one is the edit.
    """
    book = await policy_book(actor.database.fetch, actor.organization_id, seq)
    edit = book.edit(event_id)
    if edit is None:
        return
    async for ticket_ids in _behind(actor, edit):
        for start in range(0, len(ticket_ids), TICKETS_AT_ONCE):
            await reckon(actor, ticket_ids[start : start + TICKETS_AT_ONCE])
    await _record(actor, fact, edit)


async def _behind(actor: Actor, edit: Edit) -> AsyncIterator[list[UUID]]:
    """The open tickets that are not reckoned as far as the edit."""
    after = UUID(int=0)
    while True:
        rows = await actor.database.fetch(_BEHIND, actor.organization_id, _OPEN, edit.seq, after, _PAGE)
        if rows:
            after = rows[-1]["id"]
            yield [row["id"] for row in rows]
        if len(rows) < _PAGE:
            return


_BEHIND = """
SELECT t.id FROM support_ticket t LEFT JOIN support_ticket_sla s ON s.id = t.id
WHERE t.organization_id = $1 AND t.status = ANY($2) AND coalesce(s.seq, 0) < $3 AND t.id > $4
ORDER BY t.id LIMIT $5
"""


async def _record(actor: Actor, fact: SlaPolicyChanged | BusinessCalendarChanged, edit: Edit) -> None:
    async with organization_write(actor) as write:
        await lock_organization(write)
        counted = await write.connection.fetchrow(
            _COUNTED, actor.organization_id, edit.seq, str(edit.event_id), _OPEN, *_NAMES
        )
        if counted is None or counted["is_recorded"]:
            return
        write.record(
            SlaRecalculated(
                policy_id=fact.policy_id if isinstance(fact, SlaPolicyChanged) else None,
                calendar_id=fact.calendar_id if isinstance(fact, BusinessCalendarChanged) else None,
                cause_id=edit.event_id,
                tickets=counted["tickets"],
                changed=counted["changed"],
            )
        )


_NAMES = (SlaPolicyApplied.__name__, SlaRecalculated.__name__)
_COUNTED = """
SELECT (SELECT count(*) FROM support_ticket WHERE organization_id = $1 AND status = ANY($4)) AS tickets,
       (SELECT count(DISTINCT ticket_id) FROM support_event
        WHERE organization_id = $1 AND type = $5 AND seq > $2 AND data ->> 'cause_id' = $3) AS changed,
       EXISTS (SELECT FROM support_event
        WHERE organization_id = $1 AND type = $6 AND seq > $2 AND data ->> 'cause_id' = $3) AS is_recorded
"""


@operation
async def reckon_new(actor: Actor) -> int:
    """Reckon a few of the tickets that never were, such as imported ones; how many there still were, at most so many.

    Call it until there are none.
    """
    rows = await actor.database.fetch(_NEW, actor.organization_id, TICKETS_AT_ONCE)
    if rows:
        await reckon(actor, [row["id"] for row in rows])
    return len(rows)


_NEW = """
SELECT t.id FROM support_ticket t
WHERE t.organization_id = $1 AND NOT EXISTS (SELECT FROM support_ticket_sla s WHERE s.id = t.id)
ORDER BY t.id LIMIT $2
"""
