"""What one operation has at hand while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from strawberry.types import Info as StrawberryInfo

from graphql_api.loaders import Reads
from models.actors import Actor
from models.database import Snapshot
from models.settings import Settings
from subscriptions.cursor import Cursors, Position
from subscriptions.feed import Feed


@dataclass(frozen=True, slots=True)
class Services:
    """What all operations of a process share."""

    settings: Settings
    cursors: Cursors
    feed: Feed


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and where reads come from. One for each operation; one for each event of a subscription."""

    actor: Actor
    services: Services
    reads: Reads
    snapshot: Snapshot | None = None

    @classmethod
    def of(cls, actor: Actor, services: Services) -> Context:
        """A context whose reads take any connection of the pool."""
        return cls(actor, services, Reads(actor, actor.database.fetch))

    @classmethod
    @asynccontextmanager
    async def in_snapshot(cls, actor: Actor, services: Services) -> AsyncIterator[Context]:
        """A context whose reads all see one instant: what a feed cursor and the rows beside it must share."""
        async with Snapshot.of(actor.database) as snapshot:
            yield cls(actor, services, Reads(actor, snapshot.fetch), snapshot)

    async def feed_position(self) -> Position:
        """Where the actor's organization's log stands, in the snapshot if there is one."""
        return await self.services.feed.position(self.actor, self.snapshot)


Info = StrawberryInfo[Context, None]
