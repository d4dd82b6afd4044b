"""The broadcast over PostgreSQL: LISTEN and NOTIFY on a connection that does nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from subscriptions.reconnecting import Received

CONNECT_SECONDS = 3.0
ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresLine:
    """NOTIFY is a transaction of its own here: inside a write it would make all writers queue for one lock."""

    def __init__(self, connection: Any, received: Received) -> None:
        self.lost = asyncio.Event()
        self._connection = connection
        self._received = received
        connection.add_termination_listener(lambda _connection: self.lost.set())

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, received: Received) -> AsyncIterator[PostgresLine]:
        """Connect for as long as the block lasts."""
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            yield cls(connection, received)
        finally:
            # To close it in order one would have to wait for a server that may be gone.
            connection.terminate()

    async def listen(self, channel: str) -> None:
        await self._connection.add_listener(channel, self._notified)

    async def publish(self, channel: str, message: str) -> None:
        await self._connection.execute("SELECT pg_notify($1, $2)", channel, message)

    def _notified(self, _connection: object, _process: int, channel: str, message: str) -> None:
        self._received(channel, message)
