"""Audiences: what is sent of an event is worked out once for all who are shown the same, and nobody gets another's."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from models.actors import Role
from models.events import TicketClosed
from models.lifecycle import TicketStatus
from subscriptions.feed import Feed
from tests.subscriptions.connections import Seqs, following
from tests.subscriptions.parts import RESOLVED, SOON, a_ticket, internal, record


async def test_what_is_shown_to_all_is_worked_out_once(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start, shows = await feed.position(world.agent), [Seqs() for _ in range(20)]
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(following(feed, world.agent, start, show)) for show in shows]
        first = await record(world.agent, internal())
        for connection in crowd:
            await connection.has(first)
        before = sum(len(show.asked) for show in shows)

        last = await record(world.agent, internal(), internal())

        for connection in crowd:
            assert await connection.has(last) == [first, first + 1, last]
        assert sum(len(show.asked) for show in shows) == before + 2


async def test_what_is_personal_is_worked_out_for_each_person(feed: Feed, an_organization) -> None:
    world = await an_organization()
    colleague = await world.member(Role.AGENT)
    start, shows = await feed.position(world.agent), [Seqs(personal=True) for _ in range(4)]
    async with AsyncExitStack() as stack:
        people = [world.agent, world.agent, colleague, colleague]
        crowd = [
            await stack.enter_async_context(following(feed, actor, start, show))
            for actor, show in zip(people, shows, strict=True)
        ]
        first = await record(world.agent, internal())
        for connection in crowd:
            await connection.has(first)
        for show in shows:
            show.asked.clear()

        last = await record(world.agent, internal())

        for connection in crowd:
            await connection.has(last)
        assert [one.asked + other.asked for one, other in (shows[:2], shows[2:])] == [[last], [last]]


async def test_customers_of_one_audience_get_their_own_events_only(feed: Feed, an_organization) -> None:
    world = await an_organization()
    neighbour = await world.member(Role.CUSTOMER)
    closed = TicketClosed(previous=TicketStatus.RESOLVED)
    starts = [await feed.position(actor) for actor in (world.customer, neighbour)]
    async with following(feed, world.customer, starts[0]) as mine, following(feed, neighbour, starts[1]) as theirs:
        begun = [await record(actor, RESOLVED, ticket=a_ticket(actor)) for actor in (world.customer, neighbour)]
        await mine.has(begun[0])
        await theirs.has(begun[1])

        seqs = [
            await record(actor, fact, ticket=a_ticket(actor))
            for actor, fact in ((world.customer, RESOLVED), (neighbour, closed), (world.customer, closed))
        ]
        await record(world.agent, internal())

        assert await mine.has(seqs[2]) == [begun[0], seqs[0], seqs[2]]
        assert await theirs.has(seqs[1]) == [begun[1], seqs[1]]


async def test_those_who_ask_for_something_else_are_another_audience(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    one, other = Seqs("one"), Seqs("other")
    async with following(feed, world.agent, start, one) as first, following(feed, world.agent, start, other) as second:
        seq = await record(world.agent, internal())
        await first.has(seq)
        await second.has(seq)
        last = await record(world.agent, internal())
        await first.has(last)
        await second.has(last)
        assert (one.asked, other.asked) == ([seq, last], [seq, last])


async def test_an_event_that_can_not_be_shown_ends_those_who_would_be_shown_it(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    bad, good = Seqs("bad", broken=start.seq + 2), Seqs("good")
    async with following(feed, world.agent, start, bad) as unlucky, following(feed, world.agent, start, good) as lucky:
        first = await record(world.agent, internal())
        await unlucky.has(first)
        await lucky.has(first)
        last = await record(world.agent, internal(), internal())
        assert await lucky.has(last) == [first, first + 1, last]
        with pytest.raises(LookupError, match="can't be shown"):
            await asyncio.wait_for(unlucky.ended, SOON)
    assert feed.organizations == frozenset()


async def test_newcomers_join_an_audience_that_is_ahead_or_behind(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    async with following(feed, world.agent, start) as present, AsyncExitStack() as stack:
        first = await record(world.agent, internal())
        await present.has(first)
        crowd = [await stack.enter_async_context(following(feed, world.agent, start)) for _ in range(20)]
        for _ in range(20):
            last = await record(world.agent, internal(), internal())
        expected = list(range(first, last + 1))
        for connection in (present, *crowd):
            assert await connection.has(last) == expected
    assert feed.organizations == frozenset()
