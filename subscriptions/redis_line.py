"""The broadcast over Redis: publish and subscribe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from subscriptions.background import end
from subscriptions.reconnecting import Received

CONNECT_SECONDS = 3.0
ERRORS = (OSError, RedisError)


class RedisLine:
    """Two connections: one on which Redis only talks, one on which it is talked to."""

    def __init__(self, client: Any, channels: Any, received: Received) -> None:
        self.lost = asyncio.Event()
        self._client = client
        self._channels = channels
        self._received = received
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, received: Received) -> AsyncIterator[RedisLine]:
        """Connect for as long as the block lasts."""
        # The backend replaces what is lost; the client's own retries would only keep it from hearing of that.
        client: Any = Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=CONNECT_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        line = cls(client, client.pubsub(ignore_subscribe_messages=True), received)
        try:
            yield line
        finally:
            await line._close()

    async def listen(self, channel: str) -> None:
        await self._channels.subscribe(channel)
        # There is nothing to read from before the first of them.
        self._reading = self._reading or asyncio.create_task(self._read(), name="hearing Redis")

    async def publish(self, channel: str, message: str) -> None:
        await self._client.publish(channel, message)

    async def _close(self) -> None:
        if self._reading:
            await end(self._reading)
        # What closing a lost connection raises must not take the place of what it is closed for.
        for each in (self._channels, self._client):
            with suppress(*ERRORS):
                await each.aclose()

    async def _read(self) -> None:
        try:
            while True:
                if message := await self._channels.get_message(timeout=None):
                    self._received(message["channel"], message["data"])
        except ERRORS:
            self.lost.set()
