"""The GraphQL world's own judges: graphql-http's audits, and the graphql-ws and graphql-sse clients, run by Node."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from graphql_api.transport.websocket import GraphQLSockets
from models.actors import Role
from tests import programs
from tests.programs import FOLDER
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site
from tests.world import World

PATIENCE = 20


@asynccontextmanager
async def node(script: str, *arguments: str) -> AsyncIterator[Process]:
    """A script of tests/node, running."""
    process = await asyncio.create_subprocess_exec(programs.node(), str(FOLDER / script), *arguments, stdout=PIPE)
    try:
        async with asyncio.timeout(PATIENCE):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def output(script: str, *arguments: str) -> Any:
    async with node(script, *arguments) as process:
        written, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(written)


async def next_line(process: Process) -> Any:
    assert process.stdout is not None
    return json.loads(await process.stdout.readline())


def problem(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


async def test_graphql_http_audits(api: Place, engine: SmallEngine) -> None:
    audits = await output("audit.mjs", api.url, engine.admit("t0ken"))

    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []


async def test_graphql_http_audits_of_the_helpdesk(
    server_url: str, an_organization: Callable[[], Awaitable[World]]
) -> None:
    organization = await an_organization()

    audits = await output("audit.mjs", f"{server_url}/graphql", organization.token(Role.AGENT))

    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []


async def test_graphql_ws_client(api: Place, engine: SmallEngine) -> None:
    seen = await output("graphql_ws.mjs", api.socket_url, engine.admit("t0ken"))

    syntax_error = seen.pop("syntax")
    assert syntax_error[0]["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
    assert seen == {
        "first": {"data": {"forever": 1}},
        "query": [{"data": {"echo": "ü", "me": "agent"}}],
        "mutation": [{"data": {"add": 2}}],
        "subscription": [{"data": {"count": number}} for number in (1, 2, 3)],
        "refusedOnTheWay": [{"data": {"behind": 1}}, problem("You were too slow.", "RESUME_REQUIRED")],
        "afterwards": [{"data": {"hello": "world"}}],
        "ended": True,
        "badToken": [{"code": 4403, "reason": "The token is not known."}],
        "anonymous": [{"data": {"me": None}}],
    }
    assert engine.open_streams == 0


@pytest.mark.parametrize(("code", "comes_back"), [(1012, True), (1013, True), (4403, True), (4401, False)])
async def test_graphql_ws_client_after_a_close(site: Site, engine: SmallEngine, code: int, comes_back: bool) -> None:
    sockets = GraphQLSockets(engine)
    place = site.place(websocket=sockets)
    async with node("graphql_ws_retry.mjs", place.socket_url) as process:
        assert await next_line(process) == {"forever": 1}

        for connection in sockets.connections:
            connection.close(code, "so it is")

        assert await next_line(process) == {"closed": code, "reason": "so it is"}
        assert await next_line(process) == ({"forever": 1} if comes_back else {"failed": code})


async def test_graphql_sse_client(stream: Place, engine: SmallEngine) -> None:
    seen = await output("graphql_sse.mjs", stream.url, engine.admit("t0ken"))

    syntax_error = seen.pop("syntax")
    assert syntax_error[0]["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
    assert seen == {
        "first": {"data": {"forever": 1}},
        "ended": True,
        "query": [{"data": {"echo": "a\nü", "me": "agent"}}],
        "mutation": [{"data": {"add": 2}}],
        "subscription": [{"data": {"count": number}} for number in (1, 2, 3)],
        "refusedOnTheWay": [{"data": {"behind": 1}}, problem("You were too slow.", "RESUME_REQUIRED")],
        "badToken": [{"status": 401}],
    }
    assert engine.open_streams == 0
