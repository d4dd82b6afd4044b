"""A feed: from any point on without gap or double, for this actor's eyes, and gone when closed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from models.database import Database, Snapshot
from models.events import TicketResolved
from subscriptions.channel import HintChannel
from subscriptions.cursor import Cursors
from subscriptions.feed import Feed
from subscriptions.items import FeedEvent, ResumeRequired, ResyncReason, ResyncRequired, Scope
from tests.subscriptions.parts import (
    NEVER,
    RESOLVED,
    SOON,
    a_ticket,
    internal,
    record,
    take,
    take_seqs,
    take_until,
)

CURSORS = Cursors("a secret of this test")


async def test_events_arrive_live_in_order_and_with_their_facts(feed: Feed, an_organization) -> None:
    world = await an_organization()
    facts = [internal(), RESOLVED, internal()]
    start = await feed.position(world.agent)
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        await record(world.agent, *facts)
        items = await take(stream, 3)
    assert [item.event.fact for item in items if isinstance(item, FeedEvent)] == facts
    assert [item.position for item in items] == [replace(start, seq=start.seq + step) for step in (1, 2, 3)]


async def test_without_a_cursor_a_feed_begins_now(feed: Feed, an_organization) -> None:
    world = await an_organization()
    past = await record(world.agent, internal())
    async with aclosing(feed.subscribe(Scope(world.agent))) as stream:
        beginning = asyncio.create_task(take_seqs(stream, 1))
        while not beginning.done():
            last = await record(world.agent, internal())
        first = beginning.result()[0]
        assert first > past
        assert await take_seqs(stream, last - first) == list(range(first + 1, last + 1))


async def test_replay_and_live_are_one_stream(feed: Feed, an_organization) -> None:
    """Events recorded before, while and after the replay (of several pages) all come once."""
    world = await an_organization()
    start = await feed.position(world.agent)
    for _ in range(5):
        last = await record(world.agent, *(internal() for _ in range(70)))
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        seqs = await take_seqs(stream, 30)
        await record(world.agent, internal())
        seqs += await take_seqs(stream, last - start.seq - 30)
        await record(world.agent, internal(), internal())
        seqs += await take_seqs(stream, 3)
    assert seqs == list(range(start.seq + 1, last + 4))


async def test_a_second_subscriber_joins_a_reader_that_is_behind_or_ahead(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as first:
        await record(world.agent, internal())
        await take_seqs(first, 1)
        joining = [feed.subscribe(Scope(world.agent), start) for _ in range(20)]
        takers = [asyncio.create_task(take_seqs(stream, 21)) for stream in joining]
        for _ in range(20):
            await record(world.agent, internal())
        expected = list(range(start.seq + 1, start.seq + 22))
        assert await asyncio.gather(*takers) == [expected] * 20
        assert await take_seqs(first, 20) == expected[1:]
        for stream in joining:
            await stream.aclose()


async def test_a_query_on_a_snapshot_knows_its_position(feed: Feed, database: Database, an_organization) -> None:
    world = await an_organization()
    before = await record(world.agent, internal())
    async with Snapshot.of(database) as snapshot:
        await snapshot.fetch("SELECT count(*) FROM support_event")
        await record(world.agent, internal())
        assert (await feed.position(world.agent, snapshot)).seq == before
    assert (await feed.position(world.agent)).seq == before + 1


async def test_a_customer_sees_own_events_and_no_trace_of_others(feed: Feed, an_organization) -> None:
    world = await an_organization()
    await record(world.customer, RESOLVED)
    start = await feed.position(world.customer)
    async with aclosing(feed.subscribe(Scope(world.customer), start)) as live:
        await record(world.agent, internal())
        await record(world.agent, RESOLVED, ticket=a_ticket(world.agent))
        assert CURSORS.seal(await feed.position(world.customer)) == CURSORS.seal(start)
        own = await record(world.customer, RESOLVED)
        assert await take_seqs(live, 1) == [own]
    async with aclosing(feed.subscribe(Scope(world.customer), start)) as replayed:
        assert await take_seqs(replayed, 1) == [own]


async def test_a_feed_of_one_ticket_and_of_some_facts(feed: Feed, an_organization) -> None:
    world = await an_organization()
    mine, other = a_ticket(world.customer), a_ticket(world.customer)
    start = await feed.position(world.agent)
    ticket_only = feed.subscribe(Scope(world.agent, ticket_id=mine.id), start)
    resolved_only = feed.subscribe(Scope(world.agent, facts=frozenset({TicketResolved})), start)

    async def both() -> tuple[int, int, int]:
        await record(world.agent, internal())
        return (
            await record(world.agent, RESOLVED, ticket=other),
            await record(world.agent, internal(), ticket=mine),
            await record(world.agent, RESOLVED, ticket=mine),
        )

    async with aclosing(ticket_only), aclosing(resolved_only):
        others, internals, resolveds = await both()
        assert await take_seqs(ticket_only, 2) == [internals, resolveds]
        assert await take_seqs(resolved_only, 2) == [others, resolveds]
        others, internals, resolveds = await both()
        assert await take_seqs(ticket_only, 2) == [internals, resolveds]
        assert await take_seqs(resolved_only, 2) == [others, resolveds]


async def test_organizations_do_not_mix(feed: Feed, an_organization) -> None:
    here, there = await an_organization(), await an_organization()
    streams = [feed.subscribe(Scope(world.agent), await feed.position(world.agent)) for world in (here, there)]
    for world in (here, there, here, there):
        await record(world.agent, internal())
    for stream, world in zip(streams, (here, there), strict=True):
        items = await take(stream, 2)
        assert {item.event.organization_id for item in items if isinstance(item, FeedEvent)} == {world.id}
        await stream.aclose()


@pytest.mark.parametrize("reason", ResyncReason)
async def test_a_cursor_that_cannot_be_served_is_answered_with_now(
    feed: Feed, database: Database, an_organization, reason: ResyncReason
) -> None:
    world, other = await an_organization(), await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    if reason is ResyncReason.TOO_OLD:
        await age(database, world.id, days=31)
    after = {
        ResyncReason.TOO_OLD: start,
        ResyncReason.AHEAD: replace(start, seq=start.seq + 2),
        ResyncReason.OTHER_EPOCH: replace(start, epoch=start.epoch + 1),
        ResyncReason.OTHER_ORGANIZATION: await feed.position(other.agent),
    }[reason]

    async with aclosing(feed.subscribe(Scope(world.agent), after)) as stream:
        assert await take(stream, 1) == [ResyncRequired(await feed.position(world.agent), reason)]
        seq = await record(world.agent, internal())
        assert await take_seqs(stream, 1) == [seq]


async def age(database: Database, organization_id, days: int) -> None:
    """Make an organization's past that much older."""
    await database.execute(
        "UPDATE support_event SET recorded_at = recorded_at - $2::interval WHERE organization_id = $1",
        *(organization_id, timedelta(days=days)),
    )


async def test_a_month_is_not_too_old(feed: Feed, database: Database, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    seq = await record(world.agent, internal())
    await age(database, world.id, days=29)
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        assert await take_seqs(stream, 1) == [seq]


async def test_a_quiet_customer_is_not_sent_away_for_ever(feed: Feed, database: Database, an_organization) -> None:
    """The customer's position is an old event: nothing is owed after it, however much happened to others."""
    world = await an_organization()
    await record(world.customer, RESOLVED)
    await record(world.agent, internal())
    await age(database, world.id, days=100)
    async with aclosing(feed.subscribe(Scope(world.customer), await feed.position(world.customer))) as stream:
        seq = await record(world.customer, RESOLVED)
        assert await take_seqs(stream, 1) == [seq]


async def test_a_rewritten_log_ends_feeds_and_then_asks_for_a_resync(
    feed: Feed, database: Database, an_organization
) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        await take(stream, 1)
        await database.execute(
            "UPDATE support_event_counter SET epoch = epoch + 1 WHERE organization_id = $1", world.id
        )
        await feed.check_counters()
        with pytest.raises(ResumeRequired) as end:
            await take(stream, 1)
    async with aclosing(feed.subscribe(Scope(world.agent), end.value.position)) as stream:
        resync = ResyncRequired(await feed.position(world.agent), ResyncReason.OTHER_EPOCH)
        assert await take(stream, 1) == [resync]


@pytest.mark.parametrize("newer", ["type = 'InventedLater'", "data = '{}'", """data = '{"article_id": "7"}'"""])
async def test_facts_of_a_newer_release_are_passed_over(
    feed: Feed, database: Database, an_organization, caplog, newer: str
) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    await record(world.agent, internal())
    await database.execute(f"UPDATE support_event SET {newer} WHERE organization_id = $1", world.id)
    seq = await record(world.agent, internal())
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        assert await take_seqs(stream, 1) == [seq]
    assert all("is passed over, it can't be read" in log.message for log in caplog.records)
    assert caplog.records


async def test_a_reader_that_breaks_tells_its_subscribers(
    feed: Feed, hints: HintChannel, database: Database, an_organization, caplog
) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    seq = await record(world.agent, internal())
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as stream:
        await take(stream, 1)
        await database.execute("DELETE FROM support_event_counter WHERE organization_id = $1", world.id)
        hints.send(world.id, seq + 1)
        with pytest.raises(LookupError):
            await take(stream, 1)
    assert feed.organizations == frozenset()
    assert [log.message for log in caplog.records] == [f"following the log of {world.id} has stopped"]


async def test_closing_and_cancelling_leave_nothing_behind(feed: Feed, an_organization) -> None:
    world = await an_organization()
    start = await feed.position(world.agent)
    tasks = asyncio.all_tasks()
    closed, cancelled = (feed.subscribe(Scope(world.agent), start) for _ in range(2))
    await record(world.agent, internal())
    await take(closed, 1)
    await take(cancelled, 1)
    assert feed.organizations == {world.id}
    waiting = asyncio.create_task(anext(cancelled))
    followers = asyncio.all_tasks() - tasks - {waiting}

    await closed.aclose()
    assert feed.organizations == {world.id}
    await record(world.agent, internal())
    await waiting
    waiting = asyncio.create_task(anext(cancelled))
    async with aclosing(feed.subscribe(Scope(world.agent), start)) as other:
        await take(other, 2)
        waiting.cancel()
        await asyncio.wait({waiting})
    assert feed.organizations == frozenset()
    assert len(followers) == 1
    async with asyncio.timeout(SOON):
        await asyncio.wait(followers)


async def test_the_end_of_the_process_ends_its_feeds(database: Database, hints: HintChannel, an_organization) -> None:
    world = await an_organization()
    async with Feed.open(database, hints, poll=NEVER) as feed:
        start = await feed.position(world.agent)
        stream = feed.subscribe(Scope(world.agent), start)
        seq = await record(world.agent, internal())
        assert await take_until(stream, seq) == [seq]
    with pytest.raises(ResumeRequired) as end:
        await take(stream, 1)
    assert end.value.position == replace(start, seq=seq)
    assert feed.organizations == frozenset()
