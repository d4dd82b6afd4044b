"""Server-sent events on `/graphql/stream`: one request, its results, its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from graphql_api.transport.stream import GraphQLStreams
from tests.transport.engine import Incident, SmallEngine
from tests.transport.site import Place, Site
from tests.transport.socket_client import PATIENCE

EVENTS = {"Accept": "text/event-stream"}
COMPLETE = "event: complete\ndata: \n\n"


def next_(result: str) -> str:
    return f"event: next\ndata: {result}\n\n"


@asynccontextmanager
async def following(
    client: httpx.AsyncClient, place: Place, query: str, **headers: str
) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream that stays open."""
    body = {"query": query}
    async with client.stream("POST", place.url, json=body, headers={**EVENTS, **headers}) as answer:
        assert answer.status_code == 200
        yield answer.aiter_lines()


async def first_event(lines: AsyncIterator[str]) -> list[str]:
    return [await anext(lines) for _ in range(3)]


async def test_subscription(client: httpx.AsyncClient, stream: Place, engine: SmallEngine) -> None:
    answer = await client.post(stream.url, json={"query": "subscription { count(to: 2) }"}, headers=EVENTS)

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == next_('{"data":{"count":1}}') + next_('{"data":{"count":2}}') + COMPLETE
    assert engine.open_streams == 0


async def test_subscription_by_get(client: httpx.AsyncClient, stream: Place) -> None:
    parameters = {"query": "subscription A($n: Int!) { count(to: $n) }", "variables": '{"n": 1}'}

    answer = await client.get(stream.url, params=parameters, headers={"Accept": "*/*"})

    assert answer.text == next_('{"data":{"count":1}}') + COMPLETE


@pytest.mark.parametrize(
    ("query", "result"), [("{ hello }", '{"data":{"hello":"world"}}'), ("mutation { add }", '{"data":{"add":1}}')]
)
async def test_single_result(client: httpx.AsyncClient, stream: Place, query: str, result: str) -> None:
    answer = await client.post(stream.url, json={"query": query}, headers=EVENTS)

    assert answer.text == next_(result) + COMPLETE


async def test_mutation_by_get_is_refused(client: httpx.AsyncClient, stream: Place, engine: SmallEngine) -> None:
    answer = await client.get(stream.url, params={"query": "mutation { add }"}, headers=EVENTS)

    assert (answer.status_code, answer.headers["allow"], engine.total) == (405, "POST", 0)


async def test_document_that_can_not_run_is_told_in_the_stream(client: httpx.AsyncClient, stream: Place) -> None:
    answer = await client.post(stream.url, json={"query": "query A { hello } query B { hello }"}, headers=EVENTS)

    error = '{"errors":[{"message":"Which operation?","extensions":{"code":"OPERATION_NOT_FOUND"}}]}'
    assert (answer.status_code, answer.text) == (200, next_(error) + COMPLETE)


async def test_refusal_on_the_way(client: httpx.AsyncClient, stream: Place) -> None:
    answer = await client.post(stream.url, json={"query": "subscription { behind }"}, headers=EVENTS)

    error = '{"errors":[{"message":"You were too slow.","extensions":{"code":"RESUME_REQUIRED"}}]}'
    assert answer.text == next_('{"data":{"behind":1}}') + next_(error) + COMPLETE


async def test_bug_is_masked(client: httpx.AsyncClient, stream: Place, incident: Callable[[], Incident]) -> None:
    answer = await client.post(stream.url, json={"query": "subscription { buggy }"}, headers=EVENTS)

    logged = incident()
    assert logged.id in answer.text
    assert '"code":"INTERNAL"' in answer.text and "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "code"),
    [
        ("POST", {"Accept": "application/json"}, b'{"query": "{ hello }"}', 406, "NOT_ACCEPTABLE"),
        ("POST", {"Content-Type": "text/plain"}, b'{"query": "{ hello }"}', 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", {"Authorization": "Bearer nobody"}, b'{"query": "{ hello }"}', 401, "UNAUTHENTICATED"),
        ("POST", {}, b"[", 400, "BAD_REQUEST"),
        ("POST", {}, b'{"query": "\\ud83d"}', 400, "BAD_REQUEST"),
        ("GET", {"Cookie": "helpdesk_session=s"}, b"", 400, "BAD_REQUEST"),
        ("PUT", {}, b"", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", {}, b"", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_bad_request_gets_no_stream(
    client: httpx.AsyncClient, stream: Place, method: str, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    answer = await client.request(
        method, stream.url, content=body, headers={**EVENTS, "Content-Type": "application/json", **headers}
    )

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (status, {"code": code})


async def test_quiet_stream_is_kept_alive(client: httpx.AsyncClient, site: Site, engine: SmallEngine) -> None:
    place = site.place(GraphQLStreams(engine, beat_every=timedelta(milliseconds=20)))

    async with following(client, place, "subscription { forever }") as lines:
        assert await first_event(lines) == ["event: next", 'data: {"data":{"forever":1}}', ""]
        assert [await anext(lines) for _ in range(4)] == [":", "", ":", ""]


async def test_client_that_leaves_ends_its_subscription(
    client: httpx.AsyncClient, stream: Place, engine: SmallEngine
) -> None:
    async with following(client, stream, "subscription { forever }") as lines:
        await first_event(lines)

    async with asyncio.timeout(PATIENCE):
        await engine.left.wait()


async def test_client_that_leaves_in_a_flood_ends_its_subscription(
    client: httpx.AsyncClient, stream: Place, engine: SmallEngine
) -> None:
    async with following(client, stream, "subscription { flood(size: 10000) }") as lines:
        await first_event(lines)

    async with asyncio.timeout(PATIENCE):
        await engine.left.wait()


async def test_mutation_outlives_its_client(client: httpx.AsyncClient, stream: Place, engine: SmallEngine) -> None:
    async with following(client, stream, "mutation { waitingAdd }"):
        await engine.entered.wait()
    await stream.hung_up.wait()
    await client.post(stream.url, json={"query": "{ hello }"}, headers=EVENTS)
    stream.over.clear()

    engine.gate.set()
    await stream.over.wait()
    assert engine.total == 1


@pytest.mark.parametrize("ahead", [-1, 0, 1])
async def test_token_that_expires_by_the_deployments_clock_ends_the_stream(
    client: httpx.AsyncClient, stream: Place, engine: SmallEngine, ahead: int
) -> None:
    engine.ahead = timedelta(days=ahead)
    engine.admit("brief", expires_at=datetime.now(UTC) + engine.ahead + timedelta(seconds=1))

    async with following(client, stream, "subscription { forever }", Authorization="Bearer brief") as lines:
        await first_event(lines)
        async with asyncio.timeout(PATIENCE):
            rest = [line async for line in lines if line]

    refusal = {
        "message": "This token is unknown, expired or revoked.",
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    assert rest[0] == "event: next"
    assert json.loads(rest[1].removeprefix("data: ")) == {"errors": [refusal]}
    assert rest[2:] == ["event: complete", "data: "]
    assert engine.open_streams == 0


async def test_server_that_stops_can_end_its_streams(
    client: httpx.AsyncClient, site: Site, engine: SmallEngine
) -> None:
    streams = GraphQLStreams(engine)

    async with following(client, site.place(streams), "subscription { forever }") as lines:
        await first_event(lines)
        streams.close()
        rest = [line async for line in lines]

    assert (rest, engine.open_streams) == ([], 0)
