"""The feed: an organization's log as one actor may see it, from any point of the last weeks on and then live."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from models.actors import Actor
from models.database import Database, Snapshot
from models.fact import Fact
from subscriptions.background import background, end
from subscriptions.channel import HintChannel
from subscriptions.cursor import Position
from subscriptions.follower import AWAY, LogFollower, Subscriber
from subscriptions.items import FeedItem, ResumeRequired, ResyncReason, ResyncRequired, Scope
from subscriptions.replay import Page, read_now, read_scope

logger = logging.getLogger(__name__)

REPLAY_WINDOW = timedelta(days=30)
POLL = timedelta(seconds=1)
# Seconds until a log that could not be read is read again.
PAUSE = 0.5
# Each subscriber that replays holds a page of its own; a thousand that return at once hold a thousand.
REPLAY_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a subscriber's feed begins: the position that it has, and the first page after it."""

    scope: Scope
    position: Position
    page: Page
    resync: ResyncRequired | None = None


class Feed:
    """All feeds of one process. Whoever follows an organization's log shares one reader of it."""

    def __init__(self, database: Database, window: timedelta) -> None:
        self._database = database
        self._window = window
        self._followers: dict[UUID, LogFollower] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Database, hints: HintChannel, *, window: timedelta = REPLAY_WINDOW, poll: timedelta = POLL
    ) -> AsyncIterator[Self]:
        """Serve feeds while the block lasts; those that are open at its end are ended with ResumeRequired."""
        feed = cls(database, window)
        with hints.listening(feed._hinted):
            async with background(feed._watch(poll), "polling event counters"):
                try:
                    yield feed
                finally:
                    await end(*feed._tasks)

    @property
    def organizations(self) -> frozenset[UUID]:
        """The organizations whose logs are being followed."""
        return frozenset(self._followers)

    async def position(self, actor: Actor, snapshot: Snapshot | None = None) -> Position:
        """Now, for this actor; in a query's snapshot, the point up to which the query knows."""
        return (await read_now(snapshot or self._database, actor)).position

    async def subscribe(
        self,
        actor: Actor,
        after: Position | None = None,
        ticket_id: UUID | None = None,
        facts: frozenset[type[Fact]] | None = None,
    ) -> AsyncGenerator[FeedItem, None]:
        """Every event after `after` (None: now) that the actor may see and asked for: once, in order, without end.

        A first connect and a return are the same. Raises ResumeRequired when the consumer is too slow. To be closed
        (`aclosing`) by whoever stops early.
        """
        start = await self._start(Scope(actor, ticket_id, facts), after)
        subscriber, page = Subscriber(start.scope, start.position), start.page
        if start.resync:
            yield start.resync
        try:
            while True:
                # The queue fills from here on, while the consumer takes what was read.
                if page.complete and not subscriber.attached:
                    self._attach(subscriber, page)
                for item in page.events:
                    subscriber.position = item.position
                    yield item
                subscriber.reached = page.reached
                while live := await subscriber.take():
                    yield live
                page = await self._insistently(subscriber)
        finally:
            if subscriber.attached:
                self._followers[actor.organization_id].leave(subscriber)

    async def _start(self, scope: Scope, after: Position | None) -> _Start:
        reason: ResyncReason | None = None
        if after is not None:
            page = await read_scope(self._database, scope, after.seq, REPLAY_PAGE)
            reason = self._obstacle(scope, after, page)
            if not reason:
                return _Start(scope, after, page)
        now = await read_now(self._database, scope.actor)
        resync = ResyncRequired(now.position, reason) if reason else None
        return _Start(scope, now.position, Page(now.position.epoch, now.end, now.end), resync)

    def _obstacle(self, scope: Scope, after: Position, page: Page) -> ResyncReason | None:
        """Why the feed can't go on after a position, given the first page of what would follow.

        A position as such doesn't age: it is too old when an event that it still has to bring is.
        """
        if after.organization_id != scope.actor.organization_id:
            return ResyncReason.OTHER_ORGANIZATION
        if after.epoch != page.epoch:
            return ResyncReason.OTHER_EPOCH
        if after.seq > page.end:
            return ResyncReason.AHEAD
        if page.events and page.events[0].event.recorded_at < self._database.now() - self._window:
            return ResyncReason.TOO_OLD
        return None

    async def _insistently(self, subscriber: Subscriber) -> Page:
        """The next page, once the database is there: whoever has begun waits an outage out."""
        while True:
            try:
                return await self._next_page(subscriber)
            except AWAY as error:
                logger.warning("A feed can't be read just now: %s", error)
            await asyncio.sleep(PAUSE)

    async def _next_page(self, subscriber: Subscriber) -> Page:
        page = await read_scope(self._database, subscriber.scope, subscriber.reached, REPLAY_PAGE)
        if page.epoch != subscriber.position.epoch:
            raise ResumeRequired(subscriber.position)
        return page

    def _attach(self, subscriber: Subscriber, page: Page) -> None:
        organization_id = subscriber.scope.actor.organization_id
        follower = self._followers.get(organization_id)
        if follower is None:
            follower = LogFollower(self._database, organization_id, page.epoch, page.reached, self._retire)
            self._followers[organization_id] = follower
            self._tasks.add(follower.task)
            follower.task.add_done_callback(self._tasks.discard)
        follower.join(subscriber)

    def _retire(self, follower: LogFollower) -> None:
        if self._followers.get(follower.organization_id) is follower:
            del self._followers[follower.organization_id]

    def _hinted(self, organization_id: UUID, seq: int) -> None:
        follower = self._followers.get(organization_id)
        if follower and seq > follower.seq:
            follower.wake()

    async def check_counters(self) -> None:
        """Wake the followers whose log has moved without a hint."""
        if not self._followers:
            return
        rows = await self._database.fetch(
            "SELECT organization_id, epoch, seq FROM support_event_counter WHERE organization_id = ANY($1::uuid[])",
            list(self._followers),
        )
        for row in rows:
            follower = self._followers.get(row["organization_id"])
            if follower and (row["epoch"], row["seq"]) != (follower.epoch, follower.seq):
                follower.wake()

    async def _watch(self, poll: timedelta) -> None:
        while True:
            await asyncio.sleep(poll.total_seconds())
            try:
                await self.check_counters()
            except AWAY as error:
                logger.warning("The event counters can't be read just now: %s", error)
