"""A socket that is open stays nobody's door once what opened it has ended"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from graphql_api.ids import encode
from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

CREATE = """mutation { createTicket(input: {
  subject: "It broke", body: "Help.", onBehalfOf: {email: "c@example.test"}}) {
  __typename ... on Problem { code } } }"""
GONE = (4401, "This token is unknown, expired or revoked.")


@asynccontextmanager
async def a_socket(by: Client) -> AsyncIterator[ClientConnection]:
    """A socket that somebody has opened with their token or cookie."""
    url = str(by.http.base_url).replace("http", "ws", 1).rstrip("/") + "/graphql"
    headers = {name: text for name, text in by.headers.items() if name == "Cookie"}
    shown = {"Authorization": f"Bearer {by.token}"} if by.token else {}
    async with connect(
        url,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers=headers,
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": shown}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        yield socket


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
        while True:
            assert json.loads(await socket.recv())["type"] == "error"
    return socket.close_code, socket.close_reason


async def _revoke(helpdesk: Helpdesk) -> None:
    rows = await helpdesk.world.database.fetch(
        "SELECT id FROM support_api_token WHERE membership_id = $1", helpdesk.world.agent.user_id
    )
    for row in rows:
        await helpdesk.admin.revoke_api_token(id=encode("tok", row["id"]))


async def _remove(helpdesk: Helpdesk) -> None:
    await helpdesk.admin.remove_member(input={"user_id": _agent(helpdesk), "unassign": True})


async def _erase(helpdesk: Helpdesk) -> None:
    await helpdesk.admin.erase_person(user_id=_agent(helpdesk))


def _agent(helpdesk: Helpdesk) -> str:
    assert helpdesk.world.agent.user_id
    return encode("usr", helpdesk.world.agent.user_id)


@pytest.mark.parametrize("end", [_revoke, _remove, _erase])
@pytest.mark.parametrize("query", [CREATE, "{ viewer { role } }", "subscription { feed { __typename } }"])
async def test_a_token_that_has_ended_starts_nothing_more(
    a_helpdesk: Make, end: Callable[[Helpdesk], Awaitable[None]], query: str
) -> None:
    helpdesk = await a_helpdesk()
    async with a_socket(helpdesk.agent) as socket:
        assert await asked(socket, "{ viewer { role } }", "1") == {"viewer": {"role": "AGENT"}}
        await end(helpdesk)
        before = await _written(helpdesk)

        await send(socket, query, "2")

        assert await shut(socket) == GONE
    assert await _written(helpdesk) == before


async def test_nor_does_a_session(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    async with a_socket(browser) as socket:
        assert await asked(socket, "{ viewer { role } }", "1") == {"viewer": {"role": "AGENT"}}
        await browser.sign_out()

        await send(socket, CREATE, "2")

        assert await shut(socket) == (4401, "Your session has ended: sign in again.")


async def test_whoever_became_less_may_do_less_over_the_same_socket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with a_socket(helpdesk.agent) as socket:
        assert (await asked(socket, CREATE, "1"))["createTicket"] == {"__typename": "Ticket"}
        await helpdesk.admin.change_member_role(user_id=_agent(helpdesk), role="ANALYST")

        refused = await asked(socket, CREATE, "2")

        assert refused["createTicket"] == {"__typename": "Problem", "code": "NOT_ALLOWED"}
        assert await asked(socket, "{ viewer { role } }", "3") == {"viewer": {"role": "ANALYST"}}


async def _written(helpdesk: Helpdesk) -> Any:
    return await helpdesk.world.database.fetchval(
        "SELECT seq FROM support_event_counter WHERE organization_id = $1", helpdesk.world.id
    )
