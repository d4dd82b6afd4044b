"""Connections as a feed sees them: they take what they are sent, or stall; and a way to show that needs no GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from models.actors import Actor
from subscriptions.cursor import Position
from subscriptions.feed import Feed
from subscriptions.items import FeedItem, Scope
from tests.subscriptions.parts import SOON


@dataclass
class Seqs:
    """Shows an item as its seq. `asked` are those that were worked out, `broken` those that can't be."""

    key: Hashable = "seqs"
    personal: bool = False
    asked: list[int] = field(default_factory=list)
    broken: int = 0

    def is_personal(self, item: FeedItem) -> bool:
        return self.personal

    async def __call__(self, item: FeedItem) -> bytes:
        self.asked.append(item.position.seq)
        if item.position.seq == self.broken:
            raise LookupError("this one can't be shown")
        return str(item.position.seq).encode()


class Connection:
    """What was sent, and whether it takes more."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.is_gone = False
        self._grown = asyncio.Event()
        self.ended: asyncio.Task[None]

    def write(self, result: bytes) -> bool:
        if self.is_gone or not self.is_open.is_set():
            return False
        self.seqs.append(int(result))
        self._grown.set()
        return True

    async def send(self, result: bytes) -> None:
        await self.is_open.wait()
        if not self.write(result):
            raise ConnectionError("gone")

    async def has(self, seq: int) -> list[int]:
        """Everything, once this has come."""
        async with asyncio.timeout(SOON):
            while seq not in self.seqs:
                self._grown.clear()
                await self._grown.wait()
        return self.seqs


@asynccontextmanager
async def following(feed: Feed, actor: Actor, after: Position, show: Seqs | None = None) -> AsyncIterator[Connection]:
    """A connection that follows a feed; `ended` is what sends to it."""
    connection = Connection()
    sending = feed.follow(Scope(actor), after, show or Seqs(), connection)
    connection.ended = asyncio.create_task(sending)
    try:
        yield connection
    finally:
        connection.ended.cancel()
        await asyncio.wait({connection.ended})
