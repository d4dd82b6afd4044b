"""What admins ask of the audit trail, and its export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry
from strawberry.types.base import get_object_definition

from graphql_api.ids import decode
from graphql_api.types.enums import described
from graphql_api.types.events import EVENT_TYPES
from models.actors import Actor, ActorKind
from models.events import FACTS
from resolvers.audit import NOBODY, EventFilter


def _upper(name: str) -> str:
    """`TicketCreated` -> `TICKET_CREATED`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).upper()


# One value a fact, so that a new fact can be asked for at once.
EventKind: Any = StrEnum("EventKind", {_upper(name): name for name in FACTS})  # type: ignore[misc]
described(
    EventKind,
    "The event types.",
    {
        EventKind(fact.__name__): get_object_definition(kind, strict=True).description or ""
        for fact, kind in EVENT_TYPES.items()
    },
)


class ExportFormat(StrEnum):
    """How an export spells events."""

    JSON_LINES = "json_lines"
    CSV = "csv"


described(
    ExportFormat,
    "The format of an export.",
    {
        ExportFormat.JSON_LINES: "One JSON object per line.",
        ExportFormat.CSV: "CSV with a header line; cells are escaped so that no spreadsheet runs them as formulas.",
    },
)


@strawberry.input(name="EventFilter", description="Which events to list: those that meet all given conditions.")
class EventFilterInput:
    """Absent and null both mean: don't care."""

    kind: list[EventKind] | None = strawberry.field(default=None, description="Of one of these kinds.")
    actor_id: strawberry.ID | None = strawberry.field(default=None, description="Done by this person.")
    actor_kind: ActorKind | None = strawberry.field(default=None, description="Done by this kind of actor.")
    ticket_id: strawberry.ID | None = strawberry.field(default=None, description="About this ticket.")
    recorded_from: datetime | None = strawberry.field(default=None, description="Recorded at or after this instant.")
    recorded_before: datetime | None = strawberry.field(default=None, description="Recorded before this instant.")


@strawberry.type(name="EventsExport", description="A part of the audit trail as text, oldest event first.")
class EventsExportType:
    """Whoever appends the pieces has the whole file: only the first one has column names."""

    text: str = strawberry.field(description="The lines.")
    rows: int = strawberry.field(description="How many events they contain.")
    end_cursor: str | None = strawberry.field(
        description="The last event's cursor: pass it as `after` for the next part. Null if there are no events."
    )
    has_next_page: bool = strawberry.field(description="Whether there are more events.")


def events_wanted(arguments: Mapping[str, Any], _actor: Actor) -> EventFilter:
    """The filter that a field's arguments hold."""
    given: EventFilterInput | None = arguments.get("filter")
    if given is None:
        return EventFilter()
    return EventFilter(
        kinds=None if given.kind is None else [kind.value for kind in given.kind],
        actor_id=_key("usr", given.actor_id),
        actor_kind=given.actor_kind,
        ticket_id=_key("tkt", given.ticket_id),
        recorded_from=given.recorded_from,
        recorded_before=given.recorded_before,
    )


def _key(prefix: str, text: str | None) -> Any:
    return None if text is None else decode(prefix, text) or NOBODY
