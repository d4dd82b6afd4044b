"""The one reader of an organization's log in this process, and the short queues that it fills."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

from models.database import Database
from models.outages import AWAY
from subscriptions.background import report_failure
from subscriptions.cursor import Position
from subscriptions.items import FeedEvent, ResumeRequired, Scope
from subscriptions.replay import read_organization

logger = logging.getLogger(__name__)

QUEUE = 256
PAGE = 500


class Subscriber:
    """One consumer of a feed: what it asked for, how far it got, and at most QUEUE events that wait for it.

    While `attached`, a follower offers it everything after `joined_at`; the rest it reads from the log by itself. Up to
    `reached` it has all that it asked for, and `position` is the last of it. `overtaken` says that what it is given
    comes from the log.
    """

    def __init__(self, scope: Scope, position: Position) -> None:
        self.scope = scope
        self.position = position
        self.reached = position.seq
        self.attached = False
        self.overtaken = True
        self.joined_at = 0
        self._queue: deque[FeedEvent] = deque()
        self._news = asyncio.Event()
        self._cut = False
        self._error: Exception | None = None

    def offer(self, events: Sequence[FeedEvent]) -> None:
        """Queue what the consumer has to know; without room for it, detach."""
        wanted = [item for item in events if self.scope.minds(item.event)]
        if not wanted:
            return
        if len(self._queue) + len(wanted) <= QUEUE:
            self._queue.extend(wanted)
            self._news.set()
        else:
            # Overtaken, by a burst (an import, an outage that is over) or because showing takes long: the consumer
            # goes on from the log at its own pace.
            self.detach()

    def detach(self) -> None:
        """Be offered nothing from here on; what waits is still to be taken."""
        self.attached = False
        self._news.set()

    def cut(self) -> None:
        """End the consumer's feed with ResumeRequired and free what waited for it."""
        self._cut = True
        self._queue.clear()
        self.detach()

    def fail(self, error: Exception) -> None:
        """End the consumer's feed with an error that is ours."""
        self._error = error
        self.detach()

    async def take(self) -> FeedEvent | None:
        """The next event, as soon as there is one; None when the consumer is to go on from the log."""
        while True:
            if self._error:
                raise self._error
            if self._cut:
                raise ResumeRequired(self.position)
            if self.reached < self.joined_at:
                return None
            if self._queue:
                item = self._queue.popleft()
                if item.position.seq > self.reached:
                    self.reached, self.position = item.position.seq, item.position
                    return item
            elif self.attached:
                self._news.clear()
                await self._news.wait()
            else:
                return None


class LogFollower:
    """Reads an organization's log once for all its subscribers, until the last one has left."""

    def __init__(
        self,
        database: Database,
        organization_id: UUID,
        epoch: int,
        seq: int,
        retire: Callable[[LogFollower], None],
    ) -> None:
        self.organization_id = organization_id
        self.epoch = epoch
        self.seq = seq
        self._database = database
        self._retire = retire
        self._subscribers: set[Subscriber] = set()
        self._news = asyncio.Event()
        # Hints that came before there was somebody to wake are made good by a first look.
        self._news.set()
        self.task = asyncio.create_task(self._follow(), name=f"following the log of {organization_id}")
        self.task.add_done_callback(self._ended)

    def join(self, subscriber: Subscriber) -> None:
        """Offer the subscriber everything after `seq`."""
        subscriber.attached, subscriber.joined_at = True, self.seq
        self._subscribers.add(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """Offer the subscriber nothing more; the last one to leave ends the follower."""
        subscriber.attached = False
        self._subscribers.discard(subscriber)
        if not self._subscribers:
            self._retire(self)
            self.wake()

    def wake(self) -> None:
        """Have a look at the log, now or as soon as the present look is done."""
        self._news.set()

    async def _follow(self) -> None:
        while self._subscribers:
            await self._news.wait()
            self._news.clear()
            try:
                await self._read_on()
            except AWAY as error:
                logger.warning("The log of %s can't be read just now: %r", self.organization_id, error)

    async def _read_on(self) -> None:
        complete = False
        while self._subscribers and not complete:
            page = await read_organization(self._database, self.organization_id, self.seq, PAGE)
            if page.epoch != self.epoch or page.end < self.seq:
                # The log was restored or rewritten; on their return the subscribers hear that they have to resync.
                return self._dismiss(Subscriber.cut)
            complete, self.seq = page.complete, page.reached
            for subscriber in tuple(self._subscribers):
                subscriber.offer(page.events)
                if not subscriber.attached:
                    self.leave(subscriber)
        return None

    def _dismiss(self, end: Callable[[Subscriber], None]) -> None:
        for subscriber in tuple(self._subscribers):
            end(subscriber)
            self.leave(subscriber)

    def _ended(self, task: asyncio.Task[None]) -> None:
        report_failure(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._dismiss(lambda subscriber: subscriber.fail(error))
        else:
            self._dismiss(Subscriber.cut)
