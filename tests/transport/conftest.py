"""Transports over real sockets: a server for the session, an engine and a path for each test."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from graphql_api.http import GraphQLHTTP
from graphql_api.http_requests import BodyLimit
from graphql_api.stream import GraphQLStreams
from graphql_api.websocket import GraphQLSockets
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site, open_site


@pytest.fixture(scope="session")
async def site() -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


@pytest.fixture
async def engine() -> SmallEngine:
    return SmallEngine()


@pytest.fixture
def api(site: Site, engine: SmallEngine) -> Place:
    """Both transports of `/graphql`, as they are by default."""
    return site.place(GraphQLHTTP(engine), GraphQLSockets(engine))


@pytest.fixture
def stream(site: Site, engine: SmallEngine) -> Place:
    """`/graphql/stream`, as it is by default."""
    return site.place(GraphQLStreams(engine))


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Keeps connections from test to test, as clients do: what one request leaves behind, the next one meets."""
    async with httpx.AsyncClient(timeout=10) as opened:
        yield opened


@pytest.fixture
def small_limit() -> BodyLimit:
    """A limit that a few bytes pass."""
    return BodyLimit(size=1_000)


@pytest.fixture(autouse=True)
def quiet_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client does makes the server log an error, let alone a traceback."""
    yield
    loud = [record for record in caplog.records if record.levelno >= logging.ERROR and record.name != _OWN_LOG]
    assert loud == []


_OWN_LOG = "graphql_api.requests"
