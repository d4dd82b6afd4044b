"""Strawberry as it comes: its own ASGI app, a queue for each subscriber. `POST /publish` sends the event to all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from benchmarks.live.sample import EVENT
from benchmarks.live.serving import serve

QUEUES: set[asyncio.Queue[Any]] = set()


@strawberry.type
class User:
    """A person."""

    name: str


@strawberry.type
class Ticket:
    """A ticket."""

    id: strawberry.ID
    number: int
    subject: str
    status: str
    version: int


@strawberry.type
class Message:
    """A message."""

    id: strawberry.ID
    body: str
    internal: bool


@strawberry.interface
class FeedItem:
    """What a feed delivers."""

    cursor: str


@strawberry.interface
class Event(FeedItem):
    """A fact."""

    id: strawberry.ID
    occurred_at: str
    actor_kind: str
    actor: User
    ticket: Ticket


@strawberry.type
class MessageAdded(Event):
    """The one fact that is published here."""

    message: Message


def sample() -> MessageAdded:
    """The event as an object of the schema."""
    return MessageAdded(
        cursor=EVENT["cursor"],
        id=EVENT["id"],
        occurred_at=EVENT["occurredAt"],
        actor_kind=EVENT["actorKind"],
        actor=User(**EVENT["actor"]),
        ticket=Ticket(**EVENT["ticket"]),
        message=Message(**EVENT["message"]),
    )


@strawberry.type
class Query:
    """GraphQL wants one."""

    hello: str = "world"


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def feed(self) -> AsyncGenerator[FeedItem, None]:
        """Everything."""
        queue: asyncio.Queue[MessageAdded] = asyncio.Queue()
        QUEUES.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            QUEUES.discard(queue)


async def publish(_request: Request) -> Response:
    """Send the event to all."""
    event = sample()
    for queue in QUEUES:
        queue.put_nowait(event)
    return Response()


SCHEMA = strawberry.Schema(Query, subscription=Subscription, types=[MessageAdded])

if __name__ == "__main__":
    graphql = WebSocketRoute("/graphql", GraphQL(SCHEMA))
    serve(Starlette(routes=[Route("/publish", publish, methods=["POST"]), graphql]))
