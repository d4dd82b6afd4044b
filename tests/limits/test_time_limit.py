"""Ten seconds: a query is given up with its database work, a mutation before it commits or not at all"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from graphql_api.ids import decode
from models.actors import Role
from models.database import Database
from models.settings import Limits, Settings
from tests.client import Client, Problem
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

# What is not held up takes a hundredth of it, and on a busy machine still much less.
HURRIED = Settings(limits=Limits(seconds=1))
WAITING = """SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'"""
GIVEN_UP = Problem("TIMEOUT", "This took too long and was given up; nothing was changed. Try again later.")


@asynccontextmanager
async def held(database: Database, sql: str, *values: Any) -> AsyncIterator[None]:
    """A lock that somebody else takes, and keeps while the block lasts."""
    async with database.transaction() as connection:
        await connection.execute(sql, *values)
        yield


async def until_waiting(database: Database, many: int, table: str) -> None:
    """Come back when so many statements on a table wait for a lock."""
    async with asyncio.timeout(20):
        # What waits for a lock tells nobody; each look is a round trip, so this does not spin.
        while await database.fetchval(WAITING, table) != many:
            pass


@pytest.fixture
async def hurried(a_helpdesk: Make, serve: Serve) -> tuple[Helpdesk, Client]:
    """A helpdesk, and its agent at a server that gives nobody more than a second."""
    helpdesk = await a_helpdesk()
    return helpdesk, (await serve(HURRIED))(helpdesk.world.token(Role.AGENT))


@pytest.mark.parametrize("also", ["", "feedCursor", "savedViews { count }"])
async def test_a_query_is_given_up_with_its_statements(
    hurried: tuple[Helpdesk, Client], database: Database, also: str
) -> None:
    helpdesk, agent = hurried
    await helpdesk.ticket()

    async with held(database, "LOCK TABLE support_ticket_tag IN ACCESS EXCLUSIVE MODE"):
        body = (await agent.post(f"{{ {also} tickets {{ nodes {{ tags }} }} }}")).json()
        await until_waiting(database, 0, "support_ticket_tag")

    assert body["errors"] == [{"message": "This took longer than 1 s.", "extensions": {"code": "TIMEOUT"}}]
    assert body["data"] is None
    assert body["extensions"]["cost"]["estimated"] > 20
    # The connections are as good as before.
    assert (await agent.query(f"{{ {also} tickets {{ nodes {{ tags }} }} }}"))["tickets"]["nodes"] == [{"tags": []}]


async def test_a_mutation_that_waits_too_long_changes_nothing(
    hurried: tuple[Helpdesk, Client], database: Database
) -> None:
    helpdesk, agent = hurried
    ticket = await helpdesk.ticket()
    before = await helpdesk.events(ticket)
    key = decode("tkt", ticket["id"])

    async with held(database, f"SELECT 1 FROM support_ticket WHERE id = '{key}' FOR UPDATE"):
        refused = await agent.resolve_ticket(ticket_id=ticket["id"])
        await until_waiting(database, 0, "support_ticket")

    assert refused == GIVEN_UP
    assert await helpdesk.events(ticket) == before
    assert (await agent.resolve_ticket(ticket_id=ticket["id"]))["status"] == "RESOLVED"


async def test_fields_after_the_deadline_are_not_begun_and_those_before_it_stay_told(
    hurried: tuple[Helpdesk, Client], database: Database
) -> None:
    helpdesk, agent = hurried
    first, second, third = [await helpdesk.ticket() for _ in range(3)]
    key = decode("tkt", second["id"])
    text = """mutation($a: ID!, $b: ID!, $c: ID!) {
      a: resolveTicket(ticketId: $a) { ...R } b: resolveTicket(ticketId: $b) { ...R }
      c: resolveTicket(ticketId: $c) { ...R } }
      fragment R on TicketResult { ... on Ticket { status } ... on Problem { code } }"""

    async with held(database, f"SELECT 1 FROM support_ticket WHERE id = '{key}' FOR UPDATE"):
        data = await agent.query(text, a=first["id"], b=second["id"], c=third["id"])

    assert data == {"a": {"status": "RESOLVED"}, "b": {"code": "TIMEOUT"}, "c": {"code": "TIMEOUT"}}
    assert "TicketResolved" in await helpdesk.events(first)
    assert "TicketResolved" not in [*await helpdesk.events(second), *await helpdesk.events(third)]


async def test_a_mutation_that_commits_is_waited_for(hurried: tuple[Helpdesk, Client], database: Database) -> None:
    helpdesk, agent = hurried
    ticket = await helpdesk.ticket()

    # The last statement takes the organization's counter: whoever waits for it has no way back.
    lock = f"SELECT 1 FROM support_event_counter WHERE organization_id = '{helpdesk.world.id}' FOR UPDATE"
    async with held(database, lock):
        resolving = asyncio.create_task(agent.resolve_ticket(ticket_id=ticket["id"]))
        await until_waiting(database, 1, "support_event_counter")
        # Beyond the deadline.
        await asyncio.sleep(HURRIED.limits.seconds + 0.1)
        assert not resolving.done()

    assert (await resolving)["status"] == "RESOLVED"
    assert "TicketResolved" in await helpdesk.events(ticket)
