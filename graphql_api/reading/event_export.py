"""Events as lines of a file: JSON Lines for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from strawberry.types.base import get_object_definition

from graphql_api.ids import encode
from graphql_api.names import camel
from graphql_api.reading.event_log import EVENT_NODES
from graphql_api.reading.reads import Computed, EachOf, IdOf, ReadField, ToOne
from graphql_api.types.scalars import write_instant
from models.database import Row
from models.events import FACTS
from models.recorded import RecordedEvent, readable

COLUMNS = (
    "id",
    "type",
    "occurredAt",
    "recordedAt",
    "actorKind",
    "actorId",
    "actorName",
    "ticketId",
    "ticketNumber",
    "visibility",
    "data",
)
# What makes a spreadsheet take a cell for a formula, or for the end of one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def json_lines(rows: Iterable[Row]) -> str:
    """A JSON object a line."""
    return "".join(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE).decode() for told in _told(rows))


def csv_lines(rows: Iterable[Row], *, header: bool) -> str:
    """A line each, by RFC 4180; names that begin like a formula get an apostrophe before them."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    for told in _told(rows):
        cells = {**told, "data": orjson.dumps(told["data"]).decode()}
        writer.writerow(_defused(cells[column]) for column in COLUMNS)
    return text.getvalue()


def _defused(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _told(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    for row in rows:
        event = readable(row)
        if event:
            yield {
                "id": encode("evt", event.id),
                "type": row["type"],
                "occurredAt": write_instant(event.occurred_at),
                "recordedAt": write_instant(event.recorded_at),
                "actorKind": event.actor_kind.name,
                "actorId": event.actor_id and encode("usr", event.actor_id),
                "actorName": row["actor_name"],
                "ticketId": event.ticket_id and encode("tkt", event.ticket_id),
                "ticketNumber": row["ticket_number"],
                "visibility": event.visibility.name,
                "data": _data(event),
            }


def _data(event: RecordedEvent) -> dict[str, Any]:
    """The fact's own fields, ids and enums as the API spells them."""
    prefixes = prefixes_of(type(event.fact).__name__)
    stored: Mapping[str, Any] = event.fact.as_json()
    return {
        camel(name): _spelled(prefixes.get(name), getattr(event.fact, name), value) for name, value in stored.items()
    }


def _spelled(prefix: str | None, value: Any, stored: Any) -> Any:
    if isinstance(value, tuple):
        return [_spelled(prefix, *each) for each in zip(value, stored, strict=True)]
    if isinstance(value, UUID) and prefix:
        return encode(prefix, value)
    return getattr(value, "name", stored)


@cache
def prefixes_of(name: str) -> Mapping[str, str]:
    """Which rows a fact's ids are of, as its type in the API declares it."""
    declared = get_object_definition(EVENT_NODES[FACTS[name]], strict=True).fields
    sources = [field.source for field in declared if isinstance(field, ReadField)]
    found = {source.key: source.target().prefix for source in sources if isinstance(source, ToOne)}
    found |= {source.keys: source.target().prefix for source in sources if isinstance(source, EachOf)}
    ids = [source.function for source in sources if isinstance(source, Computed)]
    return found | {each.key: each.prefix for each in ids if isinstance(each, IdOf)}
