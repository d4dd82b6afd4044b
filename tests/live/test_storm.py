"""Consoles that come at once, are cut off at random, and outlive a server that is stopped and one that is killed"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.live.organizations import Tenant, found
from benchmarks.live.storm import PATIENCE, weather
from models.database import Database
from tests.databases import a_database

FIRST_WITHIN, BACK_WITHIN = 10, PATIENCE


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


@sizes
async def test_everybody_has_exactly_the_log(place: Place, each: int, losses: int, writes: int) -> None:
    weathered = await weather(place.url, place.folder, place.tenants, each, losses, writes)

    assert weathered.first < FIRST_WITHIN
    assert weathered.after_stop < BACK_WITHIN and weathered.after_kill < BACK_WITHIN
    assert weathered.deliveries >= each * (3 * writes + len(place.tenants))
