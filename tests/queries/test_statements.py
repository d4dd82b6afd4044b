"""How many SQL statements a list costs: a number that does not grow with it"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Role
from models.database import Database
from resolvers.doors import _CHANGED as WHO_MAY_STAY
from tests.client import Client
from tests.queries.many import furnished
from tests.serving import serving
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($first: Int) { %s tickets(first: $first) { nodes {
  id number subject status priority tags createdAt
  requester { id name email } assignee { name } category { name }
  lastMessage { body author { name } } } } }"""
WITH_COUNTS = """query($first: Int) { tickets(first: $first) { totalCount nodes {
  messages(last: 2) { totalCount nodes { author { name } } } suggestions { totalCount } } } }"""


class Statements(list[str]):
    """What one connection was asked to run for operations.

    Besides, twice a second it is asked who may stay: a slow machine has somebody connected for so long.
    """

    def log(self, query: Any) -> None:
        """What asyncpg calls after each."""
        if query.query != WHO_MAY_STAY:
            self.append(query.query)


@asynccontextmanager
async def counted(
    database_url: str, services: Services, *, planned: bool = True
) -> AsyncIterator[tuple[Statements, str]]:
    """A server whose pool is one connection, and all that this connection runs; the server's address."""
    statements = Statements()
    async with Database.connect(database_url, connections=1) as database:
        async with database.connection() as connection:
            connection.add_query_logger(statements.log)
        engine = Engine(database, replace(services, database=database), planned=planned)
        async with serving(Application(engine)) as url:
            yield statements, url


@pytest.mark.parametrize(
    ("text", "role", "ordinary", "planned"),
    [
        # Tickets; tags; requesters and assignees; categories; messages; authors. By a plan one for all. The token is
        # looked up by the first of them.
        (LIST % "", Role.AGENT, 6, 1),
        # The same without tags, which customers don't see.
        (LIST % "", Role.CUSTOMER, 5, 1),
        # A snapshot begins and ends, and the cursor is read in it; the token is looked up after it.
        (LIST % "feedCursor", Role.AGENT, 10, 5),
        # Tickets and their count; messages and their counts; suggestions and their counts; authors.
        (WITH_COUNTS, Role.AGENT, 7, 2),
    ],
)
@pytest.mark.parametrize("by_plan", [True, False], ids=["planned", "ordinary"])
async def test_fifty_tickets_cost_as_many_statements_as_five(
    a_helpdesk: Make,
    database_url: str,
    services: Services,
    text: str,
    role: Role,
    ordinary: int,
    planned: int,
    by_plan: bool,
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    people = [world.customer] if role is Role.CUSTOMER else [await world.member(Role.CUSTOMER) for _ in range(3)]
    await furnished(world, 50, people)

    async with (
        counted(database_url, services, planned=by_plan) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        reader = Client(http, world.token(role))
        # Once before it counts: a new connection also asks what the types are.
        await reader.query(text, first=1)
        ran = []
        for size in (5, 50):
            statements.clear()
            shown = (await reader.query(text, first=size))["tickets"]["nodes"]
            assert len(shown) == size
            ran.append(list(statements))

    expected = planned if by_plan else ordinary
    assert [len(each) for each in ran] == [expected, expected], "\n".join(ran[1])
