"""Whoever a server remembers is let in no longer than the database says, whichever server has ended it"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from graphql_api.context import Services
from graphql_api.ids import encode
from tests.access.test_open_sockets import CREATE, agent_of, erase, remove, revoke
from tests.client import Client
from tests.queries.test_statements import Statements, counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ROLE = "{ viewer { role } }"
SOME = "{ tickets { nodes { subject } } }"
QUERIES = [
    ROLE,
    SOME,
    "{ tickets { totalCount } }",
    "{ tickets { totalCount nodes { id } } categories { name } }",
    "{ savedViews { name } }",
    "{ savedViews { name } tickets { nodes { id } } feedCursor }",
    "{ apiTokens { id } events { nodes { id } } }",
    'query Q { nodes(ids: ["usr_1"]) { id } tickets(search: "zzz") { nodes { id } } }',
    "query($size: Int!) { tickets(first: $size) { totalCount } }",
]


@asynccontextmanager
async def elsewhere(by: Client, database_url: str, services: Services) -> AsyncIterator[tuple[Client, Statements]]:
    """The same caller at another server, and the statements that this one runs."""
    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Client(http, by.token, by.headers), statements


@pytest.mark.parametrize("end", [revoke, remove, erase])
async def test_a_token_that_was_ended_elsewhere_opens_nothing_more(
    a_helpdesk: Make, database_url: str, services: Services, end: Callable[[Helpdesk], Awaitable[None]]
) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.agent.query(CREATE)
    async with elsewhere(helpdesk.agent, database_url, services) as (agent, _):
        before = [(await agent.post(query)).status_code for query in QUERIES]
        await end(helpdesk)

        after = [(await agent.post(query)).json() for query in QUERIES]

    assert before == [200] * len(QUERIES)
    refusal = {"message": "This token is unknown, expired or revoked.", "extensions": {"code": "UNAUTHENTICATED"}}
    assert after == [{"errors": [refusal]}] * len(QUERIES)


async def test_nor_does_a_session(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    async with elsewhere(browser, database_url, services) as (there, _):
        for query in QUERIES:
            await there.post(query)
        await browser.sign_out()

        assert [(await there.post(query)).status_code for query in QUERIES] == [401] * len(QUERIES)


async def test_a_role_that_was_changed_elsewhere_holds_at_once(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    async with elsewhere(helpdesk.agent, database_url, services) as (agent, _):
        for query in (ROLE, SOME):
            await agent.query(query)
        await helpdesk.admin.change_member_role(user_id=agent_of(helpdesk), role="ANALYST")

        assert await agent.query(ROLE) == {"viewer": {"role": "ANALYST"}}
        assert (await agent.query(CREATE))["createTicket"] == {"__typename": "Problem", "code": "NOT_ALLOWED"}


async def test_what_is_not_there_takes_one_more_statement_than_what_is(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    helpdesk, another = await a_helpdesk(), await a_helpdesk()
    shown = "query($id: ID!) { ticket(id: $id) { subject } }"
    created = CREATE.replace("__typename", "... on Ticket { id }")
    own, foreign = [(await by.query(created))["createTicket"]["id"] for by in (helpdesk.agent, another.agent)]
    async with elsewhere(helpdesk.agent, database_url, services) as (agent, statements):
        ran = []
        for id in (own, own, foreign, encode("tkt", helpdesk.world.id)):
            statements.clear()
            found = (await agent.query(shown, id=id))["ticket"]
            ran.append((found, len(statements)))

    assert ran[1:] == [({"subject": "It broke"}, 1), (None, 2), (None, 2)]
