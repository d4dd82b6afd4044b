"""How sockets end, and that whatever ran on them ends with them."""

from __future__ import annotations

import asyncio
import gc
import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from weakref import ref

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.server import ServerProtocol

from graphql_api import transport
from graphql_api.transport.socket_operations import SocketOperations
from graphql_api.transport.websocket import Connection, GraphQLSockets, SocketLimits
from helpdesk.sockets import SocketProtocol
from tests.transport.deaf_client import FLOOD, deaf_socket
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site, open_site
from tests.transport.socket_client import PATIENCE, next_, open_socket, ready_socket

SOON = timedelta(milliseconds=50)
TRANSPORTS = Path(transport.__file__).parent


def server_tasks() -> list[str]:
    """What the transports have running; they share the event loop with the tests."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks() if not task.cancelling()]
    return [
        coroutine.__qualname__
        for coroutine in coroutines
        if inspect.iscoroutine(coroutine) and Path(coroutine.cr_code.co_filename).parent == TRANSPORTS
    ]


@pytest.fixture
def sockets(engine: SmallEngine) -> GraphQLSockets:
    return GraphQLSockets(engine, limits=SocketLimits(farewell=SOON))


@pytest.fixture
def place(site: Site, sockets: GraphQLSockets) -> Place:
    return site.place(websocket=sockets)


async def test_init_that_never_comes(site: Site, engine: SmallEngine) -> None:
    place = site.place(websocket=GraphQLSockets(engine, limits=SocketLimits(init_timeout=SOON)))

    async with open_socket(place) as client:
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_init_in_time_is_not_timed_out(site: Site, engine: SmallEngine) -> None:
    init_timeout = timedelta(seconds=1)
    limits = SocketLimits(init_timeout=init_timeout, ping_every=init_timeout * 0.6)
    place = site.place(websocket=GraphQLSockets(engine, limits=limits))

    async with ready_socket(place) as client:
        assert await client.receive_many(2) == [{"type": "ping"}] * 2


async def test_server_pings(site: Site, engine: SmallEngine) -> None:
    place = site.place(websocket=GraphQLSockets(engine, limits=SocketLimits(ping_every=SOON)))

    async with ready_socket(place) as client:
        for _ in range(3):
            assert await client.receive() == {"type": "ping"}
            await client.send(type="pong")


async def test_whoever_comes_and_goes_is_pinged_by_one_task(place: Place, sockets: GraphQLSockets) -> None:
    somewhere, somebody = UUID(int=1), UUID(int=2)
    async with ready_socket(place):
        (connection,) = sockets.connections
        tasks = server_tasks()
        for _ in range(5):
            connection._holder.hold(somewhere, somebody)
            await asyncio.sleep(0)
            connection._holder.let_go(somewhere, somebody)

        assert server_tasks() == tasks


@pytest.mark.parametrize("ahead", [-1, 0, 1])
async def test_token_that_expires_by_the_deployments_clock_closes_the_socket(
    place: Place, engine: SmallEngine, ahead: int
) -> None:
    engine.ahead = timedelta(days=ahead)
    engine.admit("brief", expires_at=datetime.now(UTC) + engine.ahead + timedelta(seconds=1))

    async with ready_socket(place, Authorization="Bearer brief") as client:
        await client.subscribe("1", "subscription { forever }")
        assert await client.receive() == next_("1", forever=1)
        assert await client.closed() == (4401, "This token is unknown, expired or revoked.")
    await place.over.wait()
    assert (engine.open_streams, server_tasks()) == (0, [])


async def test_expired_token_closes_the_socket_at_once(place: Place, engine: SmallEngine) -> None:
    engine.admit("stale", expires_at=datetime.now(UTC) - timedelta(days=1))

    async with open_socket(place) as client:
        await client.send(type="connection_init", payload={"Authorization": "Bearer stale"})

        assert (await client.closed())[0] == 4401


async def test_socket_can_be_closed_from_elsewhere(place: Place, sockets: GraphQLSockets, engine: SmallEngine) -> None:
    engine.admit("t0ken", expires_at=datetime.now(UTC) + timedelta(days=1))

    async with ready_socket(place, Authorization="Bearer t0ken") as client, ready_socket(place) as other:
        for connection in sockets.connections:
            if connection.actor == engine.actors["t0ken"]:
                connection.close(4403, "Forbidden: the membership has ended")
                connection.close(1000, "too late")

        assert await client.closed() == (4403, "Forbidden: the membership has ended")
        await other.subscribe("1", "{ hello }")
        assert await other.receive() == next_("1", hello="world")


@pytest.mark.parametrize("code", [1000, 1001, 4499])
async def test_client_that_leaves_takes_its_operations_along(
    place: Place, sockets: GraphQLSockets, engine: SmallEngine, code: int
) -> None:
    async with ready_socket(place) as client:
        await client.subscribe("1", "subscription { forever }")
        await client.subscribe("2", "{ waiting }")
        assert await client.receive() == next_("1", forever=1)
        await client.connection.close(code)

    await place.over.wait()
    assert (engine.open_streams, server_tasks(), sockets.connections) == (0, [], set())


async def test_client_that_vanishes_takes_its_operations_along(place: Place, engine: SmallEngine) -> None:
    async with ready_socket(place) as client:
        await client.subscribe("1", "subscription { forever }")
        assert await client.receive() == next_("1", forever=1)
        client.connection.transport.abort()

        await place.over.wait()
    assert (engine.open_streams, server_tasks()) == (0, [])


async def test_client_that_leaves_in_a_flood(place: Place, engine: SmallEngine) -> None:
    async with ready_socket(place) as client:
        await client.subscribe("1", "subscription { flood(size: 10000) }")
        await client.receive()
        await client.connection.close()

    await place.over.wait()
    assert (engine.open_streams, server_tasks()) == (0, [])


async def test_mutation_outlives_its_socket(place: Place, engine: SmallEngine) -> None:
    async with ready_socket(place) as client:
        await client.subscribe("1", "mutation { waitingAdd }")
        await engine.entered.wait()

    engine.gate.set()
    await place.over.wait()
    assert (engine.total, server_tasks()) == (1, [])


async def test_slow_client_holds_up_nobody_else(place: Place, engine: SmallEngine) -> None:
    async with ready_socket(place) as client, deaf_socket(place) as deaf:
        deaf.say(FLOOD)
        await engine.stuck.wait()

        await client.subscribe("1", "subscription { count(to: 2) }")
        assert await client.receive_many(2) == [next_("1", count=1), next_("1", count=2)]


async def test_slow_client_can_be_closed(place: Place, sockets: GraphQLSockets, engine: SmallEngine) -> None:
    async with deaf_socket(place) as deaf:
        deaf.say(FLOOD)
        await engine.stuck.wait()
        (connection,) = sockets.connections
        connection.close(4401, "Unauthorized")

        async with asyncio.timeout(PATIENCE):
            await place.over.wait()
    assert (engine.open_streams, server_tasks()) == (0, [])


async def test_server_that_stops_says_so(engine: SmallEngine) -> None:
    async with open_site() as site:
        place = site.place(websocket=GraphQLSockets(engine))
        async with ready_socket(place) as client:
            await client.subscribe("1", "subscription { forever }")
            assert await client.receive() == next_("1", forever=1)
            site.server.should_exit = True

            assert await client.closed() == (1012, "")
    await place.over.wait()
    assert (engine.open_streams, server_tasks()) == (0, [])


SOCKETS_PARTS = (HttpToolsProtocol, SocketProtocol, ServerProtocol, Connection, SocketOperations)


def parts_of_sockets() -> list[object]:
    """What is in memory of sockets, open or closed."""
    return [each for each in gc.get_objects() if issubclass(type(each), SOCKETS_PARTS)]


@pytest.mark.parametrize("ended_by", ["close frame", "lost connection", "server"])
async def test_closed_sockets_are_freed_without_the_collector(
    place: Place, sockets: GraphQLSockets, ended_by: str
) -> None:
    # Sockets of other tests may be ending still.
    others = parts_of_sockets()
    gc.disable()
    try:
        async with ready_socket(place) as client:
            await client.subscribe("1", "subscription { forever }")
            await client.receive()
            parts = [ref(part) for part in parts_of_sockets() if all(part is not other for other in others)]
            assert len(parts) == 4
            if ended_by == "lost connection":
                client.connection.transport.abort()
            elif ended_by == "server":
                next(iter(sockets.connections)).close(4401, "Unauthorized")
                await client.closed()
        async with asyncio.timeout(PATIENCE):
            while any(part() is not None for part in parts):
                await place.over.wait()
                await asyncio.sleep(0)
    finally:
        gc.enable()


async def test_many_sockets_end_clean(place: Place, sockets: GraphQLSockets, engine: SmallEngine) -> None:
    async def visit(number: int) -> None:
        async with ready_socket(place) as client:
            await client.subscribe("1", "subscription { forever }")
            await client.subscribe("2", f"subscription {{ count(to: {number % 5}) }}")
            await client.receive()
            if number % 2:
                client.connection.transport.abort()

    await asyncio.gather(*(visit(number) for number in range(50)))
    while sockets.connections:
        await place.ended()
    assert (engine.open_streams, server_tasks()) == (0, [])
