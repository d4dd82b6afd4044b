"""The feed: an organization's log as one actor may see it, from any point of the last weeks on and then live."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self
from uuid import UUID

from models.actors import Actor
from models.database import Database, Snapshot
from models.outages import AWAY
from subscriptions.audience import Audience
from subscriptions.background import background, end
from subscriptions.channel import HintChannel
from subscriptions.cursor import Position
from subscriptions.follower import LogFollower, Subscriber
from subscriptions.items import (
    FeedEvent,
    FeedItem,
    ResumeRequired,
    ResyncReason,
    ResyncRequired,
    Scope,
    StandingChanged,
)
from subscriptions.recipient import Recipient, Show, Sink
from subscriptions.replay import Page, next_change, read_now, read_scope

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
        self._audiences: dict[Hashable, Audience] = {}
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

    async def follow(self, scope: Scope, after: Position | None, show: Show, sink: Sink) -> None:
        """Send every event after `after` (None: now) that the scope holds: once, in order, without end.

        A first connect and a return are the same. Raises ResumeRequired when the connection is too slow, and
        StandingChanged once the actor is no longer what they were.
        """
        start = await self._start(scope, after)
        recipient, page = Recipient(scope, start.position, show, sink), start.page
        try:
            if start.resync:
                await sink.send(await show(start.resync))
            while True:
                # What happens from here on waits, while what was read is sent.
                if page.complete and recipient.joined_at is None:
                    self._seat(recipient, page)
                for item in page.events:
                    await recipient.take(item.position, await show(item))
                recipient.reached = max(recipient.reached, page.reached)
                recipient.check()
                _expect_to_stand(page, recipient.position)
                if recipient.joined_at is not None and recipient.reached >= recipient.joined_at:
                    await recipient.live()
                page = await self._insistently(scope, recipient.position, recipient.reached, page.end)
        finally:
            recipient.leave()

    def _seat(self, recipient: Recipient, page: Page) -> None:
        """Have the recipient join those who are shown the same."""
        key = recipient.scope.shared, recipient.show.key
        audience = self._audiences.get(key)
        if audience is None:

            def retire(ended: Audience) -> None:
                if self._audiences.get(key) is ended:
                    del self._audiences[key]

            position = Position(page.epoch, recipient.scope.actor.organization_id, page.reached)
            audience = self._audiences[key] = Audience(recipient.scope, position, retire)
            rest = Page(page.epoch, page.end, page.reached)
            self._keep(audience.start(self._events(audience.subscriber, rest)))
        audience.join(recipient)

    async def subscribe(self, scope: Scope, after: Position | None = None) -> AsyncGenerator[FeedItem, None]:
        """What `follow` sends, for one consumer that takes it item by item and shares with nobody.

        Raises ResumeRequired when the log moved, and StandingChanged. To be closed (`aclosing`) by whoever stops early.
        """
        start = await self._start(scope, after)
        if start.resync:
            yield start.resync
        async with aclosing(self._events(Subscriber(start.scope, start.position), start.page)) as events:
            async for item in events:
                if scope.holds(item.event):
                    yield item

    async def _events(self, subscriber: Subscriber, page: Page) -> AsyncGenerator[FeedEvent, None]:
        """Everything that the subscriber asked for, from a page on: from the log until it has caught up, then live."""
        try:
            while True:
                # The queue fills from here on, while the consumer takes what was read.
                if page.complete and not subscriber.attached:
                    self._attach(subscriber, page)
                subscriber.overtaken = True
                for item in page.events:
                    subscriber.position = item.position
                    yield item
                subscriber.reached, subscriber.overtaken = page.reached, False
                _expect_to_stand(page, subscriber.position)
                while live := await subscriber.take():
                    yield live
                    if subscriber.scope.ends_with(live.event):
                        raise StandingChanged(live.position)
                page = await self._insistently(subscriber.scope, subscriber.position, subscriber.reached, page.end)
        finally:
            if subscriber.attached:
                self._followers[subscriber.scope.actor.organization_id].leave(subscriber)

    async def _start(self, scope: Scope, after: Position | None) -> _Start:
        reason: ResyncReason | None = None
        if after is not None:
            page = await read_scope(self._database, scope, after.seq, REPLAY_PAGE)
            reason = self._obstacle(scope, after, page)
            if not page.stands:
                raise StandingChanged(after)
            if not reason:
                return _Start(scope, after, page)
        now = await read_now(self._database, scope.actor)
        if not now.stands:
            raise StandingChanged(now.position)
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

    async def _insistently(self, scope: Scope, position: Position, reached: int, stood_at: int) -> Page:
        """The next page, once the database is there: whoever has begun waits an outage out.

        Who was what they are when the log ended at `stood_at`, and then became something else, is given what was up to
        there. Raises ResumeRequired, from the position, if it is a page of another log.
        """
        while True:
            try:
                page = await read_scope(self._database, scope, reached, REPLAY_PAGE)
                if not page.stands:
                    page = _up_to(page, reached, stood_at, await next_change(self._database, scope.actor, stood_at))
            except AWAY as error:
                logger.warning("A feed can't be read just now: %r", error)
                await asyncio.sleep(PAUSE)
            else:
                if page.epoch != position.epoch:
                    raise ResumeRequired(position)
                return page

    def _attach(self, subscriber: Subscriber, page: Page) -> None:
        organization_id = subscriber.scope.actor.organization_id
        follower = self._followers.get(organization_id)
        if follower is None:
            follower = LogFollower(self._database, organization_id, page.epoch, page.reached, self._retire)
            self._followers[organization_id] = follower
            self._keep(follower.task)
        follower.join(subscriber)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
                logger.warning("The event counters can't be read just now: %r", error)


def _up_to(page: Page, reached: int, stood_at: int, change: int | None) -> Page:
    """What of a page was before its reader became something else, by an event or else by losing their token."""
    if change is None:
        return Page(page.epoch, page.end, reached, stands=False)
    if change > page.reached:
        return replace(page, end=stood_at, stands=True)
    events = [item for item in page.events if item.position.seq <= change]
    return Page(page.epoch, page.end, change, events, stands=False)


def _expect_to_stand(page: Page, position: Position) -> None:
    if not page.stands:
        raise StandingChanged(replace(position, seq=page.reached))
