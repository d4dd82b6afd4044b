"""Finds clocks that run out: a timer within a second of the instant, and a cron that finds what the timer missed.

At the start it also sees to tickets that earlier releases have left without clocks.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from models.actors import Actor
from models.cron import Cron
from models.database import Database
from models.outages import OUTAGES
from resolvers.recalculation import left_behind
from resolvers.reckoning import reckon, reckon_due
from subscriptions.background import background
from tasks.resting import Resting

BATCH = 100
# How long others' doings may go unnoticed: another process may reckon a clock that is due before the one we wait for.
POLL = timedelta(milliseconds=500)

R = TypeVar("R")

_log = logging.getLogger(__name__)


class SlaTimer:
    """Has tickets reckoned as soon as something is due with them. Any number of timers may run: each finds its own.

    What is recorded does not depend on who finds it, or when: `reckon` goes by the instants of the clocks themselves.
    """

    def __init__(
        self, database: Database, clocks_moved: asyncio.Event, cron: Cron, *, batch: int = BATCH, poll: timedelta = POLL
    ) -> None:
        self._database = database
        self._clocks_moved = clocks_moved
        self._cron = cron
        self._batch = batch
        self._poll = poll
        self._resting = Resting("reckoned", database.now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after clocks for as long as the block lasts."""
        async with (
            background(self._watch(), "the timer of service levels"),
            background(self._by_cron(), "the cron of service levels"),
            background(self.catch_up(), "the reckoning of what earlier releases left"),
        ):
            yield

    async def _watch(self) -> None:
        while True:
            self._clocks_moved.clear()
            wait = self._poll
            try:
                wait = await self.turn()
            except OUTAGES as error:
                _log.warning("The timer of service levels could not look and will try again: %r", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self._clocks_moved.wait()

    async def turn(self) -> timedelta:
        """Reckon whatever is due; how long to wait until the next turn."""
        while True:
            resting = self._resting.ids()
            next_at = await self._database.fetchval(_NEXT, resting)
            left = self._poll if next_at is None else next_at - self._database.now()
            if left > timedelta():
                return min(left, self._poll)
            if not await self.look(resting):
                return self._poll

    async def _by_cron(self) -> None:
        while (at := self._cron.after(self._database.now())) is not None:
            left = (at - self._database.now()).total_seconds()
            # Asked anew every minute: the clock may be set meanwhile.
            await asyncio.sleep(min(left, 60))
            if left > 60:
                continue
            try:
                await self.sweep()
            except OUTAGES as error:
                _log.warning("The cron of service levels could not look: %r", error)

    async def sweep(self) -> int:
        """Reckon whatever is due, also tickets that could not be reckoned a moment ago; how many they were."""
        done = 0
        while found := await self.look():
            done += found
        return done

    async def look(self, without: Collection[UUID] = ()) -> int:
        """Reckon a batch of the tickets with which something is due, the longest due first; how many they were.

        Those that somebody else has in hand are passed over, and so is a ticket that can't be reckoned.
        """
        due: dict[UUID, list[UUID]] = defaultdict(list)
        for row in await self._database.fetch(_DUE, self._database.now(), [*without], self._batch):
            due[row["organization_id"]].append(row["id"])
        done = 0
        for organization_id, ticket_ids in due.items():
            done += await self._reckon(Actor.system(self._database, organization_id), ticket_ids)
        return done

    async def catch_up(self) -> None:
        """Reckon, once, the tickets that earlier releases have left without clocks where policies promise some.

        It takes half of one processor's time at most: nobody waits for it, since a ticket's own clocks are told from
        the log meanwhile.
        """
        for row in await self._patiently(lambda: self._database.fetch(_PROMISING)):
            actor, after = Actor.system(self._database, row["organization_id"]), None
            while ticket_ids := await self._patiently(partial(left_behind, actor, after)):
                begun, after = perf_counter(), ticket_ids[-1]
                await self._patiently(partial(self._reckon, actor, ticket_ids, reckon))
                self._clocks_moved.set()
                await asyncio.sleep(perf_counter() - begun)

    async def _patiently(self, work: Callable[[], Awaitable[R]]) -> R:
        while True:
            try:
                return await work()
            except OUTAGES as error:
                _log.warning("Tickets that earlier releases left can't be looked for just now: %r", error)
                await asyncio.sleep(self._poll.total_seconds())

    async def _reckon(
        self,
        actor: Actor,
        ticket_ids: list[UUID],
        how: Callable[[Actor, Iterable[UUID]], Awaitable[int]] = reckon_due,
    ) -> int:
        return await self._resting.spare(partial(how, actor), ticket_ids)


_PROMISING = "SELECT DISTINCT organization_id FROM support_sla_policy_version"
# One step into an index, also where 100,000 tickets wait.
_NEXT = "SELECT min(next_at) FROM support_ticket_sla WHERE id <> ALL($1::uuid[])"
# Locked for this statement only, to see that nobody else has them in hand.
_DUE = """
SELECT id, organization_id FROM support_ticket_sla WHERE next_at <= $1 AND id <> ALL($2::uuid[])
ORDER BY next_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
"""
