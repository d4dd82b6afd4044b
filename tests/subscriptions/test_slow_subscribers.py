"""Consumers that can't keep up: a stalled one is cut and may resume, a burst cuts nobody, others never notice."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from models.actors import ActorKind
from models.database import utc_now
from models.fields import new_id
from models.log import Visibility
from models.recorded import RecordedEvent
from subscriptions.cursor import Position
from subscriptions.feed import Feed
from subscriptions.follower import PAGE, QUEUE, Subscriber
from subscriptions.items import FeedEvent, FeedItem, ResumeRequired, Scope
from tests.subscriptions.parts import RESOLVED, internal, record, take, take_seqs
from tests.world import World


async def test_a_stalled_subscriber_is_cut_at_the_queues_end_and_resumes(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    async with (
        aclosing(feed.subscribe(Scope(world.agent), start)) as stalled,
        aclosing(feed.subscribe(Scope(world.agent), start)) as diligent,
    ):
        [first] = await take(stalled, 1)
        await take(diligent, 1)
        await trickle(world, diligent, QUEUE)
        await trickle(world, diligent, 1)
        with pytest.raises(ResumeRequired) as end:
            await take(stalled, 1)
    assert (end.value.code, end.value.position) == ("RESUME_REQUIRED", first.position)

    async with aclosing(feed.subscribe(Scope(world.agent), end.value.position)) as resumed:
        expected = list(range(first.position.seq + 1, first.position.seq + QUEUE + 2))
        assert await take_seqs(resumed, QUEUE + 1) == expected


async def test_a_subscriber_that_returns_in_time_has_missed_nothing(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    async with (
        aclosing(feed.subscribe(Scope(world.agent), start)) as slow,
        aclosing(feed.subscribe(Scope(world.agent), start)) as diligent,
    ):
        await take(slow, 1)
        await take(diligent, 1)
        await trickle(world, diligent, QUEUE)
        expected = list(range(start.seq + 2, start.seq + QUEUE + 2))
        assert await take_seqs(slow, QUEUE) == expected


async def trickle(world: World, diligent: AsyncIterator[FeedItem], count: int) -> None:
    """Events one by one, each offered to all before the next is written."""
    for _ in range(count):
        seq = await record(world.agent, internal())
        assert await take_seqs(diligent, 1) == [seq]


@pytest.mark.parametrize("burst", [QUEUE, QUEUE + 1, 2 * PAGE + 1])
async def test_a_burst_longer_than_the_queue_cuts_nobody(feed: Feed, an_organization, burst: int) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        await take(stream, 1)
        last = await record(world.agent, *(internal() for _ in range(burst)))
        assert await take_seqs(stream, burst) == list(range(start.seq + 2, last + 1))
        await trickle(world, stream, 1)


async def test_who_is_cut_lets_go_of_what_waited(an_organization) -> None:
    world = await an_organization()
    event = FeedEvent(Position(1, world.id, 1), an_event(world))
    subscriber = Subscriber(Scope(world.agent), event.position)
    subscriber.attached = True
    referred = sys.getrefcount(event)
    for _ in range(QUEUE):
        subscriber.offer([event])
    assert (subscriber.attached, sys.getrefcount(event)) == (True, referred + QUEUE)
    subscriber.offer([event])
    assert (subscriber.attached, sys.getrefcount(event)) == (False, referred)


def an_event(world: World) -> RecordedEvent:
    now = utc_now()
    return RecordedEvent(new_id(), world.id, 1, RESOLVED, None, ActorKind.AGENT, None, Visibility.STAFF, None, now, now)
