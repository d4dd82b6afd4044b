"""A socket that is open stays nobody's door once what opened it has ended"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from graphql_api.ids import encode
from tests.client import Client
from tests.speed import quickest
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

CREATE = """mutation { createTicket(input: {
  subject: "It broke", body: "Help.", onBehalfOf: {email: "c@example.test"}}) {
  __typename ... on Problem { code } } }"""
PATIENCE = 20
REVOKED = (4401, "This token is unknown, expired or revoked.")
SIGNED_OUT = (4401, "Your session has ended: sign in again.")
GONE = (4403, "You are no longer a member of this organization.")


async def send(socket: ClientConnection, query: str, number: str) -> None:
    await socket.send(json.dumps({"id": number, "type": "subscribe", "payload": {"query": query}}))


async def asked(socket: ClientConnection, query: str, number: str) -> Any:
    """What an operation over the socket is answered."""
    await send(socket, query, number)
    answer = json.loads(await socket.recv())
    assert json.loads(await socket.recv()) == {"id": number, "type": "complete"}
    return answer["payload"]["data"]


async def shut(socket: ClientConnection) -> tuple[int | None, str | None]:
    """How the socket ends, all that comes before being refusals."""
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(PATIENCE):
            while True:
                assert json.loads(await socket.recv())["type"] == "error"
    return socket.close_code, socket.close_reason


async def revoke(helpdesk: Helpdesk) -> None:
    """End the agent's tokens."""
    rows = await helpdesk.world.database.fetch(
        "SELECT id FROM support_api_token WHERE membership_id = $1", helpdesk.world.agent.user_id
    )
    for row in rows:
        await helpdesk.admin.revoke_api_token(id=encode("tok", row["id"]))


async def remove(helpdesk: Helpdesk) -> None:
    await helpdesk.admin.remove_member(input={"user_id": agent_of(helpdesk), "unassign": True})


async def erase(helpdesk: Helpdesk) -> None:
    await helpdesk.admin.erase_person(user_id=agent_of(helpdesk))


def agent_of(helpdesk: Helpdesk) -> str:
    assert helpdesk.world.agent.user_id
    return encode("usr", helpdesk.world.agent.user_id)


async def try_to(socket: ClientConnection, query: str) -> None:
    """Ask for something over a socket that may have been shut a moment ago."""
    with suppress(ConnectionClosed):
        await send(socket, query, "2")


ENDS = [(revoke, REVOKED), (remove, GONE), (erase, GONE)]


@pytest.mark.parametrize(("end", "told"), ENDS)
@pytest.mark.parametrize("query", [CREATE, "{ viewer { role } }", "subscription { feed { __typename } }"])
async def test_a_token_that_has_ended_starts_nothing_more(
    a_helpdesk: Make, end: Callable[[Helpdesk], Awaitable[None]], told: tuple[int, str], query: str
) -> None:
    helpdesk = await a_helpdesk()
    async with helpdesk.agent.socket() as socket:
        assert await asked(socket, "{ viewer { role } }", "1") == {"viewer": {"role": "AGENT"}}
        await end(helpdesk)
        before = await _written(helpdesk)

        await try_to(socket, query)

        assert await shut(socket) == told
    assert await _written(helpdesk) == before


async def test_nor_does_a_session(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    async with browser.socket() as socket:
        assert await asked(socket, "{ viewer { role } }", "1") == {"viewer": {"role": "AGENT"}}
        await browser.sign_out()

        await try_to(socket, CREATE)

        assert await shut(socket) == SIGNED_OUT


async def test_whoever_became_less_may_do_less_over_the_same_socket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with helpdesk.agent.socket() as socket:
        assert (await asked(socket, CREATE, "1"))["createTicket"] == {"__typename": "Ticket"}
        await helpdesk.admin.change_member_role(user_id=agent_of(helpdesk), role="ANALYST")

        refused = await asked(socket, CREATE, "2")

        assert refused["createTicket"] == {"__typename": "Problem", "code": "NOT_ALLOWED"}
        assert await asked(socket, "{ viewer { role } }", "3") == {"viewer": {"role": "ANALYST"}}


@asynccontextmanager
async def a_stream(by: Client) -> AsyncIterator[AsyncIterator[str]]:
    """An event stream of a feed, its first lines read."""
    headers = {"Accept": "text/event-stream", **by.headers}
    if by.token:
        headers["Authorization"] = f"Bearer {by.token}"
    body = {"query": "subscription { feed { __typename } }"}
    async with by.http.stream("POST", "/graphql/stream", json=body, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield answer.aiter_lines()


@pytest.mark.parametrize(("end", "told"), ENDS)
@pytest.mark.parametrize("listening", [True, False])
async def test_a_socket_that_only_listens_is_closed_too(
    a_helpdesk: Make, end: Callable[[Helpdesk], Awaitable[None]], told: tuple[int, str], listening: bool
) -> None:
    helpdesk = await a_helpdesk()
    async with helpdesk.agent.socket() as socket, helpdesk.analyst.socket() as other:
        if listening:
            await send(socket, "subscription { slaAlerts { __typename } }", "1")
        await asked(socket, "{ viewer { role } }", "2")
        await end(helpdesk)

        assert await shut(socket) == told
        assert await asked(other, "{ viewer { role } }", "1") == {"viewer": {"role": "ANALYST"}}


@pytest.mark.parametrize("listening", [True, False])
async def test_nor_does_a_socket_outlive_its_session(a_helpdesk: Make, listening: bool) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    another = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    async with browser.socket() as socket, another.socket() as other:
        if listening:
            await send(socket, "subscription { slaAlerts { __typename } }", "1")
        await asked(socket, "{ viewer { role } }", "2")
        await browser.sign_out()

        assert await shut(socket) == SIGNED_OUT
        assert await asked(other, "{ viewer { role } }", "1") == {"viewer": {"role": "AGENT"}}


@pytest.mark.parametrize(("end", "told"), ENDS)
async def test_an_event_stream_says_why_it_ends(
    a_helpdesk: Make, end: Callable[[Helpdesk], Awaitable[None]], told: tuple[int, str]
) -> None:
    helpdesk = await a_helpdesk()
    async with a_stream(helpdesk.agent) as lines:
        await end(helpdesk)
        async with asyncio.timeout(PATIENCE):
            heard = [line async for line in lines if line]

    code, sentence = told
    refusal = {"message": sentence, "extensions": {"code": "UNAUTHENTICATED" if code == 4401 else "FORBIDDEN"}}
    # Of the events that led there, some may have come before.
    assert heard[-4] == "event: next"
    assert json.loads(heard[-3].removeprefix("data: ")) == {"errors": [refusal]}
    assert heard[-2:] == ["event: complete", "data: "]


async def test_what_has_ended_is_shut_within_a_second(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    async def from_end_to_close() -> float:
        browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
        async with browser.socket() as socket:
            await browser.sign_out()
            ended = time.monotonic()
            await shut(socket)
            return time.monotonic() - ended

    assert await quickest(from_end_to_close, 1) < 1


async def test_a_session_that_is_used_elsewhere_outlives_what_its_socket_began_with(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    database, member = helpdesk.world.database, helpdesk.world.agent.user_id
    expire = "UPDATE support_session SET expires_at = $2 WHERE membership_id = $1"
    first_end = database.now() + timedelta(seconds=3)
    await database.execute(expire, member, first_end)
    async with browser.socket() as socket, a_stream(browser) as lines:
        await database.execute(expire, member, first_end + timedelta(hours=1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout((first_end - database.now()).total_seconds() + 0.2):
                await socket.recv()
        await database.execute(expire, member, database.now())
        assert await shut(socket) == SIGNED_OUT
        async with asyncio.timeout(PATIENCE):
            assert "event: complete" in [line async for line in lines]


async def _written(helpdesk: Helpdesk) -> Any:
    return await helpdesk.world.database.fetchval(
        "SELECT seq FROM support_event_counter WHERE organization_id = $1", helpdesk.world.id
    )
