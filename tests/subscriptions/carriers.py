"""What carries a broadcast, and how its connections are cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from redis.asyncio import Redis

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
                "SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity"
                " WHERE query LIKE ANY($1) AND datname = current_database() AND pid <> pg_backend_pid()",
                _LAST,
            )
            await connection.close()

        return cls(url, cut)

    @classmethod
    def redis(cls, url: str) -> Carrier:
        """A Redis."""

        async def cut() -> None:
            async with Redis.from_url(url) as client:
                for kind in ("normal", "pubsub"):
                    await client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

        return cls(url, cut)
