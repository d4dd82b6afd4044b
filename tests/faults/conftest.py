"""A PostgreSQL and a server of one's own, to be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from benchmarks.faults.cluster import Cluster
from benchmarks.faults.processes import SERVE, Program, program
from benchmarks.servers import free_port
from models.actors import Role
from models.database import Database
from models.migrate import migrate
from tests.client import Client
from tests.world import World, make_world


@dataclass
class Site:
    """What is there."""

    cluster: Cluster
    api: Program
    url: str
    world: World
    http: httpx.AsyncClient

    def client(self, role: Role = Role.AGENT) -> Client:
        """A caller of the organization."""
        return Client(self.http, self.world.token(role))


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A server in a process of its own, on a PostgreSQL of its own, with one organization."""
    folder: Path = tmp_path_factory.mktemp("site")
    async with Cluster.running(folder / "postgres") as cluster:
        await migrate(cluster.url)
        async with Database.connect(cluster.url, connections=2) as database:
            world = await make_world(database)
            port = free_port()
            given = {"DATABASE_URL": cluster.url, "HELPDESK_DATA": str(folder), "HELPDESK_PORT": str(port)}
            url = f"http://127.0.0.1:{port}"
            async with (
                program(SERVE, b"Serving", given, folder / "api.log") as api,
                httpx.AsyncClient(base_url=url, timeout=30) as http,
            ):
                await api.start()
                yield Site(cluster, api, url, world, http)
