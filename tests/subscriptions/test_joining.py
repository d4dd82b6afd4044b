"""The moment in which a subscriber goes over from reading the log to being told: nothing slips through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from models.database import Database, Row
from subscriptions.channel import HintChannel
from subscriptions.feed import REPLAY_PAGE, Feed
from subscriptions.items import ResumeRequired, Scope
from tests.subscriptions.parts import NEVER, SOON, internal, record, take, take_seqs


class Dawdling(Database):
    """A database that can keep a subscriber waiting for the page that it reads for itself."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._gate: asyncio.Event | None = None
        self._holding = asyncio.Event()

    def hold_next(self) -> asyncio.Event:
        """Hold the next page until the event that is returned is set."""
        self._gate = asyncio.Event()
        self._holding.clear()
        return self._gate

    async def holding(self) -> None:
        """Wait until the page has been read and is held."""
        async with asyncio.timeout(SOON):
            await self._holding.wait()

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        rows = await super().fetch(sql, *values)
        # The organization's reader asks for all visibilities.
        if self._gate and "t.visibility = ANY" in sql:
            gate, self._gate = self._gate, None
            self._holding.set()
            await gate.wait()
        return rows


@pytest.fixture
async def dawdling(database_url: str) -> AsyncIterator[Dawdling]:
    async with Dawdling.connect(database_url) as database:
        yield database


@pytest.fixture
async def feed(dawdling: Dawdling, hints: HintChannel) -> AsyncIterator[Feed]:
    async with Feed.open(dawdling, hints, poll=NEVER) as opened:
        yield opened


async def test_what_the_reader_reads_while_another_subscriber_arrives(
    feed: Feed, dawdling: Dawdling, an_organization
) -> None:
    """Too late for the newcomer's page, too early for the newcomer's queue."""
    world = await an_organization()
    start = await feed.position(world.agent)
    first = await record(world.agent, internal())
    async with (
        aclosing(feed.subscribe(Scope(world.agent), start)) as present,
        aclosing(feed.subscribe(Scope(world.agent), start)) as newcomer,
    ):
        assert await take_seqs(present, 1) == [first]
        go_on = dawdling.hold_next()
        arriving = asyncio.create_task(take_seqs(newcomer, 2))
        await dawdling.holding()
        second = await record(world.agent, internal())
        assert await take_seqs(present, 1) == [second]
        go_on.set()
        assert await arriving == [first, second]


async def test_a_hint_that_comes_before_there_is_a_reader(
    feed: Feed, dawdling: Dawdling, hints, an_organization
) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    arrived = asyncio.Event()
    go_on = dawdling.hold_next()
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        arriving = asyncio.create_task(take_seqs(stream, 1))
        await dawdling.holding()
        with hints.listening(lambda organization_id, _: arrived.set() if organization_id == world.id else None):
            seq = await record(world.agent, internal())
            async with asyncio.timeout(SOON):
                await arrived.wait()
        go_on.set()
        assert await arriving == [seq]


async def test_a_log_rewritten_during_a_replay(feed: Feed, database: Database, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, *(internal() for _ in range(2 * REPLAY_PAGE)))
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        items = await take(stream, REPLAY_PAGE)
        await database.execute(
            "UPDATE support_event_counter SET epoch = epoch + 1 WHERE organization_id = $1", world.id
        )
        with pytest.raises(ResumeRequired) as end:
            await take(stream, 1)
    assert end.value.position == items[-1].position
