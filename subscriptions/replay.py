"""Reading the log in pages, each with the log's end as the same snapshot saw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from models.actors import Actor
from models.database import Database, Row, Snapshot
from models.events import MemberChanged
from models.log import Event
from models.recorded import readable
from models.rows import select
from subscriptions.cursor import Position
from subscriptions.items import FeedEvent, Scope
from subscriptions.standing import standing, still_stands
from subscriptions.visibility import visible_rows


@dataclass(frozen=True, slots=True)
class Page:
    """Part of the log, which ended at seq `end` then. Who has taken `events` has everything up to `reached`.

    `stands`: up to there, whoever it was read for is still what they were.
    """

    epoch: int
    end: int
    reached: int
    events: Sequence[FeedEvent] = ()
    stands: bool = True

    @property
    def complete(self) -> bool:
        """Whether there was nothing more to read."""
        return self.reached >= self.end


@dataclass(frozen=True, slots=True)
class Now:
    """The log's end, the last event before it that the actor may see, and whether they are still what they were."""

    end: int
    position: Position
    stands: bool


async def read_organization(database: Database, organization_id: UUID, after: int, limit: int) -> Page:
    """An organization's next events, whoever may see them."""
    page, _ = await _read(database, "NULL", "", [organization_id, after, limit])
    return page


async def read_scope(database: Database, scope: Scope, after: int, limit: int) -> Page:
    """A subscriber's next events; what lies between them is not read."""
    values: list[object] = [scope.actor.organization_id, after, limit]
    condition = f" AND {scope.rows(values)}"
    columns = "NULL" if scope.whole_role else standing(scope.actor, values)
    page, row = await _read(database, columns, condition, values)
    # The condition only saves reading; the decision is taken where it is taken for live events.
    wanted = scope.minds if scope.whole_role else scope.holds
    events = [item for item in page.events if wanted(item.event)]
    return replace(page, events=events, stands=scope.whole_role or still_stands(scope.actor, row))


async def _read(database: Database, columns: str, condition: str, values: list[object]) -> tuple[Page, Row]:
    """The page, and a row with these columns of it."""
    rows = await database.fetch(
        f"SELECT c.epoch AS log_epoch, c.seq AS log_end, e.*, {columns} FROM support_event_counter c LEFT JOIN"
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
    events = [FeedEvent(Position(epoch, event.organization_id, event.seq), event) for event in known]
    return Page(epoch, end, reached, events), rows[0]


async def next_change(database: Database, actor: Actor, after: int) -> int | None:
    """The first event after a place of the log from which on the actor's standing is another."""
    seq: int | None = await database.fetchval(
        "SELECT min(seq) FROM support_event WHERE organization_id = $1 AND seq > $2 AND type = $3"
        " AND data ->> 'member_id' = $4::text",
        actor.organization_id,
        after,
        MemberChanged.__name__,
        str(actor.user_id),
    )
    return seq


async def read_now(source: Database | Snapshot, actor: Actor) -> Now:
    """Now, or when the snapshot was taken.

    An actor's position is not the log's end: it would move with every event, also those that are none of the actor's
    business, and two equal or different cursors would tell.
    """
    values: list[object] = [actor.organization_id]
    row = await source.fetchrow(
        "SELECT c.epoch, c.seq AS log_end, coalesce((SELECT t.seq FROM support_event t WHERE t.organization_id = $1"
        f" AND {visible_rows(actor, values)} ORDER BY t.seq DESC LIMIT 1), 0) AS seen, {standing(actor, values)}"
        " FROM support_event_counter c WHERE c.organization_id = $1",
        *values,
    )
    if row is None:
        raise LookupError(f"organization {actor.organization_id} has no event counter")
    position = Position(row["epoch"], actor.organization_id, row["seen"])
    return Now(row["log_end"], position, still_stands(actor, row))
