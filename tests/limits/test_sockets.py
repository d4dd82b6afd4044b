"""So many sockets and event streams of one user, and so many without credentials from one address"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from models.settings import Limits, Settings
from tests.client import Client
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

FEW = Settings(limits=replace(Limits(), sockets=2, anonymous_sockets=2), trusted_proxies=(ip_network("127.0.0.1"),))
TOO_MANY = (4429, "You have 2 sockets and event streams open, the most that one user may have.")
TOO_MANY_OF_NOBODY = (4429, "There are 2 sockets without credentials open from your address, the most allowed.")
FOLLOW = "subscription { feed { __typename } }"


async def let_in(socket: ClientConnection) -> None:
    assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}


async def turned_away(socket: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosed):
        await socket.recv()
    return socket.close_code, socket.close_reason


@asynccontextmanager
async def a_stream(by: Client) -> AsyncIterator[tuple[int, Any]]:
    """An event stream: its status and, if there is none, what is told instead."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {by.token}"}
    async with by.http.stream("POST", "/graphql/stream", json={"query": FOLLOW}, headers=headers) as answer:
        yield answer.status_code, None if answer.status_code == 200 else orjson.loads(await answer.aread())


async def test_one_socket_too_many_is_turned_away(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    client = await serve(FEW)
    agent, analyst = client(helpdesk.agent.token), client(helpdesk.analyst.token)
    async with agent.knocking() as first, agent.knocking() as second:
        await let_in(first)
        await let_in(second)
        async with agent.knocking() as third, analyst.knocking() as of_somebody_else:
            assert await turned_away(third) == TOO_MANY
            await let_in(of_somebody_else)
        async with a_stream(agent) as (status, told):
            assert (status, told["errors"][0]["extensions"]["code"]) == (429, "TOO_MANY_CONNECTIONS")
        assert (await agent.query("{ viewer { role } }")) == {"viewer": {"role": "AGENT"}}


async def test_streams_count_with_sockets(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(FEW))(helpdesk.agent.token)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            assert await stack.enter_async_context(a_stream(agent)) == (200, None)
        async with a_stream(agent) as (status, _), agent.knocking() as socket:
            assert status == 429
            assert await turned_away(socket) == TOO_MANY


async def test_whoever_closes_one_may_open_another(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(FEW))(helpdesk.agent.token)
    async with agent.knocking() as first:
        await let_in(first)
        for _ in range(5):
            async with agent.knocking() as second:
                await let_in(second)
            # The server has taken note of the end before it takes up the next.
            await second.wait_closed()


async def test_nobody_has_so_many_sockets_from_one_address(serve: Serve) -> None:
    client = await serve(FEW)
    here, there = ({"X-Forwarded-For": f"198.51.100.{number}"} for number in (1, 2))
    nobody = Client(client("").http, "", here)
    async with nobody.knocking() as first, nobody.knocking() as second:
        await let_in(first)
        await let_in(second)
        async with nobody.knocking() as third, Client(nobody.http, "", there).knocking() as elsewhere:
            assert await turned_away(third) == TOO_MANY_OF_NOBODY
            await let_in(elsewhere)
