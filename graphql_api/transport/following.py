"""A subscription over time: whoever becomes something else meanwhile goes on as that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.requests import PreparedOperation
from subscriptions.cursor import Position
from subscriptions.items import StandingChanged
from subscriptions.recipient import Sink

Again = Callable[[], Awaitable[PreparedOperation]]
"""The same request, prepared for whoever its sender is by now; raises a Refusal if that is nobody."""


async def follow(operation: PreparedOperation, sink: Sink, again: Again) -> None:
    """Run a subscription to its end. From the event on that changes what its actor may see, it is another actor's."""
    after: Position | None = None
    while True:
        try:
            return await operation.follow(sink, after)
        except StandingChanged as change:
            after = change.position
        operation = await again()
