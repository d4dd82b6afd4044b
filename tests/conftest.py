"""What every test stands on: a real PostgreSQL, a migrated database, and organizations made afresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.portal.routes import portal_routes
from helpdesk.postgres import embedded_postgres
from models.actors import Role
from models.database import Database
from models.settings import Limits, Settings
from resolvers.passwords import Passwords
from subscriptions.broadcasting import broadcasting
from subscriptions.channel import HintChannel
from subscriptions.cursor import Cursors
from subscriptions.feed import Feed
from tests.client import Client
from tests.credentials import CHEAP, LINKS, SECRET
from tests.databases import a_database, create, drop
from tests.portal.visitors import Visitor
from tests.serving import serving
from tests.tasks.parts import context_of
from tests.world import Helpdesk, World, make_world

# Walks over the whole schema ask for what no client may. The limits themselves are tested in tests/limits.
WIDE = Limits(
    tokens=4_000,
    depth=30,
    aliases=2_000,
    root_fields=100,
    cost=100_000_000,
    unplanned_cost=100_000_000,
    cost_per_minute=1_000_000_000,
)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """One PostgreSQL server for all test processes of a run; the last one out stops it."""
    base = tmp_path_factory.getbasetemp()
    folder: Path = (base if worker_id == "master" else base.parent) / "postgres"
    with embedded_postgres(folder, durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def database_url(postgres_url: str) -> Iterator[str]:
    """A migrated database of this test process's own."""
    url = asyncio.run(create(postgres_url))
    yield url
    asyncio.run(drop(postgres_url, url))


@pytest.fixture
async def an_empty_database(postgres_url: str) -> AsyncIterator[Database]:
    """A migrated database without a row, for tests that need one to themselves."""
    async with a_database(postgres_url) as url, Database.connect(url) as connected:
        yield connected


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database, connected."""
    async with Database.connect(database_url, connections=20) as connected:
        yield connected


@pytest.fixture
def an_organization(database: Database) -> Callable[[], Awaitable[World]]:
    """Makes an organization with one member of each role."""
    return lambda: make_world(database)


@pytest.fixture(scope="session")
async def services(database: Database) -> AsyncIterator[Services]:
    """Cursors, feed and search of the test process."""
    async with (
        broadcasting("memory://") as broadcast,
        HintChannel.over(broadcast) as hints,
        Feed.open(database, hints) as feed,
    ):
        database.on_commit(hints.send)
        knowledge = context_of(database).knowledge
        settings = Settings(limits=WIDE, trusted_proxies=(ip_network("127.0.0.1"),), outbox_shown=True)
        yield Services(settings, database, Cursors(SECRET), LINKS, feed, knowledge, Passwords(CHEAP))


@pytest.fixture(scope="session")
async def server_url(database: Database, services: Services) -> AsyncIterator[str]:
    """A server on a real socket; its address."""
    app = Application(Engine(database, services), portal=portal_routes(services))
    async with serving(app) as url:
        yield url


@pytest.fixture(scope="session")
async def client(server_url: str) -> AsyncIterator[Callable[[str], Client]]:
    """Makes a client for a token; '' is nobody."""
    # Browsers of different people share these connections, but no cookies.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(base_url=server_url, cookies=no_cookies, timeout=30) as http:
        yield lambda token: Client(http, token)


@pytest.fixture
async def visitor(server_url: str) -> AsyncIterator[Visitor]:
    """Somebody who follows links of mail."""
    async with httpx.AsyncClient(base_url=server_url, timeout=30) as http:
        yield Visitor(http)


@pytest.fixture
def a_helpdesk(
    an_organization: Callable[[], Awaitable[World]], client: Callable[[str], Client]
) -> Callable[[], Awaitable[Helpdesk]]:
    """Makes an organization and a client for each of its roles."""

    async def make() -> Helpdesk:
        world = await an_organization()
        return Helpdesk(world, *(client(world.token(role)) for role in Role))

    return make
