"""What subscriptions show of a feed: which part of the log one follows, and an item of it as it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from graphql_api.context import Services
from graphql_api.reading.event_log import EVENT_NODES, event_of
from graphql_api.types.event import EventType, FeedItem, ResyncRequiredType
from models.actors import Actor
from models.fact import Fact
from models.outages import is_away
from subscriptions.cursor import Position
from subscriptions.items import FeedEvent, Scope
from subscriptions.items import FeedItem as Item

if TYPE_CHECKING:
    from graphql_api.operation import Operation
    from graphql_api.plans.keeping import Plans

PAUSE = 0.5
"""Seconds until the database is asked again for what a subscriber is to be shown."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a subscription's field asks of the feed: a part of the log, and after which position.

    Iterated over, it is the plain stream that GraphQL knows; whoever can, has the feed send it instead.
    """

    services: Services
    scope: Scope
    after: Position | None

    async def __aiter__(self) -> AsyncGenerator[FeedItem, None]:
        async with aclosing(self.services.feed.subscribe(self.scope, self.after)) as items:
            async for item in items:
                yield shown(item, self.services)


def shown(item: Item, services: Services) -> FeedItem:
    """An item of the feed as GraphQL's types have it."""
    cursor = services.cursors.seal(item.position)
    if isinstance(item, FeedEvent):
        event: FeedItem = event_of(item.event, cursor)
        return event
    return ResyncRequiredType.of({"cursor": cursor, "reason": item.reason.value})


class Showing:
    """How one operation shows what it follows; `key` is equal for those who ask for the same."""

    __slots__ = ("_actor", "_operation", "_personal", "_plans", "key")

    def __init__(self, operation: Operation, plans: Plans, actor: Actor) -> None:
        self._operation = operation
        self._plans = plans
        self._actor = actor
        self._personal: dict[type[Fact], bool] = {}
        self.key = plans.asked(operation.document, operation.node, operation.variables, actor)

    def is_personal(self, item: Item) -> bool:
        """Whether it matters who of the role is shown the item."""
        if not isinstance(item, FeedEvent):
            return True
        fact = type(item.event.fact)
        if fact not in self._personal:
            of = self._operation
            kind = EVENT_NODES[fact]
            self._personal[fact] = self._plans.is_personal(of.document, of.node, of.variables, self._actor, kind)
        return self._personal[fact]

    async def __call__(self, item: Item) -> bytes:
        """The item as it is sent; an event is worked out once for all who ask for the same at about that time."""
        operation = self._operation
        which = shown(item, operation.services)
        if not isinstance(which, EventType):
            return await insisting(partial(operation.executed, which))
        person_id = self._actor.user_id if self.is_personal(item) else None
        work = partial(operation.delivered, which, self._plans)
        return await insisting(partial(operation.deliveries.once, (self.key, person_id, which.row["cursor"]), work))


async def insisting(work: Callable[[], Awaitable[bytes]]) -> bytes:
    """What comes of it once the database is there: whoever follows the log waits out an outage and misses nothing."""
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_away(error):
                raise
        await asyncio.sleep(PAUSE)
