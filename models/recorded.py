"""Events as the log has recorded them, read back from its rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import NoneType
from typing import Any, Self, get_args, get_origin, get_type_hints
from uuid import UUID

from models.actors import ActorKind
from models.database import Row
from models.events import FACTS
from models.fact import Fact
from models.log import Visibility

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A fact with its place in the log: when, by whom, about which ticket, for whose eyes."""

    id: UUID
    organization_id: UUID
    seq: int
    fact: Fact
    ticket_id: UUID | None
    actor_kind: ActorKind
    actor_id: UUID | None
    visibility: Visibility
    person_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime

    @classmethod
    def from_row(cls, row: Row | Mapping[str, Any]) -> Self:
        """The event that a row of support_event holds."""
        return cls(
            id=row["id"],
            organization_id=row["organization_id"],
            seq=row["seq"],
            fact=fact_of(row["type"], row["data"]),
            ticket_id=row["ticket_id"],
            actor_kind=ActorKind(row["actor_kind"]),
            actor_id=row["actor_id"],
            visibility=Visibility(row["visibility"]),
            person_id=row["person_id"],
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
        )


def readable(row: Row | Mapping[str, Any]) -> RecordedEvent | None:
    """The event of a row; None, and a line in the log, for one that this release can't read.

    A newer release may run beside this one, or have run before it: its facts have no name here, or fields and values
    that this code does not know. One such row must not take all others with it.
    """
    try:
        return RecordedEvent.from_row(row)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        log.warning("Event %s (%s) is passed over, it can't be read: %r", row["id"], row["type"], error)
        return None


def fact_of(name: str, data: Mapping[str, Any]) -> Fact:
    """A fact again, of its type's name and its JSON. Fields that a newer release added take their defaults."""
    readers = _READERS[name]
    return FACTS[name](**{field: readers[field](value) for field, value in data.items() if field in readers})


def _reader(hint: Any) -> Callable[[Any], Any]:
    """How to read a JSON value back into an annotated field."""
    optional = NoneType in get_args(hint)
    inner = next((part for part in get_args(hint) if part is not NoneType), hint) if optional else hint
    convert: Callable[[Any], Any]
    if get_origin(inner) is tuple:
        read = _reader(get_args(inner)[0])
        convert = lambda values: tuple(read(value) for value in values)  # noqa: E731
    elif inner is datetime:
        convert = datetime.fromisoformat
    elif inner in (bool, int, float, str):
        return lambda value: value
    else:
        convert = inner
    return lambda value: None if value is None else convert(value)


_READERS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    name: {field.name: _reader(get_type_hints(fact)[field.name]) for field in fields(fact)}
    for name, fact in FACTS.items()
}
