"""A database of its own for these tests, because a relay follows every organization's log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from models.database import Database
from tests.databases import a_database
from tests.tasks.parts import Clock


@pytest.fixture(scope="session")
async def tasks_url(postgres_url: str) -> AsyncIterator[str]:
    """A migrated database that no other test's relay or events are in."""
    async with a_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
async def database(tasks_url: str) -> AsyncIterator[Database]:
    """The tasks' own database, on the real clock."""
    async with Database.connect(tasks_url, connections=10) as opened:
        yield opened


@pytest.fixture(scope="session")
def services() -> None:
    """None here: they would be made of this folder's database, and kept for the tests of all others."""
    pytest.fail("Tests that need services have a folder of their own.")


@pytest.fixture
def clock() -> Clock:
    """The time in `timed`."""
    return Clock()


@pytest.fixture
async def timed(tasks_url: str, clock: Clock) -> AsyncIterator[Database]:
    """The tasks' own database, on a clock that the test moves."""
    async with Database.connect(tasks_url, connections=5, clock=clock) as opened:
        yield opened
