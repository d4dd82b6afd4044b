"""A database of its own for these tests, because a relay follows every organization's log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from models.database import Database
from models.fields import new_id
from models.migrate import migrate
from tests.tasks.parts import Clock


@pytest.fixture(scope="session")
async def tasks_url(postgres_url: str) -> AsyncIterator[str]:
    """A migrated database that no other test's relay or events are in."""
    name = f"tasks_{new_id().hex}"
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    await migrate(url)
    yield url
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture(scope="session")
async def database(tasks_url: str) -> AsyncIterator[Database]:
    """The tasks' own database, on the real clock."""
    async with Database.connect(tasks_url, connections=10) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    """The time in `timed`."""
    return Clock()


@pytest.fixture
async def timed(tasks_url: str, clock: Clock) -> AsyncIterator[Database]:
    """The tasks' own database, on a clock that the test moves."""
    async with Database.connect(tasks_url, connections=5, clock=clock) as opened:
        yield opened
