"""The broadcast: how the processes of a deployment reach each other, one connection of it a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from broadcaster import Broadcast

from subscriptions import postgres_line, redis_line
from subscriptions.postgres_line import PostgresLine
from subscriptions.reconnecting import ReconnectingBackend
from subscriptions.redis_line import RedisLine

IN_PROCESS = "memory://"


class DeploymentBroadcast(Broadcast):
    """What it carries may be lost, and nobody waits for what can't be sent."""

    def __init__(self, url: str) -> None:
        self._reconnecting = _backend(url)
        super().__init__(url, backend=self._reconnecting)

    @property
    def away(self) -> bool:
        """Whether others can't be reached at the moment."""
        return self._reconnecting is not None and self._reconnecting.away


@asynccontextmanager
async def broadcasting(url: str) -> AsyncIterator[DeploymentBroadcast]:
    """The process's one broadcast, that at `HELPDESK_BROADCAST_URL`; connected while the block lasts.

    Each channel name has one subscriber a process, for the life of the process, who takes what comes without waiting.
    """
    broadcast = DeploymentBroadcast(url)
    async with broadcast:
        yield broadcast


def _backend(url: str) -> ReconnectingBackend | None:
    """What reaches other processes; None where there are none."""
    match urlsplit(url).scheme:
        case "postgres" | "postgresql":
            return ReconnectingBackend(partial(PostgresLine.open, url), postgres_line.ERRORS)
        case "redis" | "rediss":
            return ReconnectingBackend(partial(RedisLine.open, url), redis_line.ERRORS)
        case _:
            return None
