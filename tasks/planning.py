"""Which reactions follow which events: planned as the log grows, and for past events when an operator says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.database import Connection, Database
from models.errors import NotFound
from models.fields import new_id
from models.log import Lane, ReactionStatus
from models.recorded import RecordedEvent, readable
from tasks.reactions import Reactions, following

BATCH = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """A reaction that is to follow an event."""

    event_id: UUID
    name: str
    lane: Lane


def planned_for(reactions: Reactions, events: Sequence[RecordedEvent]) -> list[Planned]:
    """What follows these events."""
    return [Planned(event.id, spec.name, spec.lane) for event in events for spec in following(reactions, event)]


async def store(connection: Connection, organization_id: UUID, planned: Sequence[Planned], now: datetime) -> int:
    """Have reactions run, but for those that there are already; how many are new."""
    if not planned:
        return 0
    status = await connection.execute(
        _STORE,
        organization_id,
        ReactionStatus.DUE,
        now,
        [new_id() for _ in planned],
        [each.event_id for each in planned],
        [each.name for each in planned],
        [each.lane for each in planned],
    )
    return int(status.rpartition(" ")[2])


_STORE = """
INSERT INTO support_reaction (id, organization_id, event_id, name, lane, status, attempts, due_at, created_at)
SELECT id, $1, event_id, name, lane, $2, 0, $3, $3
FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[]) AS planned(id, event_id, name, lane)
ON CONFLICT (event_id, name) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of past events that has been looked at, and how many reactions were planned for it."""

    upto: int
    planned: int


def named(reactions: Reactions, name: str) -> Reactions:
    """The part of the table that one reaction is in; raises NotFound where it is in none."""
    found = {
        fact: chosen
        for fact, specs in reactions.items()
        if (chosen := tuple(spec for spec in specs if spec.name == name))
    }
    if not found:
        raise NotFound(f"reaction {name!r}")
    return found


async def plan_past(
    database: Database,
    organization_id: UUID,
    reactions: Reactions,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncIterator[Step]:
    """Plan these reactions for events that were recorded in a time and lack them, oldest first, a batch at a time.

    They come after all else that is due: nobody waits for what is long past. Events with reactions off have none.
    """
    types = sorted(fact.__name__ for fact in reactions)
    last = await database.fetchval("SELECT seq FROM support_event_counter WHERE organization_id = $1", organization_id)
    position = 0
    while position < (last or 0):
        rows = await database.fetch(_PAST, organization_id, position, last, types, since, until, BATCH)
        events = [event for row in rows if (event := readable(row))]
        planned = [Planned(each.event_id, each.name, Lane.BULK) for each in planned_for(reactions, events)]
        async with database.transaction() as connection:
            new = await store(connection, organization_id, planned, database.now())
        position = rows[-1]["seq"] if len(rows) == BATCH else last
        yield Step(position, new)


_PAST = """
SELECT * FROM support_event
WHERE organization_id = $1 AND seq > $2 AND seq <= $3 AND type = ANY($4) AND reacts
    AND ($5::timestamptz IS NULL OR recorded_at >= $5) AND ($6::timestamptz IS NULL OR recorded_at < $6)
ORDER BY seq LIMIT $7
"""
