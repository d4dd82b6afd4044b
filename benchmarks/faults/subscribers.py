"""Subscribers that come back by their cursor, whatever closed their socket, and keep what they were shown."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

FEED = "subscription($after: Cursor) { feed(after: $after) { cursor __typename ... on Event { id } } }"


@dataclass
class Subscriber:
    """Follows from `cursor` on. `who` is the membership."""

    organization_id: UUID
    who: UUID
    staff: bool
    url: str
    token: str
    cursor: str
    in_order: Callable[[], Awaitable[None]]
    shown: list[UUID] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    returns: int = -1
    closed: Counter[int | None] = field(default_factory=Counter)
    """How often its socket was closed with which code."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self) -> None:
        """For ever."""
        while True:
            await self.in_order()
            self.returns += 1
            try:
                await self._listen()
            except (OSError, WebSocketException, TimeoutError):
                continue

    async def until(self, count: int, within: float) -> bool:
        """Wait until so many were shown; whether it is in time."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: len(self.shown) >= count)
        except TimeoutError:
            return False
        return True

    async def _listen(self) -> None:
        async with connect(
            self.url.replace("http", "ws", 1) + "/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            max_size=None,
        ) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}}
            await socket.send(json.dumps(init))
            await socket.recv()
            payload = {"query": FEED, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            try:
                await self._take_all(socket)
            finally:
                self.closed[socket.close_code] += 1

    async def _take_all(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "ping":
                    await socket.send('{"type":"pong"}')
                case "next":
                    await self._take(message["payload"])
                case _:
                    # An error or the end of the subscription: from the cursor on, once more.
                    self._judge(message)
                    return

    async def _take(self, payload: Any) -> None:
        item = (payload.get("data") or {}).get("feed")
        if "errors" in payload or item is None or "id" not in item:
            self.odd.append(json.dumps(payload))
            return
        self.cursor = item["cursor"]
        self.shown.append(UUID(hex=item["id"].partition("_")[2]))
        async with self._news:
            self._news.notify_all()

    def _judge(self, message: Any) -> None:
        codes = {error["extensions"]["code"] for error in message.get("payload") or ()}
        if codes - {"UNAVAILABLE", "RESUME_REQUIRED"}:
            self.odd.append(json.dumps(message))
