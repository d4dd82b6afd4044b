"""Consoles that come at once, are cut off at random and live through a restart miss nothing and get nothing twice"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.live.organizations import Tenant, found
from benchmarks.live.servers import serving_product
from benchmarks.live.storm import Crowd
from benchmarks.servers import free_port
from models.database import Database
from tests.databases import a_database

FIRST_WITHIN = 10


@dataclass
class Place:
    """A database of the storm's own, and the organizations in it."""

    url: str
    folder: Path
    tenants: Sequence[Tenant]


@pytest.fixture
async def place(postgres_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    organizations, each = request.param
    async with a_database(postgres_url) as url:
        async with Database.connect(url, connections=2) as database:
            tenants = [await found(database, f"tenant-{number}", min(each, 5)) for number in range(organizations)]
        yield Place(url, tmp_path, tenants)


SMALL, FULL = (4, 10), (20, 50)
sizes = pytest.mark.parametrize(
    ("place", "each", "losses", "writes"),
    [
        pytest.param(SMALL, SMALL[1], 40, 80, id="small"),
        pytest.param(FULL, FULL[1], 1_000, 1_500, id="full", marks=pytest.mark.long),
    ],
    indirect=["place"],
)
PACE = 100


@sizes
async def test_connections_lost_while_others_write(place: Place, each: int, losses: int, writes: int) -> None:
    port = free_port()
    with serving_product(place.url, place.folder, port):
        crowd = Crowd(port, place.url, place.tenants, each)
        first = await crowd.arrive()
        await asyncio.gather(crowd.write(writes, PACE), crowd.lose(losses, writes / PACE))
        deliveries = await crowd.check()
        await crowd.leave()

    assert first < FIRST_WITHIN
    assert deliveries >= each * (writes + len(place.tenants))
    begun = sum(console.begun for consoles in crowd.consoles.values() for console in consoles)
    assert begun > each * len(place.tenants)


@sizes
async def test_a_restart_with_all_connected(place: Place, each: int, losses: int, writes: int) -> None:
    port = free_port()
    with serving_product(place.url, place.folder, port):
        crowd = Crowd(port, place.url, place.tenants, each)
        await crowd.arrive()
        writing = asyncio.create_task(crowd.write(writes, PACE))
        await asyncio.sleep(0.1)
    with serving_product(place.url, place.folder, port):
        await writing
        deliveries = await crowd.check()
        await crowd.leave()

    assert deliveries >= each * (writes + len(place.tenants))
    assert all(console.begun >= 2 for consoles in crowd.consoles.values() for console in consoles)
