"""graphql-transport-ws as its PROTOCOL.md has it: who may connect, and how a connection is initialised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from graphql_api.requests import Credentials
from graphql_api.transport.websocket import GraphQLSockets
from tests.transport.engine import Incident, SmallEngine
from tests.transport.site import Place, Site
from tests.transport.socket_client import complete, next_, open_socket, ready_socket


async def test_subprotocol_is_chosen(api: Place) -> None:
    async with open_socket(api, protocols=("graphql-ws", "graphql-transport-ws")) as client:
        assert client.connection.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("protocols", [None, ("graphql-ws",), ("graphql-transport-ws-2", "soap")])
async def test_unknown_subprotocol(api: Place, protocols: tuple[str, ...] | None) -> None:
    async with open_socket(api, protocols=protocols) as client:
        assert client.connection.subprotocol is None
        assert await client.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1"])
async def test_other_origin_is_refused_before_acceptance(api: Place, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(api, origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_own_and_listed_origins_are_accepted(site: Site, engine: SmallEngine) -> None:
    place = site.place(websocket=GraphQLSockets(engine, allowed_origins=["https://app.example"]))

    for origin in (f"http://{place.authority}", f"https://{place.authority}", "https://app.example"):
        async with open_socket(place, origin=origin) as client:
            await client.init()


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"any": [1]}}])
async def test_init_is_acknowledged(api: Place, payload: dict[str, Any]) -> None:
    async with open_socket(api) as client:
        await client.send(type="connection_init", **payload)

        assert await client.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_token_in_the_init(api: Place, engine: SmallEngine, name: str) -> None:
    engine.admit("t0ken")
    async with ready_socket(api, **{name: "Bearer t0ken"}) as client:
        await client.subscribe("1", "{ me }")

        assert await client.receive_many(2) == [next_("1", me="agent"), complete("1")]


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"Authorization": "Bearer t0ken"}, Credentials(bearer="t0ken")),
        ({"Cookie": "a=b; helpdesk_session=t0ken"}, Credentials(cookie="t0ken")),
        ({"Cookie": "helpdesk_session="}, Credentials()),
    ],
)
async def test_credentials_of_the_handshake(
    api: Place, engine: SmallEngine, headers: dict[str, str], shown: Credentials
) -> None:
    engine.admit("t0ken")
    async with open_socket(api, headers=headers) as client:
        await client.init()

    assert engine.shown == [shown]


async def test_token_in_the_init_comes_before_the_cookie(api: Place, engine: SmallEngine) -> None:
    engine.admit("t0ken")
    async with open_socket(api, headers={"Cookie": "helpdesk_session=s3ssion"}) as client:
        await client.init(authorization="Bearer t0ken")

    assert engine.shown == [Credentials(bearer="t0ken")]


@pytest.mark.parametrize(
    ("authorization", "closing"),
    [
        ("Bearer nobody", (4403, "The token is not known.")),
        ("Basic nobody", (4403, "Authorization must be `Bearer` and a token.")),
        (None, (4403, "Authorization must be `Bearer` and a token.")),
        ({"token": "t0ken"}, (4403, "Authorization must be `Bearer` and a token.")),
        ("Bearer outage", (1013, "The database is away.")),
    ],
)
async def test_refused_init(api: Place, authorization: object, closing: tuple[int, str]) -> None:
    async with open_socket(api) as client:
        await client.send(type="connection_init", payload={"Authorization": authorization})

        assert await client.closed() == closing


async def test_bug_in_the_init_is_masked(api: Place, incident: Callable[[], Incident]) -> None:
    async with open_socket(api) as client:
        await client.send(type="connection_init", payload={"Authorization": "Bearer bug"})
        code, reason = await client.closed()

    logged = incident()
    assert code == 4500
    assert logged.id in reason
    assert "hunter2" in logged.traceback and "hunter2" not in reason


async def test_second_init(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.send(type="connection_init")

        assert await client.closed() == (4429, "Too many initialisation requests")


async def test_second_init_before_the_first_is_acknowledged(api: Place) -> None:
    async with open_socket(api) as client:
        await client.send(type="connection_init")
        await client.send(type="connection_init")

        assert (await client.closed())[0] == 4429


async def test_operation_before_init(api: Place, engine: SmallEngine) -> None:
    async with open_socket(api) as client:
        await client.subscribe("1", "mutation { add }")

        assert await client.closed() == (4401, "Unauthorized")
    assert engine.total == 0
