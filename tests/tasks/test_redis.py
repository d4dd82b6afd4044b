"""Reactions carried by Redis Streams: whatever becomes of Redis, each is done, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from benchmarks.faults.redis_server import RedisServer, a_redis
from models.database import Database
from models.events import ArticleChanged
from models.fields import new_id
from models.log import Lane, ReactionStatus
from models.recorded import RecordedEvent
from models.settings import Settings
from tasks.context import TaskContext
from tasks.leases import Terms
from tasks.reactions import Reactions, ReactionSpec
from tasks.redis_broker import LONGEST
from tasks.relay import Relay
from tasks.worker import run_tasks
from tests.tasks.parts import a_log, context_of, reactions_of, record

# Short enough for a test that a message is lost in, and long enough for a slow machine.
TERMS = Terms(lease=timedelta(seconds=4))


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    """A Redis of the test's own."""
    async with a_redis() as server:
        yield server


@dataclass
class Counted:
    """A reaction that counts its runs in an organization and says when there were as many as wanted."""

    organization_id: UUID
    wanted: int
    name: str = field(default_factory=lambda: f"counted {new_id()}")
    seen: list[UUID] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _context: TaskContext, event: RecordedEvent) -> None:
        self.seen.append(event.id)
        if len(self.seen) >= self.wanted:
            self.reached.set()

    @property
    def table(self) -> Reactions:
        """A table in which the organization's ArticleChanged is followed by this reaction alone."""
        return {ArticleChanged: (ReactionSpec(self.name, self, self._is_ours),)}

    # Relays plan for all organizations, and other tests have theirs.
    def _is_ours(self, event: RecordedEvent) -> bool:
        return event.organization_id == self.organization_id


@asynccontextmanager
async def workers(database: Database, url: str, table: Reactions, count: int = 2) -> AsyncIterator[list[Relay]]:
    """So many workers over the Redis at this address."""
    context = context_of(database, settings=replace(Settings(), tasks_url=url))
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(run_tasks(context, reactions=table, terms=TERMS, capacity=4))
            for _ in range(count)
        ]


async def all_once(counted: Counted, recorded: list[UUID]) -> None:
    """Wait until every event has been followed; none was twice."""
    await asyncio.wait_for(counted.reached.wait(), timeout=30)
    assert sorted(counted.seen) == sorted(recorded)


async def test_two_workers_share_what_is_due_and_do_each_once(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=60)
    recorded = await record(log, 60)

    async with workers(database, redis.url, counted.table):
        await all_once(counted, recorded)

    assert {(row.status, row.attempts) for row in await reactions_of(log)} == {(ReactionStatus.DONE, 1)}
    async with Redis.from_url(redis.url) as client:
        (group,) = await client.xinfo_groups(f"helpdesk:reactions:{Lane.NORMAL}")
        assert (group["lag"], group["pending"]) == (0, 0)


async def test_without_redis_reactions_run_where_they_are_claimed(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=20)
    recorded = await record(log, 20)
    await redis.kill()

    async with workers(database, redis.url, counted.table):
        await all_once(counted, recorded)


async def test_a_redis_that_is_killed_and_comes_back_costs_nothing(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=60)

    async with workers(database, redis.url, counted.table) as relays:
        recorded = await record(log, 20)
        for relay in relays:
            relay.wake(log.organization_id)
        await redis.kill()
        recorded += await record(log, 20)
        await redis.start()
        recorded += await record(log, 20)
        await asyncio.wait_for(counted.reached.wait(), timeout=30)

    # A message that was lost on its way comes back when its lease is over; done twice is none.
    assert sorted(counted.seen) == sorted(recorded)


async def test_what_is_flushed_on_its_way_comes_back(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=30)

    async with workers(database, redis.url, counted.table), Redis.from_url(redis.url) as client:
        recorded = []
        for _ in range(10):
            recorded += await record(log, 3)
            await client.flushall()
        await all_once(counted, recorded)


async def test_a_message_that_nobody_takes_comes_back_and_costs_no_life(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=1)
    await record(log)

    async with Redis.from_url(redis.url) as client:
        # Another reader of the group takes the message with it.
        stream = f"helpdesk:reactions:{Lane.NORMAL}"
        await client.xgroup_create(stream, "workers", id="0", mkstream=True)
        greedy = asyncio.create_task(
            client.xreadgroup("workers", "greedy", {stream: ">"}, count=1, block=0, noack=True)
        )
        async with asyncio.timeout(30):
            while not (await client.info("clients"))["blocked_clients"]:
                continue
        async with workers(database, redis.url, counted.table, count=1):
            await asyncio.wait_for(counted.reached.wait(), timeout=30)
        greedy.cancel()

    (row,) = await reactions_of(log)
    assert (row.status, row.attempts, row.excused) == (ReactionStatus.DONE, 2, 1)


async def test_what_is_no_message_of_ours_is_passed_over(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=3)
    async with Redis.from_url(redis.url) as client:
        for fields in ({"data": "what"}, {"data": "{}"}, {"other": "1"}):
            await client.xadd(f"helpdesk:reactions:{Lane.NORMAL}", fields)
    recorded = await record(log, 3)

    async with workers(database, redis.url, counted.table, count=1):
        await all_once(counted, recorded)


async def test_the_streams_stay_short(database: Database, redis: RedisServer) -> None:
    log = await a_log(database)
    counted = Counted(log.organization_id, wanted=1)
    stream = f"helpdesk:reactions:{Lane.NORMAL}"
    async with Redis.from_url(redis.url) as client:
        pipeline = client.pipeline()
        for _ in range(2 * LONGEST):
            pipeline.xadd(stream, {"data": "old"})
        await pipeline.execute()
        await client.xgroup_create(stream, "workers", id="$")
        await record(log)

        async with workers(database, redis.url, counted.table, count=1):
            await asyncio.wait_for(counted.reached.wait(), timeout=30)

        # Trimmed by whole nodes of 100 entries.
        assert await client.xlen(stream) < LONGEST + 200
