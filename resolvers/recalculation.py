"""Many tickets' clocks at once: those that an edit of policies or calendars concerns, and those never reckoned."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.lifecycle import FINISHED, TicketStatus
from models.service_level_events import BusinessCalendarChanged, SlaPolicyApplied, SlaPolicyChanged, SlaRecalculated
from models.sla import SlaState
from models.sla.selection import Edit
from models.writer import lock_organization, organization_write
from resolvers.access import operation
from resolvers.policy_book import policy_book
from resolvers.reckoning import reckon

# One transaction locks so many tickets' rows; the organization's other writes wait for its last statement alone.
TICKETS_AT_ONCE = 50
# One step of a reaction has so many follow an edit: well within a minute, where its lease is good for five.
TICKETS_A_STEP = 10_000
_OPEN = [status.value for status in TicketStatus if status not in FINISHED]


@operation
async def recalculate(
    actor: Actor,
    fact: SlaPolicyChanged | BusinessCalendarChanged,
    event_id: UUID,
    seq: int,
    *,
    most: int = TICKETS_A_STEP,
) -> bool:
    """Have so many of the open tickets follow an edit; whether all have. Then how many are promised something else is
    recorded, once.

    Call it again until all have, also where it was cut off: tickets that have followed are left alone, and counted all
    the same. Of several changes in one write, the last one is the edit.
    """
    book = await policy_book(actor.database.fetch, actor.organization_id, seq)
    edit = book.edit(event_id)
    if edit is None:
        return True
    rows = await actor.database.fetch(_BEHIND, actor.organization_id, _OPEN, edit.seq, most)
    for start in range(0, len(rows), TICKETS_AT_ONCE):
        await reckon(actor, [row["id"] for row in rows[start : start + TICKETS_AT_ONCE]])
    if len(rows) == most:
        return False
    await _record(actor, fact, edit)
    return True


# Those that are not reckoned as far as the edit.
_BEHIND = """
SELECT t.id FROM support_ticket t LEFT JOIN support_ticket_sla s ON s.id = t.id
WHERE t.organization_id = $1 AND t.status = ANY($2) AND coalesce(s.seq, 0) < $3
ORDER BY t.id LIMIT $4
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
async def left_behind(actor: Actor, after: UUID | None = None) -> list[UUID]:
    """The next few tickets, by their ids, whose clocks lists don't know as they should: an earlier release has written
    them, beside this one or before it. What is written since is reckoned by what follows events.
    """
    rows = await actor.database.fetch(
        _LEFT_BEHIND, actor.organization_id, after or UUID(int=0), _FINISHED, _WAITING, TICKETS_AT_ONCE
    )
    return [row["id"] for row in rows]


_FINISHED = [status.value for status in FINISHED]
_WAITING = [state.value for state in SlaState if state not in (SlaState.MET, SlaState.MET_LATE)]
_LEFT_BEHIND = """
SELECT t.id FROM support_ticket t
WHERE t.organization_id = $1 AND t.id > $2
  AND (NOT EXISTS (SELECT FROM support_ticket_sla s WHERE s.id = t.id) OR t.status = ANY($3) AND t.sla_state = ANY($4))
ORDER BY t.id LIMIT $5
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
