"""The log as lists: all of it for the audit, a ticket's part for whoever sees the ticket.

An event's place in a list is its place in the feed: encrypted, so that nobody counts what they may not see, and good as
`after` of a subscription.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql_api.reading.paging import Connection, Edge, Page, PageInfo, page_arguments
from graphql_api.reading.reads import ReadField, RowType, read_field
from models.actors import Actor
from models.database import Row
from models.errors import InvalidInput
from models.fact import Fact
from models.log import Event
from models.recorded import RecordedEvent, readable
from models.rows import select
from resolvers.access import Parameters
from resolvers.audit import EventFilter, Stretch, counting, listing
from subscriptions.cursor import BadCursor, Cursors, Position
from subscriptions.visibility import visible_rows

if TYPE_CHECKING:
    from graphql_api.context import Context

# The type that shows each fact. Filled where the types are declared, which need this module for their own lists.
EVENT_NODES: dict[type[Fact], type[RowType]] = {}


@dataclass(frozen=True, slots=True)
class AllEvents:
    """A connection of the organization's events, newest first."""

    wanted: Callable[[Mapping[str, Any], Actor], EventFilter]


@dataclass(frozen=True, slots=True)
class EventsOf:
    """A connection of the events that hold this row's key in `key`, oldest first, as far as the viewer may see them."""

    key: str


class EventsField(ReadField):
    """A field whose rows are events: it needs what seals cursors beside what reads rows."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The field of one row, by the ordinary executor."""
        return events_of(info.context, self.source, source.row["id"], Page.of(kwargs))


def events_about(key: str, description: str) -> Any:
    """A field that is a connection of the events about a row."""
    return read_field(EventsField, EventsOf(key), description, page_arguments())


def event_row(event: RecordedEvent, cursor: str) -> dict[str, Any]:
    """The row that an event's type reads: what all events share, and the fact's own fields beside it."""
    shared = {
        "id": event.id,
        "cursor": cursor,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "ticket_id": event.ticket_id,
        "organization_id": event.organization_id,
    }
    return shared | {field.name: getattr(event.fact, field.name) for field in fields(event.fact)}


def event_of(event: RecordedEvent, cursor: str) -> Any:
    """The object that shows an event."""
    return EVENT_NODES[type(event.fact)].of(event_row(event, cursor))


async def all_events(context: Context, wanted: EventFilter, page: Page) -> Connection[Any]:
    """A page of the audit trail. Admins see all of it there, also what the feed tells only to the person concerned."""
    part = _stretch(context, page, newest_first=True)
    parameters = Parameters(context.actor)
    rows = await context.reads.run(listing(wanted, part, parameters), *parameters.values)

    async def count() -> int:
        counted = Parameters(context.actor)
        return int((await context.reads.run(counting(wanted, counted), *counted.values))[0]["many"])

    return _connection(context.services.cursors, rows, page, count)


async def events_of(context: Context, source: EventsOf, row_id: UUID, page: Page) -> Connection[Any]:
    """A page of the events about one row; those of many rows are read by one statement."""
    part = _stretch(context, page, newest_first=False)
    load = context.reads.batched((source, part), lambda keys: _load_parts(context, source, part, keys))
    count = context.reads.batched((source, "count"), lambda keys: _load_counts(context, source, keys))
    return _connection(context.services.cursors, await load.load(row_id), page, lambda: count.load(row_id))


async def _load_parts(context: Context, source: EventsOf, part: Stretch, keys: list[UUID]) -> list[list[Row]]:
    parameters = Parameters(context.actor)
    parents = parameters.bind(keys, "uuid[]")
    organization = parameters.bind(context.actor.organization_id, "uuid")
    bounds = [
        f"t.seq {sign} {parameters.bind(seq, 'bigint')}"
        for sign, seq in ((">", part.above), ("<", part.below))
        if seq is not None
    ]
    where = " AND ".join([f"t.{source.key} = parent.id", f"t.organization_id = {organization}", *bounds])
    seen = visible_rows(context.actor, parameters.values)
    direction = "DESC" if part.newest_first else "ASC"
    rows = await context.reads.run(
        f"SELECT parent.id AS parent_id, c.epoch, found.* FROM unnest({parents}) AS parent(id)"
        f" JOIN support_event_counter c ON c.organization_id = {organization} CROSS JOIN LATERAL"
        f" ({select(Event)} WHERE {where} AND {seen} ORDER BY t.seq {direction} LIMIT {part.limit}) AS found"
        f" ORDER BY found.seq {direction}",
        *parameters.values,
    )
    groups: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["parent_id"]].append(row)
    return [groups[key] for key in keys]


async def _load_counts(context: Context, source: EventsOf, keys: list[UUID]) -> list[int]:
    parameters = Parameters(context.actor)
    parents = parameters.bind(keys, "uuid[]")
    organization = parameters.bind(context.actor.organization_id, "uuid")
    rows = await context.reads.run(
        f"SELECT t.{source.key} AS parent_id, count(*) AS many FROM support_event t"
        f" WHERE t.{source.key} = ANY({parents}) AND t.organization_id = {organization}"
        f" AND {visible_rows(context.actor, parameters.values)} GROUP BY 1",
        *parameters.values,
    )
    counts = {row["parent_id"]: row["many"] for row in rows}
    return [counts.get(key, 0) for key in keys]


def _stretch(context: Context, page: Page, *, newest_first: bool) -> Stretch:
    """The part of the log that a page is, one event longer so that its end is known."""
    after, before = (seq_of(context, text, field) for text, field in ((page.after, "after"), (page.before, "before")))
    above, below = (before, after) if newest_first else (after, before)
    return Stretch(page.size + 1, above, below, newest_first=newest_first != page.backward)


def seq_of(context: Context, cursor: str | None, field: str) -> int | None:
    """Where in the log a cursor stands; raises InvalidInput for one that is none or is another organization's."""
    if cursor is None:
        return None
    try:
        position = context.services.cursors.open(cursor)
    except BadCursor as error:
        raise InvalidInput(error.message, [field]) from None
    if position.organization_id != context.actor.organization_id:
        raise InvalidInput("This cursor is not of this list.", [field])
    return position.seq


def position_of(row: Row) -> Position:
    """An event's place in the feed."""
    return Position(row["epoch"], row["organization_id"], row["seq"])


def _connection(
    cursors: Cursors, rows: Sequence[Row], page: Page, count: Callable[[], Awaitable[int]]
) -> Connection[Any]:
    """A connection in which unreadable events have a place but no edge: whoever pages on steps over them."""
    kept = list(rows[: page.size])
    more = len(rows) > page.size
    if page.backward:
        kept.reverse()
    placed = [(cursors.seal(position_of(row)), readable(row)) for row in kept]
    info = PageInfo(
        has_next_page=page.before is not None if page.backward else more,
        has_previous_page=more if page.backward else page.after is not None,
        start_cursor=placed[0][0] if placed else None,
        end_cursor=placed[-1][0] if placed else None,
    )
    edges = [Edge(cursor=cursor, node=event_of(event, cursor)) for cursor, event in placed if event]
    return Connection(edges=edges, page_info=info, count=count)
