"""What one operation has at hand while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from strawberry.types import Info as StrawberryInfo

from graphql_api.reading.loaders import Reads
from graphql_api.requests import NOWHERE, Sender
from models.actors import Actor
from models.database import Database, Snapshot
from models.links import Links
from models.settings import Settings
from rag.knowledge import KnowledgeBase
from resolvers.last_uses import LastUses
from resolvers.passwords import Passwords
from resolvers.retries import RequestKey
from subscriptions.cursor import Cursors, Position
from subscriptions.drafts import Drafts
from subscriptions.feed import Feed
from subscriptions.presence import Presences


@dataclass(frozen=True, slots=True)
class Services:
    """What all operations of a process share."""

    settings: Settings
    database: Database
    cursors: Cursors
    links: Links
    feed: Feed
    knowledge: KnowledgeBase
    passwords: Passwords = field(default_factory=Passwords)
    last_uses: LastUses = field(default_factory=LastUses)
    presences: Presences = field(default_factory=Presences)
    drafts: Drafts = field(default_factory=Drafts)


@dataclass(slots=True)
class Context:
    """Who asks, and where reads come from. One for each operation; one for each event of a subscription.

    `headers` are sent with the answer, over HTTP only. `plan` says whether it was run by a plan, or why not. `key` is
    what makes a mutation safe to be sent again. At the `deadline`, an instant of the event loop's clock, a mutation
    that has not begun to commit is given up.
    """

    services: Services
    caller: Actor | None = None
    known_reads: Reads | None = None
    snapshot: Snapshot | None = None
    key: RequestKey | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    deadline: float | None = None
    sender: Sender = NOWHERE
    plan: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, actor: Actor | None, services: Services) -> Context:
        """A context whose reads take any connection of the pool."""
        context = cls(services)
        if actor:
            context.become(actor)
        return context

    @property
    def actor(self) -> Actor:
        """Who asks. Nobody gets past `Engine.prepare` to an operation that wants to know, unless signed in."""
        if self.caller is None:
            raise LookupError("an operation that is open to all asked who its caller is")
        return self.caller

    @property
    def reads(self) -> Reads:
        """All that the actor reads."""
        if self.known_reads is None:
            raise LookupError("nobody reads anything")
        return self.known_reads

    def add_header(self, name: str, value: str) -> None:
        """Send a header with the answer, instead of what an earlier field wanted to send under the name."""
        self.headers[:] = [*(header for header in self.headers if header[0] != name), (name, value)]

    def become(self, actor: Actor) -> None:
        """Go on as somebody who has just signed in."""
        self.caller, self.known_reads = actor, Reads(actor, actor.database.fetch)

    @classmethod
    @asynccontextmanager
    async def in_snapshot(cls, actor: Actor, services: Services) -> AsyncIterator[Context]:
        """A context whose reads all see one instant: what a feed cursor and the rows beside it must share."""
        async with Snapshot.of(actor.database) as snapshot:
            yield cls(services, actor, Reads(actor, snapshot.fetch), snapshot)

    async def feed_position(self) -> Position:
        """Where the actor's organization's log stands, in the snapshot if there is one."""
        return await self.services.feed.position(self.actor, self.snapshot)


Info = StrawberryInfo[Context, None]
