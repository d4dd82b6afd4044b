"""Reading the log by who, what, which ticket and when: statements that touch about as many rows as they return."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor, ActorKind
from models.database import Row
from models.events import FACTS
from models.log import Event
from models.rows import select
from resolvers.access import Parameters, operation

# `recorded_at` follows seq but for writes that overlap, and no write takes as long as this.
DISORDER = timedelta(minutes=10)
# An id that is nobody's: what a text that is no id stands for.
NOBODY = UUID(int=0)
EXPORT_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events: those that fulfil every condition that is given."""

    kinds: Sequence[str] | None = None
    actor_id: UUID | None = None
    actor_kind: ActorKind | None = None
    ticket_id: UUID | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of them: at most so many with a seq between two others, from one end."""

    limit: int
    above: int | None = None
    below: int | None = None
    newest_first: bool = False


def listing(wanted: EventFilter, part: Stretch, parameters: Parameters) -> str:
    """The statement that reads a part of the log, with the log's epoch beside each row.

    Where no index has both the condition and the order, each kind of event is asked for its own first rows: as many
    short walks of an index as there are kinds, instead of one long walk past everything that is not wanted.
    """
    direction = "DESC" if part.newest_first else "ASC"
    tail = f"ORDER BY t.seq {direction} LIMIT {part.limit}"
    conditions = _conditions(wanted, parameters)
    if part.above is not None:
        conditions.append(f"t.seq > {parameters.bind(part.above, 'bigint')}")
    if part.below is not None:
        conditions.append(f"t.seq < {parameters.bind(part.below, 'bigint')}")
    rows = f"{select(Event)} WHERE {' AND '.join(conditions)}"
    kinds = _kinds(wanted)
    if kinds is None:
        found = f"{rows} {tail}"
    elif wanted.ticket_id:
        found = f"{rows} AND t.type = ANY({parameters.bind(kinds, 'text[]')}) {tail}"
    else:
        each = f"{rows} AND t.type = kind.name {tail}"
        found = (
            f"SELECT t.* FROM unnest({parameters.bind(kinds, 'text[]')}) AS kind(name)"
            f" CROSS JOIN LATERAL ({each}) AS t {tail}"
        )
    organization = parameters.bind(parameters.actor.organization_id, "uuid")
    epoch = f"(SELECT epoch FROM support_event_counter WHERE organization_id = {organization}) AS epoch"
    return f"SELECT t.*, {epoch} FROM ({found}) AS t ORDER BY t.seq {direction}"


def counting(wanted: EventFilter, parameters: Parameters) -> str:
    """The statement that counts them all."""
    conditions = _conditions(wanted, parameters)
    if wanted.kinds is not None:
        conditions.append(f"t.type = ANY({parameters.bind(list(wanted.kinds), 'text[]')})")
    return f"SELECT count(*) AS many FROM support_event t WHERE {' AND '.join(conditions)}"


def _kinds(wanted: EventFilter) -> list[str] | None:
    if wanted.kinds is not None:
        return list(dict.fromkeys(wanted.kinds))
    return list(FACTS) if wanted.actor_id or wanted.actor_kind else None


def _conditions(wanted: EventFilter, parameters: Parameters) -> list[str]:
    organization = parameters.bind(parameters.actor.organization_id, "uuid")
    found = [f"t.organization_id = {organization}"]
    for column, value in (("actor_id", wanted.actor_id), ("ticket_id", wanted.ticket_id)):
        if value is not None:
            found.append(f"t.{column} = {parameters.bind(value, 'uuid')}")
    if wanted.actor_kind is not None:
        found.append(f"t.actor_kind = {parameters.bind(wanted.actor_kind.value, 'varchar')}")
    if wanted.recorded_from is not None:
        instant = parameters.bind(wanted.recorded_from, "timestamptz")
        found += [f"t.recorded_at >= {instant}", f"t.seq > {_last_seq(organization, instant, '-')}"]
    if wanted.recorded_before is not None:
        instant = parameters.bind(wanted.recorded_before, "timestamptz")
        found += [f"t.recorded_at < {instant}", f"t.seq <= {_last_seq(organization, instant, '+')}"]
    return found


def _last_seq(organization: str, instant: str, sign: str) -> str:
    """The last seq before an instant, give or take the disorder: found by halving, as the log has no index by time."""
    border = f"{instant} {sign} interval '{DISORDER.total_seconds():.0f} seconds'"
    return f"""(WITH RECURSIVE search(low, high) AS (
  SELECT 0::bigint, seq FROM support_event_counter WHERE organization_id = {organization}
  UNION ALL
  SELECT CASE WHEN middle.recorded_at < {border} THEN middle.seq ELSE low END,
    CASE WHEN middle.recorded_at < {border} THEN high ELSE (low + high + 1) / 2 - 1 END
  FROM search LEFT JOIN LATERAL (
    SELECT each.seq, each.recorded_at FROM support_event each
    WHERE each.organization_id = {organization} AND each.seq BETWEEN (low + high + 1) / 2 AND high
    ORDER BY each.seq LIMIT 1) AS middle ON TRUE
  WHERE low < high) SELECT max(low) FROM search)"""


@operation
async def events_export(actor: Actor, wanted: EventFilter, above: int | None, limit: int) -> list[Row]:
    """The next events after a seq, oldest first, with what tells people who and which ticket: names and numbers."""
    parameters = Parameters(actor)
    rows = listing(wanted, Stretch(limit, above=above), parameters)
    return await actor.database.fetch(
        "SELECT e.*, member.name AS actor_name, ticket.number AS ticket_number"
        f" FROM ({rows}) AS e LEFT JOIN support_membership member ON member.id = e.actor_id"
        " LEFT JOIN support_ticket ticket ON ticket.id = e.ticket_id ORDER BY e.seq",
        *parameters.values,
    )


async def whole_export(actor: Actor, wanted: EventFilter) -> AsyncIterator[list[Row]]:
    """Everything that `events_export` has, a page at a time."""
    above = 0
    while rows := await events_export(actor, wanted, above, EXPORT_PAGE):
        yield rows
        above = rows[-1]["seq"]
