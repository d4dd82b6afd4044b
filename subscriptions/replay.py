"""Reading the log in pages, each with the log's end as the same snapshot saw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.database import Database, Snapshot
from models.log import Event
from models.recorded import readable
from models.rows import select
from subscriptions.cursor import Position
from subscriptions.items import FeedEvent, Scope
from subscriptions.visibility import visible_rows


@dataclass(frozen=True, slots=True)
class Page:
    """Part of the log, which ended at seq `end` then. Who has taken `events` has everything up to `reached`."""

    epoch: int
    end: int
    reached: int
    events: Sequence[FeedEvent] = ()

    @property
    def complete(self) -> bool:
        """Whether there was nothing more to read."""
        return self.reached >= self.end


@dataclass(frozen=True, slots=True)
class Now:
    """The log's end, and the last event before it that one actor may see: the actor's position."""

    end: int
    position: Position


async def read_organization(database: Database, organization_id: UUID, after: int, limit: int) -> Page:
    """An organization's next events, whoever may see them."""
    return await _read(database, "", [organization_id, after, limit])


async def read_scope(database: Database, scope: Scope, after: int, limit: int) -> Page:
    """A subscriber's next events; what lies between them is not read."""
    values: list[object] = [scope.actor.organization_id, after, limit]
    condition = f" AND {scope.rows(values)}"
    page = await _read(database, condition, values)
    # The condition only saves reading; the decision is taken where it is taken for live events.
    return Page(page.epoch, page.end, page.reached, [item for item in page.events if scope.holds(item.event)])


async def _read(database: Database, condition: str, values: list[object]) -> Page:
    rows = await database.fetch(
        "SELECT c.epoch AS log_epoch, c.seq AS log_end, e.* FROM support_event_counter c LEFT JOIN"
        f" ({select(Event)} WHERE t.organization_id = $1 AND t.seq > $2{condition} ORDER BY t.seq LIMIT $3) e ON TRUE"
        " WHERE c.organization_id = $1 ORDER BY e.seq",
        *values,
    )
    organization_id, _, limit = values[:3]
    if not rows:
        raise LookupError(f"organization {organization_id} has no event counter")
    epoch, end = rows[0]["log_epoch"], rows[0]["log_end"]
    reached = rows[-1]["seq"] if len(rows) == limit else end
    known = [event for row in rows if row["seq"] is not None and (event := readable(row))]
    return Page(
        epoch, end, reached, [FeedEvent(Position(epoch, event.organization_id, event.seq), event) for event in known]
    )


async def read_now(source: Database | Snapshot, actor: Actor) -> Now:
    """Now, or when the snapshot was taken.

    An actor's position is not the log's end: it would move with every event, also those that are none of the actor's
    business, and two equal or different cursors would tell.
    """
    values: list[object] = [actor.organization_id]
    row = await source.fetchrow(
        "SELECT c.epoch, c.seq AS log_end, coalesce((SELECT t.seq FROM support_event t WHERE t.organization_id = $1"
        f" AND {visible_rows(actor, values)} ORDER BY t.seq DESC LIMIT 1), 0) AS seen"
        " FROM support_event_counter c WHERE c.organization_id = $1",
        *values,
    )
    if row is None:
        raise LookupError(f"organization {actor.organization_id} has no event counter")
    return Now(row["log_end"], Position(row["epoch"], actor.organization_id, row["seen"]))
