"""Connections that can't keep up: a stalled one is cut and may resume, a burst cuts nobody, others never notice."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import pytest

from models.actors import ActorKind
from models.database import utc_now
from models.fields import new_id
from models.log import Visibility
from models.recorded import RecordedEvent
from subscriptions.cursor import Position
from subscriptions.feed import Feed
from subscriptions.follower import PAGE, Subscriber
from subscriptions.items import FeedEvent, ResumeRequired, Scope
from subscriptions.recipient import QUEUE
from tests.subscriptions.connections import Connection, following
from tests.subscriptions.parts import RESOLVED, SOON, internal, record, take, take_seqs
from tests.world import World


async def trickle(world: World, diligent: Connection, count: int) -> None:
    """Events one by one, each handed to all before the next is written."""
    for _ in range(count):
        await diligent.has(await record(world.agent, internal()))


async def test_a_stalled_connection_is_cut_at_the_queues_end_and_resumes(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    first = await record(world.agent, internal())
    async with following(feed, world.agent, start) as stalled, following(feed, world.agent, start) as diligent:
        await stalled.has(first)
        await trickle(world, diligent, 1)
        await stalled.has(first + 1)
        stalled.is_open.clear()
        # One is on its way, the rest wait behind it.
        await trickle(world, diligent, 1 + QUEUE)
        on_its_way = first + 2
        await trickle(world, diligent, 1)
        assert stalled.seqs == [first, first + 1]

        stalled.is_open.set()

        with pytest.raises(ResumeRequired) as end:
            await asyncio.wait_for(stalled.ended, SOON)
    assert stalled.seqs == [first, first + 1, on_its_way]
    assert (end.value.code, end.value.position) == ("RESUME_REQUIRED", Position(1, world.id, on_its_way))

    async with following(feed, world.agent, end.value.position) as resumed:
        assert await resumed.has(diligent.seqs[-1]) == list(range(on_its_way + 1, diligent.seqs[-1] + 1))


async def test_a_connection_that_takes_again_in_time_has_missed_nothing(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    async with following(feed, world.agent, start) as slow, following(feed, world.agent, start) as diligent:
        await slow.has(await record(world.agent, internal()))
        for waiting in (1, QUEUE, 1 + QUEUE):
            slow.is_open.clear()
            await trickle(world, diligent, waiting)
            slow.is_open.set()
            assert await slow.has(diligent.seqs[-1]) == diligent.seqs
            await trickle(world, diligent, 1)


async def test_what_waits_for_a_stalled_connection_is_the_same_for_all_and_ends_with_it(
    feed: Feed, an_organization
) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    async with following(feed, world.agent, start) as diligent:
        async with following(feed, world.agent, start) as stalled:
            await stalled.has(await record(world.agent, internal()))
            stalled.is_open.clear()
            await trickle(world, diligent, 3)
        assert stalled.ended.cancelled()
        await trickle(world, diligent, 1)


async def test_a_connection_that_is_gone_ends_and_others_go_on(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    async with following(feed, world.agent, start) as leaving, following(feed, world.agent, start) as staying:
        await leaving.has(await record(world.agent, internal()))
        leaving.is_gone = True
        await trickle(world, staying, 2)
        with pytest.raises(ConnectionError, match="gone"):
            await asyncio.wait_for(leaving.ended, SOON)
    assert feed.organizations == frozenset()


@pytest.mark.parametrize("burst", [QUEUE, QUEUE + 1, 2 * PAGE + 1])
async def test_a_burst_longer_than_the_queue_cuts_nobody(feed: Feed, an_organization, burst: int) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    first = await record(world.agent, internal())
    async with (
        following(feed, world.agent, start) as quick,
        following(feed, world.agent, start) as slow,
        aclosing(feed.subscribe(Scope(world.agent), start)) as stream,
    ):
        await quick.has(first)
        await slow.has(first)
        await take(stream, 1)
        slow.is_open.clear()
        last = await record(world.agent, *(internal() for _ in range(burst)))
        expected = list(range(first, last + 1))
        assert await take_seqs(stream, burst) == expected[1:]
        assert await quick.has(last) == expected
        slow.is_open.set()
        assert await slow.has(last) == expected
        await trickle(world, quick, 1)


async def test_who_is_overtaken_lets_go_of_what_waited(an_organization) -> None:
    world = await an_organization()
    event = FeedEvent(Position(1, world.id, 1), an_event(world))
    subscriber = Subscriber(Scope(world.agent), event.position)
    subscriber.attached = True
    referred = sys.getrefcount(event)
    for _ in range(QUEUE):
        subscriber.offer([event])
    assert (subscriber.attached, sys.getrefcount(event)) == (True, referred + QUEUE)
    subscriber.offer([event])
    assert not subscriber.attached


def an_event(world: World) -> RecordedEvent:
    now = utc_now()
    return RecordedEvent(new_id(), world.id, 1, RESOLVED, None, ActorKind.AGENT, None, Visibility.STAFF, None, now, now)
