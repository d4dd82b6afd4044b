"""Hints that never arrive, and a database that is away for a while: late at most, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import timedelta

import pytest
from broadcaster import Broadcast, BroadcastBackend, Event

from models.database import Database, Row
from subscriptions.channel import HintChannel
from subscriptions.feed import Feed
from subscriptions.items import Scope
from tests.subscriptions.parts import NEVER, SOON, internal, record, take, take_seqs


class Swallowing(BroadcastBackend):
    """A backend that takes every message and delivers none."""

    def __init__(self) -> None:
        self.swallowed = asyncio.Event()

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def subscribe(self, group: str) -> None: ...

    async def unsubscribe(self, group: str) -> None: ...

    async def publish(self, channel: str, message: str) -> None:
        self.swallowed.set()

    async def next_published(self) -> Event:
        await asyncio.Future()
        raise AssertionError


class Watched(Database):
    """A database that remembers its statements, and can be out of reach."""

    away = False

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.statements: list[str] = []
        self.refused = asyncio.Event()

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        self.statements.append(sql)
        if self.away:
            self.refused.set()
            raise ConnectionResetError("the server went away")
        return await super().fetch(sql, *values)


@pytest.fixture
def deaf() -> Swallowing:
    return Swallowing()


@pytest.fixture
async def watched(database_url: str) -> AsyncIterator[Watched]:
    async with Watched.connect(database_url) as database:
        yield database


async def test_a_swallowed_hint_costs_at_most_the_poll(watched: Watched, deaf: Swallowing, an_organization) -> None:
    world = await an_organization()
    agent = replace(world.agent, database=watched)
    async with (
        Broadcast(backend=deaf) as broadcast,
        HintChannel.over(broadcast) as others,
        HintChannel.over(broadcast) as hints,
        Feed.open(watched, hints, poll=timedelta(milliseconds=50)) as feed,
        aclosing(feed.subscribe(Scope(agent), await feed.position(agent))) as stream,
    ):
        watched.on_commit(others.send)
        for _ in range(3):
            seq = await record(agent, internal())
            assert await take_seqs(stream, 1) == [seq]
        await deaf.swallowed.wait()


async def test_one_statement_asks_for_all_organizations(watched: Watched, deaf: Swallowing, an_organization) -> None:
    worlds = [await an_organization() for _ in range(5)]
    async with AsyncExitStack() as stack:
        broadcast = await stack.enter_async_context(Broadcast(backend=deaf))
        hints = await stack.enter_async_context(HintChannel.over(broadcast))
        feed = await stack.enter_async_context(Feed.open(watched, hints, poll=NEVER))
        await feed.check_counters()
        assert watched.statements == []

        starts = [await feed.position(world.agent) for world in worlds]
        streams = [
            await stack.enter_async_context(aclosing(feed.subscribe(Scope(world.agent), start)))
            for world, start in zip(worlds, starts, strict=True)
        ]
        for world, stream in zip(worlds, streams, strict=True):
            await record(world.agent, internal())
            await take(stream, 1)
        seqs = [await record(world.agent, internal()) for world in worlds]
        watched.statements.clear()
        await feed.check_counters()
        assert len([sql for sql in watched.statements if "= ANY" in sql]) == len(watched.statements) == 1
        assert [await take_seqs(stream, 1) for stream in streams] == [[seq] for seq in seqs]


async def test_a_database_that_was_away_costs_time_only(
    watched: Watched, hints: HintChannel, an_organization, caplog
) -> None:
    world = await an_organization()
    async with (
        Feed.open(watched, hints, poll=NEVER) as feed,
        aclosing(feed.subscribe(Scope(world.agent), await feed.position(world.agent))) as stream,
    ):
        first = await record(world.agent, internal())
        assert await take_seqs(stream, 1) == [first]
        watched.away = True
        second = await record(world.agent, internal())
        async with asyncio.timeout(SOON):
            await watched.refused.wait()
        watched.away = False
        await feed.check_counters()
        assert await take_seqs(stream, 1) == [second]
    assert [log.message for log in caplog.records] == [
        f"The log of {world.id} can't be read just now: ConnectionResetError('the server went away')"
    ]


async def test_the_poll_outlives_a_database_that_is_away(watched: Watched, deaf: Swallowing, an_organization) -> None:
    world = await an_organization()
    async with (
        Broadcast(backend=deaf) as broadcast,
        HintChannel.over(broadcast) as hints,
        Feed.open(watched, hints, poll=timedelta(milliseconds=10)) as feed,
        aclosing(feed.subscribe(Scope(world.agent), await feed.position(world.agent))) as stream,
    ):
        first = await record(world.agent, internal())
        assert await take_seqs(stream, 1) == [first]
        watched.away = True
        async with asyncio.timeout(SOON):
            await watched.refused.wait()
        second = await record(world.agent, internal())
        watched.away = False
        assert await take_seqs(stream, 1) == [second]
