"""Dead letters and what becomes of them, as admins see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from graphql_api.ids import encode
from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from graphql_api.reading.reads import Loaded, Node, RowType, column, id_of, loaded, to_one
from graphql_api.types import enums as enums
from graphql_api.types.event import EventType
from models import reaction_events as facts
from models.actors import Actor
from models.fact import Fact
from models.log import Lane, Reaction, ReactionStatus
from resolvers.dead_letters import tickets_of_events


def _ticket(_row: Mapping[str, Any], ticket_id: UUID | None) -> str | None:
    return encode("tkt", ticket_id) if ticket_id else None


@strawberry.type(name="DeadLetter", description="A background task after an event that has failed for good.")
class DeadLetterType(RowType, Node):
    """Rows of support_reaction."""

    table = Reaction
    prefix = "rct"

    reaction: str = column("name", "The task's name, such as `draft` or `index_article`.")
    status: ReactionStatus = column("status", "Its status.", enum=ReactionStatus)
    lane: Lane = column("lane", "How urgent it is.", enum=Lane)
    error: str | None = column("error", "Why the last attempt failed; null if the text was erased with a person.")
    attempts: int = column("attempts", "How often it was tried.")
    event_id: strawberry.ID = id_of("event_id", "evt", "The id of the event that it follows.")
    ticket_id: strawberry.ID | None = loaded(
        Loaded(("event_id",), lambda row, _arguments: row["event_id"], tickets_of_events, _ticket, personal=False),
        "The ticket that the event is about, if it is about one.",
    )
    created_at: datetime = column("created_at", "When it was planned.")
    died_at: datetime | None = column("finished_at", "When it failed for good; null while it is retried.")


def dead_letter_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """The latest first."""
    return Order("died-desc", ("finished_at", "id"), descending=True)


def dead_letter_conditions(_arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """Those that are dead: other reactions are nobody's business."""
    return [("t.status = {}", ReactionStatus.DEAD)]


@strawberry.type(name="DeadLetterRetried", description="A dead letter is being retried.")
class DeadLetterRetriedType(EventType):
    """facts.DeadLetterRetried"""

    dead_letter: DeadLetterType | None = to_one(
        lambda: DeadLetterType, "reaction_id", "The dead letter; null once its row is removed."
    )


@strawberry.type(name="DeadLetterDiscarded", description="A dead letter was discarded.")
class DeadLetterDiscardedType(EventType):
    """facts.DeadLetterDiscarded"""

    dead_letter: DeadLetterType | None = to_one(
        lambda: DeadLetterType, "reaction_id", "The dead letter; null once its row is removed."
    )


REACTION_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.DeadLetterRetried: DeadLetterRetriedType,
    facts.DeadLetterDiscarded: DeadLetterDiscardedType,
}
