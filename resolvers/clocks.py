"""How tickets' clocks stand, for whoever asks: as stored where that is up to date, else told from the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.database import Fetch
from models.errors import InvalidInput
from models.lifecycle import FINISHED
from models.retelling import MOVING, retold
from models.rows import layout
from models.service_levels import SlaClockRow
from models.sla import SlaClockKind, SlaStretch
from models.standing import Standing, as_it_stands, moves_by_itself, standings
from resolvers.policy_book import EDITS
from resolvers.stories import Turns, book_for, read_stories

# Of a long conversation, the newest.
NEXT_RESPONSES_SHOWN = 20
STRETCHES_LIMIT = 200

_KINDS = list(SlaClockKind)


async def clocks_of(actor: Actor, fetch: Fetch, ticket_ids: Sequence[UUID]) -> list[list[Mapping[str, Any]]]:
    """Each ticket's clocks as they stand now: first response, the newest next responses by their start, resolution.

    Customers see none. What is stored is shown where nothing has happened since that moves clocks; where a worker has
    not come to it yet, the log is asked. Either way it is exact.
    """
    if actor.is_customer:
        return [[] for _ in ticket_ids]
    now = actor.database.now()
    moving = [fact.__name__ for fact in MOVING]
    finished = [status.value for status in FINISHED]
    rows = await fetch(_STORED, ticket_ids, actor.organization_id, moving, finished, *EDITS)
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    behind: list[UUID] = []
    for ticket_id, group in groupby(rows, key=itemgetter("of_ticket")):
        clocks = [dict(row) for row in group]
        if clocks[0]["is_behind"] or any(map(moves_by_itself, clocks)):
            behind.append(ticket_id)
        else:
            found[ticket_id] = _shown(as_it_stands(clock, now) for clock in clocks if clock["kind"])
    told = await _told(actor, fetch, behind) if behind else {}
    for ticket_id, stands in told.items():
        found[ticket_id] = _shown(
            {**each.columns, "ticket_id": ticket_id, "position": each.position} for each in stands
        )
    return [found.get(ticket_id, []) for ticket_id in ticket_ids]


def _shown(clocks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ordered = sorted(clocks, key=lambda clock: (_KINDS.index(clock["kind"]), clock["started_at"]))
    between = [clock for clock in ordered if clock["kind"] == SlaClockKind.NEXT_RESPONSE]
    too_many = {clock["position"] for clock in between[:-NEXT_RESPONSES_SHOWN]}
    return [clock for clock in ordered if clock["position"] not in too_many]


_COLUMNS = ", ".join(f"clock.{name}" for name in layout(SlaClockRow).columns)
# The last edit of policies and calendars concerns the tickets that are neither resolved nor closed.
_STORED = f"""
WITH edited AS (
    SELECT coalesce(greatest(
        (SELECT seq FROM support_event WHERE organization_id = $2 AND type = $5 ORDER BY seq DESC LIMIT 1),
        (SELECT seq FROM support_event WHERE organization_id = $2 AND type = $6 ORDER BY seq DESC LIMIT 1)
    ), 0) AS seq
)
SELECT t.id AS of_ticket, {_COLUMNS},
       (t.status <> ALL($4) AND coalesce(s.seq, 0) < edited.seq) OR EXISTS (
           SELECT FROM support_event e WHERE e.ticket_id = t.id AND e.seq > coalesce(s.seq, 0) AND e.type = ANY($3)
           AND NOT (e.type = 'MessageAdded' AND e.visibility = 'staff')
       ) AS is_behind
FROM support_ticket t
CROSS JOIN edited
LEFT JOIN support_ticket_sla s ON s.id = t.id
LEFT JOIN LATERAL (
    (SELECT * FROM support_sla_clock WHERE ticket_id = t.id AND position < 2)
    UNION ALL
    (SELECT * FROM support_sla_clock WHERE ticket_id = t.id AND position >= 2
     ORDER BY position DESC LIMIT {NEXT_RESPONSES_SHOWN})
) clock ON TRUE
WHERE t.id = ANY($1) AND t.organization_id = $2
ORDER BY t.id
"""


async def _told(actor: Actor, fetch: Fetch, ticket_ids: Iterable[UUID]) -> dict[UUID, list[Standing]]:
    """How tickets' clocks stand by the log alone."""
    stories = await read_stories(fetch, actor.organization_id, ticket_ids)
    book = await book_for(fetch, actor.organization_id, stories.values())
    now, turns = actor.database.now(), Turns()
    told = {}
    for ticket_id, known in stories.items():
        told[ticket_id] = standings(retold(known.story, book), now)
        await turns.taken()
    return told


@dataclass(frozen=True, slots=True)
class Explained:
    """A clock, and which of its stretches: so many, from an instant on."""

    ticket_id: UUID
    position: int
    since: datetime | None
    first: int


async def explanations(actor: Actor, fetch: Fetch, wanted: Sequence[Explained]) -> list[list[SlaStretch]]:
    """What counted of each clock's time, what did not, and why; without a gap, in order."""
    for each in wanted:
        if not 1 <= each.first <= STRETCHES_LIMIT:
            raise InvalidInput(f"An explanation has 1 to {STRETCHES_LIMIT} stretches at a time.", ["first"])
    told = await _told(actor, fetch, dict.fromkeys(each.ticket_id for each in wanted))
    clocks = {(ticket_id, each.position): each.clock for ticket_id, stands in told.items() for each in stands}
    found, turns = [], Turns()
    for each in wanted:
        clock = clocks.get((each.ticket_id, each.position))
        found.append(list(islice(clock.explanation(each.since), each.first)) if clock else [])
        await turns.taken()
    return found
