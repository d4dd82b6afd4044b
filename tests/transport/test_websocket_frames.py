"""Frames that the protocol doesn't name close the socket with 4400 and a reason, quietly."""

from __future__ import annotations

import json

import pytest

from graphql_api.transport.websocket import GraphQLSockets, SocketLimits
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site
from tests.transport.socket_client import next_, open_socket, ready_socket

GOOD = {"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}}


def subscribe(**payload: object) -> str:
    return json.dumps({"id": "2", "type": "subscribe", "payload": payload})


BAD_FRAMES: dict[str, str | bytes] = {
    "binary": json.dumps(GOOD).encode(),
    "empty": "",
    "text": "hello",
    "cut off": '{"type": "ping"',
    "null": "null",
    "number": "4",
    "boolean": "true",
    "string": '"ping"',
    "array": '[{"type": "ping"}]',
    "empty object": "{}",
    "NaN": '{"type": "ping", "payload": {"a": NaN}}',
    "5,000 digits": '{"type": "ping", "payload": {"a": %s}}' % ("1" * 5_000),
    "100,000 levels": "[" * 100_000,
    "type twice": '{"type": "ping", "type": "pong"}',
    "no type": '{"id": "2"}',
    "null type": '{"type": null}',
    "number as type": '{"type": 1}',
    "list as type": '{"type": ["ping"]}',
    "unknown type": '{"type": "connection_terminate"}',
    "capital type": '{"type": "PING"}',
    "legacy start": '{"id": "2", "type": "start", "payload": {"query": "{ hello }"}}',
    "the server's ack": '{"type": "connection_ack"}',
    "the server's next": '{"id": "1", "type": "next", "payload": {"data": {}}}',
    "the server's error": '{"id": "1", "type": "error", "payload": [{"message": "x"}]}',
    "list as init payload": '{"type": "connection_init", "payload": []}',
    "text as ping payload": '{"type": "ping", "payload": "x"}',
    "number as pong payload": '{"type": "pong", "payload": 0}',
    "NUL in a ping": r'{"type": "ping", "payload": {"a": "\u0000"}}',
    "subscribe without id": json.dumps({**GOOD, "id": None}),
    "subscribe with empty id": json.dumps({**GOOD, "id": ""}),
    "subscribe with number as id": json.dumps({**GOOD, "id": 1}),
    "subscribe with object as id": json.dumps({**GOOD, "id": {}}),
    "subscribe with NUL as id": json.dumps({**GOOD, "id": "\0"}),
    "subscribe with half a pair as id": json.dumps({**GOOD, "id": "\ud83d"}),
    "subscribe without payload": '{"id": "2", "type": "subscribe"}',
    "subscribe with text": '{"id": "2", "type": "subscribe", "payload": "{ hello }"}',
    "subscribe with a batch": '{"id": "2", "type": "subscribe", "payload": [{"query": "{ hello }"}]}',
    "no query": subscribe(),
    "null query": subscribe(query=None),
    "number as query": subscribe(query=1),
    "list as variables": subscribe(query="{ hello }", variables=[]),
    "text as variables": subscribe(query="{ hello }", variables="{}"),
    "list as extensions": subscribe(query="{ hello }", extensions=[]),
    "number as operation's name": subscribe(query="{ hello }", operationName=1),
    "complete without id": '{"type": "complete"}',
    "complete with empty id": '{"id": "", "type": "complete"}',
    "complete with number as id": '{"id": 1, "type": "complete"}',
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_bad_frame(api: Place, name: str) -> None:
    async with ready_socket(api) as client:
        await client.send_frame(BAD_FRAMES[name])
        code, reason = await client.closed()

    assert code == 4400
    assert reason.startswith("Invalid message: ") and len(reason) > 30


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("binary", "binary frames are not understood."),
        ("array", "it is not an object."),
        ("unknown type", "clients send no such `type`."),
        ("subscribe with empty id", "`id` must be a string that is not empty."),
        ("text as ping payload", "`payload` must be an object."),
        ("number as query", "`query` must be a string."),
    ],
)
async def test_bad_frame_is_told_why(api: Place, name: str, reason: str) -> None:
    async with ready_socket(api) as client:
        await client.send_frame(BAD_FRAMES[name])

        assert await client.closed() == (4400, f"Invalid message: {reason}")


async def test_bad_frame_before_init(api: Place) -> None:
    async with open_socket(api) as client:
        await client.send_frame("null")

        assert (await client.closed())[0] == 4400


async def test_bad_frame_ends_what_runs(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "subscription { forever }")
        assert await client.receive() == next_("1", forever=1)
        await client.send_frame("null")

        assert (await client.closed())[0] == 4400
        await engine.left.wait()
    assert engine.open_streams == 0


async def test_members_nobody_asked_for_are_ignored(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.send(**GOOD, more=[{"query": None}])

        assert await client.receive() == next_("1", hello="world")


@pytest.mark.parametrize(("padding", "fits"), [(0, True), (1, False)])
async def test_frame_limit_counts_bytes(site: Site, engine: SmallEngine, padding: int, fits: bool) -> None:
    place = site.place(websocket=GraphQLSockets(engine, limits=SocketLimits(frame_size=1_000)))
    frame = '{"type": "ping", "payload": {"a": "%s"}}'
    body = "ü" * ((1_000 - len(frame) + 2) // 2) + "x" * padding

    async with ready_socket(place) as client:
        await client.send_frame(frame % body)
        if fits:
            assert await client.receive() == {"type": "pong", "payload": {"a": body}}
        else:
            assert await client.closed() == (1009, "A message may have 1000 bytes.")


async def test_text_that_is_no_utf_8(api: Place, caplog: pytest.LogCaptureFixture) -> None:
    async with ready_socket(api) as client:
        await client.connection.send(b"\xff", text=True)

        assert (await client.closed())[0] == 1007
    assert [record.message for record in caplog.records] == ["Invalid UTF-8 sequence received from client."]
    caplog.clear()  # uvicorn logs it as an error before any app hears of the frame
