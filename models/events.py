"""The facts that the log holds: one frozen dataclass each, and their way to and from JSON.

A fact carries ids, enums and numbers of the moment. Text that people wrote stays in the rows, where it can be erased.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints
from uuid import UUID

from models.actors import ActorKind, Role
from models.assistance import SuggestionStatus
from models.database import Row
from models.lifecycle import TicketPriority, TicketStatus
from models.log import Visibility
from models.organizations import MemberChange, TokenChange

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. `audience` says who may learn of it."""

    audience: ClassVar[Visibility] = Visibility.CUSTOMER

    @property
    def visibility(self) -> Visibility:
        """Who may learn of this one."""
        return self.audience

    def as_json(self) -> dict[str, Any]:
        """The fact's fields, JSON-ready."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The fact again. Fields that a newer release added and this row lacks take their defaults."""
        readers = _READERS[cls]
        return cls(**{name: readers[name](value) for name, value in data.items() if name in readers})


class Change(StrEnum):
    """What became of something that people keep: a view, a category, an article."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class TicketField(StrEnum):
    """What of a ticket's own fields customers see, and agents change."""

    SUBJECT = "subject"
    PRIORITY = "priority"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class TicketCreated(Fact):
    """A ticket arrived."""

    priority: TicketPriority
    follow_up_of_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TicketStatusChanged(Fact):
    """A ticket moved along the road, except to resolved, to closed or back from there."""

    previous: TicketStatus
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketResolved(Fact):
    """A ticket was answered for good, as far as anybody knows."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketClosed(Fact):
    """A ticket was filed."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketReopened(Fact):
    """A resolved or closed ticket came back."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketAssigned(Fact):
    """A ticket got another assignee, or none."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    assignee_id: UUID | None
    previous_id: UUID | None


@dataclass(frozen=True, slots=True)
class TicketUpdated(Fact):
    """A ticket got another subject, priority or category: `fields` says which. What is not in it is None."""

    fields: tuple[TicketField, ...]
    priority: TicketPriority | None = None
    previous_priority: TicketPriority | None = None
    category_id: UUID | None = None
    previous_category_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TicketSnoozed(Fact):
    """A pending ticket was put off until another instant, or no longer is."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    pending_until: datetime | None


@dataclass(frozen=True, slots=True)
class TicketTagged(Fact):
    """Tags came onto a ticket or went."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    added: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageAdded(Fact):
    """A ticket's thread grew by one message or internal note."""

    message_id: UUID
    author_kind: ActorKind
    internal: bool

    @property
    def visibility(self) -> Visibility:
        return Visibility.STAFF if self.internal else Visibility.CUSTOMER


@dataclass(frozen=True, slots=True)
class SuggestionReady(Fact):
    """The AI has a draft for a ticket."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID


@dataclass(frozen=True, slots=True)
class SuggestionDecided(Fact):
    """An agent sent a draft, as it was or edited, or dismissed it."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID
    status: SuggestionStatus


@dataclass(frozen=True, slots=True)
class SuggestionRequested(Fact):
    """An agent asked the AI for a draft."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID


@dataclass(frozen=True, slots=True)
class ArticleChanged(Fact):
    """A help-centre article was written, rewritten or removed; its chunks follow."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    article_id: UUID


@dataclass(frozen=True, slots=True)
class ArticleIndexed(Fact):
    """An article's chunks are what its text says now; search indexes take them over. None are left of a removed one."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    article_id: UUID


@dataclass(frozen=True, slots=True)
class MemberChanged(Fact):
    """Somebody was invited, joined, got another role or left; `role` is what they are from then on."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    member_id: UUID
    change: MemberChange
    role: Role


@dataclass(frozen=True, slots=True)
class CategoryChanged(Fact):
    """A category was made, changed or deleted. Tickets of a deleted one show none; they did not change themselves."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    category_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class CannedResponseChanged(Fact):
    """A canned response was made, changed or deleted."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    canned_response_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class SettingsChanged(Fact):
    """The organization's settings are another version."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    version: int


@dataclass(frozen=True, slots=True)
class TokenChanged(Fact):
    """A member's API token was made or revoked."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    token_id: UUID
    member_id: UUID
    change: TokenChange


@dataclass(frozen=True, slots=True)
class SessionStarted(Fact):
    """A member signed in."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    member_id: UUID


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """A member signed out, or signed in anew in the same browser."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    member_id: UUID


@dataclass(frozen=True, slots=True)
class SavedViewChanged(Fact):
    """A saved view was made, changed or deleted. `shared`: others saw it before, or see it now."""

    view_id: UUID
    change: Change
    shared: bool

    @property
    def visibility(self) -> Visibility:
        return Visibility.STAFF if self.shared else Visibility.PERSON


FACTS: Mapping[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        TicketCreated,
        TicketStatusChanged,
        TicketResolved,
        TicketClosed,
        TicketReopened,
        TicketAssigned,
        TicketUpdated,
        TicketSnoozed,
        TicketTagged,
        MessageAdded,
        SuggestionRequested,
        SuggestionReady,
        SuggestionDecided,
        ArticleChanged,
        ArticleIndexed,
        CategoryChanged,
        CannedResponseChanged,
        SettingsChanged,
        MemberChanged,
        TokenChanged,
        SessionStarted,
        SessionEnded,
        SavedViewChanged,
    )
}


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
            fact=FACTS[row["type"]].from_json(row["data"]),
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


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


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


_READERS: Mapping[type[Fact], Mapping[str, Callable[[Any], Any]]] = {
    fact: {field.name: _reader(get_type_hints(fact)[field.name]) for field in fields(fact)} for fact in FACTS.values()
}
