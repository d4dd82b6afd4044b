"""What all that a feed delivers has in common, as clients see it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.reading.reads import Identity, ReadField, RowType, column, read_field, to_one
from graphql_api.types import enums as enums
from graphql_api.types.organizations import UserType
from graphql_api.types.scalars import Cursor
from graphql_api.types.tickets import TicketType
from models.actors import ActorKind
from models.log import Event as EventRow


@strawberry.interface(description="An item of a feed.")
class FeedItem:
    """An event, or the word that the feed can't go on from where the client stands."""

    cursor: Cursor = column("cursor", "The feed's position after this item: pass it as `after` to continue from here.")


@strawberry.interface(description="An event of the organization's log. It never changes.")
class Event(FeedItem):
    """What all facts share. Their rows are made by `event_log.event_row`."""

    id: strawberry.ID = read_field(ReadField, Identity(), "The event's id.")
    occurred_at: datetime = column("occurred_at", "When it happened.")
    recorded_at: datetime = column("recorded_at", "When it was recorded; for imports, later than `occurredAt`.")
    actor_kind: ActorKind = column("actor_kind", "What kind of actor did it.", enum=ActorKind)
    actor: UserType | None = to_one(
        lambda: UserType, "actor_id", "Who did it; null for the AI and the helpdesk itself."
    )
    ticket: TicketType | None = to_one(
        lambda: TicketType,
        "ticket_id",
        "The ticket as it is at delivery: compare `version`. Null if the event is about no ticket.",
    )


class EventType(RowType, Event):
    """Rows of support_event, with the fact's own fields beside the shared ones."""

    table = EventRow
    prefix = "evt"


@strawberry.type(
    name="ResyncRequired",
    description="The feed can't continue from your cursor: fetch everything afresh. It continues from this item's "
    "cursor.",
)
class ResyncRequiredType(RowType, FeedItem):
    """Not a row: a position and a reason."""

    reason: str = column(
        "reason",
        "Why the feed can't go on from your cursor: `too_old` (over 30 days); `ahead` or `other_epoch` (the log was "
        "restored since); `other_organization`.",
    )
