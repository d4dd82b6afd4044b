"""Helpdesks on a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Role
from models.database import Database
from tests.client import Client
from tests.serving import serving
from tests.sla.desks import FRIDAY, Desk
from tests.tasks.parts import Clock
from tests.world import Helpdesk, make_world


@pytest.fixture
def clock() -> Clock:
    """The time at the desk."""
    return Clock(FRIDAY)


@pytest.fixture
async def timed(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    """The database, on that clock."""
    async with Database.connect(database_url, connections=10, clock=clock) as opened:
        yield opened


@pytest.fixture
async def a_desk(timed: Database, services: Services, clock: Clock) -> AsyncIterator[Callable[[], Awaitable[Desk]]]:
    """Makes an organization whose server and worker go by the test's clock."""
    app = Application(Engine(timed, replace(services, database=timed)))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:

        async def make() -> Desk:
            world = await make_world(timed)
            helpdesk = Helpdesk(world, *(Client(http, world.token(role)) for role in Role))
            return Desk(helpdesk, clock, timed)

        yield make
