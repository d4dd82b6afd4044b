"""What the common lists of tickets read of the database: so many pages of 8 kB, however many tickets there are"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from benchmarks.seeding import Seeded, seed
from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from models.actors import Actor, Role
from models.database import Database
from models.fields import new_id
from models.migrate import migrate
from resolvers.tokens import kind_of
from tests.client import Client
from tests.serving import serving
from tests.world import token_for

LIST = """query($search: String, $filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String) {
  tickets(search: $search, filter: $filter, orderBy: $order, first: $first, after: $after) {
    nodes { number } pageInfo { endCursor } } }"""
COUNT = """query($search: String, $filter: TicketFilter, $order: TicketOrder) {
  tickets(search: $search, filter: $filter, orderBy: $order, first: 0) { totalCount } }"""


@dataclass(frozen=True)
class Statement:
    """What the API sent to PostgreSQL."""

    sql: str
    values: Sequence[Any]


class Sent(list[Statement]):
    """All that one connection was asked to run."""

    def log(self, query: Any) -> None:
        """What asyncpg calls after each."""
        self.append(Statement(query.query, query.args or ()))


@dataclass(frozen=True)
class Scale:
    """A seeded database, the statements that its server sends, and somebody of its largest organization in each role."""

    seeded: Seeded
    database: asyncpg.Connection
    sent: Sent
    agent: Client
    customer: Client
    me: str

    async def buffers(self, mode: str) -> int:
        """The pages that the statements sent so far touch, planned anew or generically."""
        await self.database.execute(f"SET plan_cache_mode = {mode}")
        return sum([await self._touched(each) for each in self.sent if "support_ticket" in each.sql])

    async def _touched(self, statement: Statement) -> int:
        # What counts is the work, which the second run shows; the first one may also set hint bits.
        given = f"({', '.join(map(literal, statement.values))})" if statement.values else ""
        await self.database.execute(f"PREPARE again AS {statement.sql}")
        explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE again{given}"
        for _ in range(2):
            plan = json.loads(await self.database.fetchval(explained))[0]["Plan"]
        await self.database.execute("DEALLOCATE again")
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def literal(value: Any) -> str:
    """A value as SQL text, of whatever type the place is that it stands in."""
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return f"'{{{','.join(json.dumps(str(each)) for each in value)}}}'".replace("\\u0027", "''")
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture(scope="session")
async def scale(postgres_url: str, services: Services) -> AsyncIterator[Scale]:
    """100,000 tickets with 400,000 messages in ten organizations; the largest has 40,000."""
    name = f"scale_{new_id().hex}"
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    await migrate(url)
    largest, *_ = await seed(url)
    async with looking_at(url, largest, services) as found:
        yield found
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@asynccontextmanager
async def looking_at(url: str, largest: Seeded, services: Services) -> AsyncIterator[Scale]:
    """A server of a seeded database, on one connection that is listened to."""
    sent = Sent()
    beside = await asyncpg.connect(url)
    async with Database.connect(url, connections=1) as database:
        people = [(largest.agents[0], Role.AGENT), (largest.customers[0], Role.CUSTOMER)]
        tokens = [(await token_for(Actor(database, largest.id, kind_of(role), id, role)))[1] for id, role in people]
        async with database.connection() as connection:
            connection.add_query_logger(sent.log)
        async with (
            serving(Application(Engine(database, services))) as address,
            httpx.AsyncClient(base_url=address, timeout=60) as http,
        ):
            agent, customer = (Client(http, token) for token in tokens)
            yield Scale(largest, beside, sent, agent, customer, encode("usr", largest.agents[0]))
    await beside.close()


# A list, who asks for it, and how many pages it may touch: about twice what it did when this was written.
LISTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "newest": ("agent", {}, 100),
    "oldest": ("agent", {"order": {"field": "CREATED_AT", "direction": "ASC"}}, 100),
    "last changed": ("agent", {"order": {"field": "UPDATED_AT"}}, 100),
    "by number": ("agent", {"order": {"field": "NUMBER"}}, 100),
    "open": ("agent", {"filter": {"status": ["OPEN"]}}, 100),
    "being worked on": ("agent", {"filter": {"status": ["OPEN", "PENDING", "IN_PROGRESS"]}}, 300),
    "being worked on, last changed": (
        "agent",
        {"filter": {"status": ["OPEN", "PENDING", "IN_PROGRESS"]}, "order": {"field": "UPDATED_AT"}},
        300,
    ),
    "closed": ("agent", {"filter": {"status": ["CLOSED"]}}, 100),
    "urgent": ("agent", {"filter": {"priority": ["URGENT"]}}, 100),
    "mine": ("agent", {"filter": {"assignedToMe": True}}, 100),
    "mine, last changed": ("agent", {"filter": {"assignedToMe": True}, "order": {"field": "UPDATED_AT"}}, 300),
    "my open ones": ("agent", {"filter": {"assignedToMe": True, "status": ["OPEN"]}}, 100),
    "nobody's": ("agent", {"filter": {"unassigned": True}}, 100),
    "nobody's open ones": ("agent", {"filter": {"unassigned": True, "status": ["OPEN"]}}, 100),
    "with a common tag": ("agent", {"filter": {"tag": "billing"}}, 300),
    "with a rare tag": ("agent", {"filter": {"tag": "project-77"}}, 300),
    "in a category": ("agent", {"filter": {"categoryId": "{category}"}}, 100),
    "of a customer": ("agent", {"filter": {"requesterId": "{requester}"}}, 100),
    "a customer's own": ("customer", {}, 100),
    "a customer's own, last changed": ("customer", {"order": {"field": "UPDATED_AT"}}, 100),
    "a customer's own open ones": ("customer", {"filter": {"status": ["OPEN"]}}, 100),
    "searched: a rare word": ("agent", {"search": "{rare} "}, 1),
    "searched: a rare word, newest": ("agent", {"search": "{rare} ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: an unfinished word": ("agent", {"search": "certif", "order": {"field": "CREATED_AT"}}, 1),
    "searched: a common word": ("agent", {"search": "help "}, 1),
    "searched: a common word, newest": ("agent", {"search": "help ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: the commonest word": ("agent", {"search": "the "}, 1),
    "searched: the commonest word, last changed": ("agent", {"search": "the ", "order": {"field": "UPDATED_AT"}}, 1),
    "searched: common words": ("agent", {"search": "printer account order ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: a name": ("agent", {"search": "Krüger ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: a name with a typo": ("agent", {"search": "zimmremann ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: a number": ("agent", {"search": "#12345", "order": {"field": "CREATED_AT"}}, 1),
    "searched: nothing there": ("agent", {"search": "xyzzyxyzzy ", "order": {"field": "CREATED_AT"}}, 1),
    "searched: by a customer": ("customer", {"search": "help "}, 1),
}
