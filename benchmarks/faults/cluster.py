"""A PostgreSQL of one's own that can be stopped, hard or softly, and started again on the same port."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Self

import asyncpg

from helpdesk.postgres import embedded_postgres


class Stop(Enum):
    """How PostgreSQL is told to stop: clients are thrown out; at once, so that the next start recovers from a crash."""

    FAST = signal.SIGINT
    IMMEDIATE = signal.SIGQUIT


class Cluster:
    """Where it is `durable`, what a commit has acknowledged is there after any stop."""

    def __init__(self, folder: Path, durable: bool) -> None:
        self._folder = folder
        self._durable = durable
        self._using = ExitStack()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, *, durable: bool = True) -> AsyncIterator[Self]:
        """A new one, for as long as the block lasts."""
        cluster = cls(folder, durable)
        await cluster.start()
        try:
            yield cluster
        finally:
            await asyncio.to_thread(cluster._using.close)

    async def start(self) -> None:
        """Come back when it takes connections."""
        using = embedded_postgres(self._folder, durable=self._durable)
        address = await asyncio.to_thread(self._using.enter_context, using)
        if self.url not in {"", address}:
            raise RuntimeError("PostgreSQL has come back on another port")
        self.url = address

    async def stop(self, how: Stop) -> None:
        """Come back when it has ended."""
        data = Path(json.loads((self._folder / "server.json").read_text())["data"])
        postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, how.value)
        await asyncio.to_thread(self._using.close)

    async def kill_connections(self) -> int:
        """End every session of the helpdesk's but our own; how many there were."""
        connection = await asyncpg.connect(self.url)
        try:
            killed: int = await connection.fetchval(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND usename = current_user"
            )
        finally:
            await connection.close()
        return killed
