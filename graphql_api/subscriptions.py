"""Subscription: the organization's log as it grows, from wherever a client stands."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.context import Context, Info
from graphql_api.ids import decode
from graphql_api.showing import Followed
from graphql_api.suggestion_progress import follow_drafts
from graphql_api.types.event import FeedItem
from graphql_api.types.presence import TicketPresenceType
from graphql_api.types.scalars import Cursor
from graphql_api.types.suggestion_progress import SuggestionProgressType
from models.events import MessageAdded, NotificationAdded, NotificationsRead
from models.fact import Fact
from models.service_level_events import SlaBreached, SlaWarning
from models.tickets import Ticket
from resolvers.access import look_up, permit
from subscriptions.items import Scope
from subscriptions.merging import exhausting

After = Annotated[
    Cursor | None,
    strawberry.argument(
        description="Continue after this cursor: `feedCursor`, or that of your last item. If left out, begin now."
    ),
]


@strawberry.type(description="Everything that can be followed live. What takes `after` can be resumed without a gap.")
class Subscription:
    """Most are the feed, filtered."""

    @strawberry.subscription(description="Everything that you may see, as it happens.")
    async def feed(self, info: Info, after: After = None) -> AsyncIterable[FeedItem]:
        permit(info.context.actor, "feed")
        return _follow(info.context, after)

    @strawberry.subscription(description="What happens to one ticket.")
    async def ticket_events(
        self,
        info: Info,
        ticket_id: Annotated[strawberry.ID, strawberry.argument(description="The ticket.")],
        after: After = None,
    ) -> AsyncIterable[FeedItem]:
        permit(info.context.actor, "ticket_events")
        ticket = await look_up(info.context.actor, Ticket, decode("tkt", ticket_id))
        return _follow(info.context, after, ticket_id=ticket.id)

    @strawberry.subscription(description="New messages and, for staff, notes, on one ticket or on all.")
    async def message_added(
        self,
        info: Info,
        ticket_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The ticket; all if left out.")
        ] = None,
        after: After = None,
    ) -> AsyncIterable[FeedItem]:
        permit(info.context.actor, "message_added")
        key = None
        if ticket_id is not None:
            key = (await look_up(info.context.actor, Ticket, decode("tkt", ticket_id))).id
        return _follow(info.context, after, ticket_id=key, facts=frozenset({MessageAdded}))

    @strawberry.subscription(
        description="Service-level clocks that are about to run out or have: `SlaWarning` and `SlaBreached`. For "
        "staff and analysts."
    )
    async def sla_alerts(self, info: Info, after: After = None) -> AsyncIterable[FeedItem]:
        permit(info.context.actor, "sla_alerts")
        return _follow(info.context, after, facts=_ALERTS)

    @strawberry.subscription(
        description="Your notifications, and that you marked some as read: `NotificationAdded` and "
        "`NotificationsRead`. For staff and analysts."
    )
    async def notification_added(self, info: Info, after: After = None) -> AsyncIterable[FeedItem]:
        permit(info.context.actor, "notification_added")
        return _follow(info.context, after, facts=_NOTIFICATIONS)

    @strawberry.subscription(
        description="Who is at a ticket: the present state at once, then each change. Nothing is stored, so there "
        "is nothing to resume. Customers see only whether support is writing to them."
    )
    async def presence(
        self, info: Info, ticket_id: Annotated[strawberry.ID, strawberry.argument(description="The ticket.")]
    ) -> AsyncIterable[TicketPresenceType]:
        permit(info.context.actor, "presence")
        ticket = await look_up(info.context.actor, Ticket, decode("tkt", ticket_id))
        return _presence(info.context, ticket.id)

    @strawberry.subscription(
        description="The AI's drafts for a ticket while they are written: the newest one's progress, then each "
        "step and its outcome, which is never missed. For staff and analysts."
    )
    async def suggestion_progress(
        self, info: Info, ticket_id: Annotated[strawberry.ID, strawberry.argument(description="The ticket.")]
    ) -> AsyncIterable[SuggestionProgressType]:
        permit(info.context.actor, "suggestion_progress")
        ticket = await look_up(info.context.actor, Ticket, decode("tkt", ticket_id))
        return follow_drafts(info.context, ticket.id)


_NOTIFICATIONS: frozenset[type[Fact]] = frozenset({NotificationAdded, NotificationsRead})
_ALERTS: frozenset[type[Fact]] = frozenset({SlaWarning, SlaBreached})


def _follow(
    context: Context,
    after: str | None,
    ticket_id: UUID | None = None,
    facts: frozenset[type[Fact]] | None = None,
) -> AsyncIterable[FeedItem]:
    position = None if after is None else context.services.cursors.open(after)
    return Followed(context.services, Scope(context.actor, ticket_id, facts), position)


async def _presence(context: Context, ticket_id: UUID) -> AsyncGenerator[TicketPresenceType, None]:
    # No event is wanted of the log but what it says of the actor: who becomes another is not shown the same.
    standing = context.services.feed.subscribe(Scope(context.actor, facts=frozenset()))
    async with exhausting(standing) as change:
        stream = context.services.presences.follow(ticket_id, staff=not context.actor.is_customer, until=change)
        async with aclosing(stream) as presences:
            async for presence in presences:
                yield TicketPresenceType.of(presence)
