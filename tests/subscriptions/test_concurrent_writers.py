"""Eight writers at once: readers get every event once and in dense order, where a sequence would lose some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from random import Random

from models.actors import Actor
from models.database import Database
from models.events import TicketClosed
from models.lifecycle import TicketStatus
from models.writer import organization_write
from subscriptions.cursor import Cursors
from subscriptions.feed import Feed
from subscriptions.items import FeedEvent, FeedItem, Scope
from tests.subscriptions.parts import RESOLVED, SOON, internal, record, take_until
from tests.world import World

WRITERS = 8
CURSORS = Cursors("a secret of this test")
# Everybody sees it, so that every reader knows the end.
THE_LAST = TicketClosed(previous=TicketStatus.RESOLVED)


async def test_live_and_resuming_readers_get_every_event_once_and_in_order(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start, customers_start = await feed.position(world.agent), await feed.position(world.customer)
    async with (
        asyncio.timeout(SOON),
        aclosing(feed.subscribe(Scope(world.agent), start)) as live,
        aclosing(feed.subscribe(Scope(world.customer), customers_start)) as customers,
    ):
        readers = [
            asyncio.create_task(read_to_the_last(live)),
            asyncio.create_task(resume_again_and_again(feed, world.agent, CURSORS.seal(start))),
            asyncio.create_task(read_to_the_last(customers)),
        ]
        await asyncio.gather(*(write_at_random(world, seed) for seed in range(WRITERS)))
        last = await record(world.customer, THE_LAST)
        dense = list(range(start.seq + 1, last + 1))
        assert await asyncio.gather(*readers) == [dense, dense, await rows_of_the_customer(world)]


async def write_at_random(world: World, seed: int) -> None:
    """Forty transactions of one to four events, half of them the customer's."""
    random = Random(seed)
    for _ in range(40):
        actor, fact = random.choice([(world.agent, internal()), (world.customer, RESOLVED)])
        await record(actor, *[fact] * random.randint(1, 4))


async def read_to_the_last(stream: AsyncIterator[FeedItem]) -> list[int]:
    """All seqs up to the last one's."""
    seqs = []
    async for item in stream:
        seqs.append(item.position.seq)
        if isinstance(item, FeedEvent) and item.event.fact == THE_LAST:
            break
    return seqs


async def resume_again_and_again(feed: Feed, actor: Actor, cursor: str) -> list[int]:
    """What a client gets that hangs up after every few events and comes back with its last cursor."""
    random, seqs = Random(7), []
    while True:
        async with aclosing(feed.subscribe(Scope(actor), CURSORS.open(cursor))) as stream:
            for _ in range(random.randint(1, 30)):
                item = await anext(stream)
                seqs.append(item.position.seq)
                cursor = CURSORS.seal(item.position)
                if isinstance(item, FeedEvent) and item.event.fact == THE_LAST:
                    return seqs


async def rows_of_the_customer(world: World) -> list[int]:
    """What the log holds for the customer."""
    sql = "SELECT seq FROM support_event WHERE organization_id = $1 AND person_id = $2 AND visibility = 'customer'"
    return [row["seq"] for row in await world.database.fetch(f"{sql} ORDER BY seq", world.id, world.customer.user_id)]


# One event in a transaction of its own: entering records it, leaving commits it.
Write = Callable[[], AbstractAsyncContextManager[None]]
# What a reader finds after what it found before.
Read = Callable[[], Awaitable[list[int]]]
ROUNDS, EVENTS = 20, 5


async def load_with_a_slow_writer(write: Write, read: Read) -> list[int]:
    """What a reader gets while seven writers commit and an eighth keeps its transaction open, and after that."""
    recorded, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with write():
            recorded.set()
            await go_on.wait()

    async def quick() -> None:
        for _ in range(EVENTS):
            async with write():
                pass

    seen: list[int] = []
    async with asyncio.timeout(SOON), asyncio.TaskGroup() as eighth:
        eighth.create_task(slow())
        await recorded.wait()
        for _ in range(ROUNDS):
            await asyncio.gather(*(quick() for _ in range(WRITERS - 1)))
            seen += await read()
        go_on.set()
    await quick()
    return seen + await read()


ALL = ROUNDS * EVENTS * (WRITERS - 1) + 1 + EVENTS


async def test_a_slow_writers_event_comes_late_and_is_not_lost(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)

    @asynccontextmanager
    async def write() -> AsyncIterator[None]:
        async with organization_write(world.agent) as open_write:
            open_write.record(internal())
            yield

    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:

        async def read() -> list[int]:
            return await take_until(stream, (await feed.position(world.agent)).seq)

        seen = await load_with_a_slow_writer(write, read)
    assert seen == list(range(start.seq + 1, start.seq + 1 + ALL))


async def test_the_control_a_sequence_and_greater_than_the_last_id_loses_it(database: Database) -> None:
    """The same load on the naive scheme: what it can't do is what the counter is for."""
    await database.execute("CREATE TABLE naive_event (id bigserial PRIMARY KEY)")
    last = 0

    @asynccontextmanager
    async def write() -> AsyncIterator[None]:
        async with database.connection() as connection, connection.transaction():
            await connection.execute("INSERT INTO naive_event DEFAULT VALUES")
            yield

    async def read() -> list[int]:
        nonlocal last
        rows = await database.fetch("SELECT id FROM naive_event WHERE id > $1 ORDER BY id", last)
        last = rows[-1]["id"]
        return [row["id"] for row in rows]

    try:
        seen = await load_with_a_slow_writer(write, read)
        stored = await database.fetchval("SELECT array_agg(id ORDER BY id) FROM naive_event")
    finally:
        await database.execute("DROP TABLE naive_event")
    assert stored == list(range(1, 1 + ALL))
    assert seen == stored[1:]
