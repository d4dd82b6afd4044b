"""The idiomatic peer: Strawberry, Tortoise and DataLoaders, as the libraries' own guides put them together.

No authentication and no limits; parsed and validated documents are kept, people and tags are loaded in batches, and
the models (`idiomatic_rows.py`) have only the columns that are shown or written.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info
from tortoise import Tortoise
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from benchmarks.peers import idiomatic_rows
from benchmarks.peers.idiomatic_rows import CounterRow, EventRow, MemberRow, MessageRow, TagRow, TicketRow
from benchmarks.peers.serving import CONNECTIONS, serve


async def people_by_id(ids: list[UUID]) -> list[MemberRow | None]:
    """People, in the order of the ids."""
    found = {row.id: row for row in await MemberRow.filter(id__in=ids)}
    return [found.get(id) for id in ids]


async def tags_by_ticket(ids: list[UUID]) -> list[list[str]]:
    """Tags in order, for each ticket."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for ticket_id, name in await TagRow.filter(ticket_id__in=ids).order_by("name").values_list("ticket_id", "name"):
        found[ticket_id].append(name)
    return [found[id] for id in ids]


class Loaders:
    """A request's loaders."""

    def __init__(self) -> None:
        self.people = DataLoader(people_by_id)
        self.tags = DataLoader(tags_by_ticket)


@strawberry.type
class User:
    """A person."""

    id: UUID
    name: str
    email: str | None


@strawberry.type
class Message:
    """A message."""

    id: UUID
    body: str
    author_kind: str
    internal: bool
    created_at: datetime
    author_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        """Who wrote it."""
        return await person(info, self.author_id)


@strawberry.type
class Ticket:
    """A ticket."""

    id: UUID
    number: int
    subject: str
    status: str
    priority: str
    created_at: datetime
    updated_at: datetime
    first_responded_at: datetime | None
    resolved_at: datetime | None
    reopen_count: int
    message_count: int
    requester_id: strawberry.Private[UUID]
    assignee_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def requester(self, info: Info) -> User | None:
        """Who asks."""
        return await person(info, self.requester_id)

    @strawberry.field
    async def assignee(self, info: Info) -> User | None:
        """Who works on it."""
        return await person(info, self.assignee_id)

    @strawberry.field
    async def tags(self, info: Info) -> list[str]:
        """Its tags."""
        tags: list[str] = await info.context["loaders"].tags.load(self.id)
        return tags

    @strawberry.field
    async def messages(self, last: int) -> list[Message]:
        """Its last messages."""
        rows = await MessageRow.filter(ticket_id=self.id).order_by("-created_at", "-id").limit(last)
        return [shown_message(row) for row in reversed(rows)]


async def person(info: Info, id: UUID | None) -> User | None:
    """A person by the request's loader."""
    row = None if id is None else await info.context["loaders"].people.load(id)
    return None if row is None else User(id=row.id, name=row.name, email=row.email)


def shown_message(row: MessageRow) -> Message:
    """A message as the schema has it."""
    return Message(
        id=row.id,
        body=row.body,
        author_kind=row.author_kind,
        internal=row.internal,
        created_at=row.created_at,
        author_id=row.author_id,
    )


def shown_ticket(row: TicketRow) -> Ticket:
    """A ticket as the schema has it."""
    return Ticket(
        id=row.id,
        number=row.number,
        subject=row.subject,
        status=row.status,
        priority=row.priority,
        created_at=row.created_at,
        updated_at=row.updated_at,
        first_responded_at=row.first_responded_at,
        resolved_at=row.resolved_at,
        reopen_count=row.reopen_count,
        message_count=row.message_count,
        requester_id=row.requester_id,
        assignee_id=row.assignee_id,
    )


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def ticket(self, id: UUID) -> Ticket | None:
        """A ticket."""
        row = await TicketRow.get_or_none(id=id)
        return None if row is None else shown_ticket(row)

    @strawberry.field
    async def tickets(self, organization_id: UUID, first: int) -> list[Ticket]:
        """An organization's newest tickets."""
        rows = await TicketRow.filter(organization_id=organization_id).order_by("-created_at", "-id").limit(first)
        return [shown_ticket(row) for row in rows]


@strawberry.type
class Mutation:
    """What can be written."""

    @strawberry.mutation
    async def add_message(self, ticket_id: UUID, author_id: UUID, body: str) -> Message:
        """Write on a ticket: the same rows as the product's."""
        now = datetime.now(UTC)
        async with in_transaction() as connection:
            ticket = await TicketRow.select_for_update().using_db(connection).get(id=ticket_id)
            message = await MessageRow.create(
                organization_id=ticket.organization_id,
                ticket_id=ticket.id,
                author_id=author_id,
                author_kind="agent",
                body=body,
                created_at=now,
                using_db=connection,
            )
            await _count(ticket, message, connection)
            counter = CounterRow.filter(organization_id=ticket.organization_id).using_db(connection)
            await counter.update(seq=F("seq") + 1)
            await _record(ticket, message, (await counter.get()).seq, connection)
        return shown_message(message)


async def _count(ticket: TicketRow, message: MessageRow, connection: Any) -> None:
    ticket.message_count += 1
    ticket.public_message_count += 1
    ticket.version += 1
    ticket.public_version += 1
    ticket.last_message_id = ticket.last_public_message_id = message.id
    ticket.updated_at = ticket.public_updated_at = message.created_at
    changed: Sequence[str] = (
        *("message_count", "public_message_count", "version", "public_version"),
        *("last_message_id", "last_public_message_id", "updated_at", "public_updated_at"),
    )
    await ticket.save(update_fields=changed, using_db=connection)


async def _record(ticket: TicketRow, message: MessageRow, seq: int, connection: Any) -> None:
    await EventRow.create(
        organization_id=ticket.organization_id,
        seq=seq,
        type="MessageAdded",
        ticket_id=ticket.id,
        actor_kind="agent",
        actor_id=message.author_id,
        visibility="customer",
        person_id=ticket.requester_id,
        data={"message_id": str(message.id), "author_kind": "agent", "internal": False, "may_mention": False},
        occurred_at=message.created_at,
        recorded_at=message.created_at,
        using_db=connection,
    )


class Endpoint(GraphQL[Any, Any]):
    """The endpoint, with loaders for each request."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """Strawberry's call."""
        return {"request": request, "response": response, "loaders": Loaders()}


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Connected while it serves."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "asyncpg://", 1)
    await Tortoise.init(
        db_url=f"{url}?minsize={CONNECTIONS}&maxsize={CONNECTIONS}",
        modules={"models": [idiomatic_rows.__name__]},
        use_tz=True,
        # Requests run in other tasks than the one that starts the server.
        _enable_global_fallback=True,
    )
    try:
        yield
    finally:
        await Tortoise.close_connections()


schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
app = Starlette(routes=[Mount("/graphql", Endpoint(schema))], lifespan=lifespan)

if __name__ == "__main__":
    serve(app)
