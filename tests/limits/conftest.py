"""Servers with limits of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.database import Database
from models.settings import Settings
from tests.client import Client
from tests.serving import serving

Serve = Callable[[Settings], Awaitable[Callable[[str], Client]]]


@pytest.fixture
async def serve(database: Database, services: Services) -> AsyncIterator[Serve]:
    """Starts a server with these settings; gives what makes a client for a token."""
    async with AsyncExitStack() as stack:

        async def start(settings: Settings) -> Callable[[str], Client]:
            engine = Engine(database, replace(services, settings=settings))
            url = await stack.enter_async_context(serving(Application(engine, limits=settings.limits)))
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
            return lambda token: Client(http, token)

        yield start
