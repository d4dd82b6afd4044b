"""Transports over real sockets: a server for the session, an engine and a path for each test."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from graphql_api.transport.http import GraphQLHTTP
from graphql_api.transport.stream import GraphQLStreams
from graphql_api.transport.websocket import GraphQLSockets
from tests.transport.engine import Incident, SmallEngine
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
    async with httpx.AsyncClient(timeout=30) as opened:
        yield opened


@pytest.fixture(autouse=True)
def quiet_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client does makes the server log an error, let alone a traceback."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.fixture
def incident(caplog: pytest.LogCaptureFixture) -> Callable[[], Incident]:
    """Takes the one error, a masked bug, out of the log."""

    def take() -> Incident:
        (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
        caplog.clear()
        return Incident(record.getMessage().removeprefix("incident "), record.exc_text or "")

    return take
