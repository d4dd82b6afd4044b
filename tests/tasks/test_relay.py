"""The relay plans what follows every event once, however many relays there are and whenever they start."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from models.database import Database
from models.events import ArticleChanged, ArticleIndexed, TicketCreated
from models.fields import new_id
from models.log import ReactionStatus
from models.recorded import RecordedEvent
from models.writer import organization_write
from tasks.context import TaskContext
from tasks.leases import Terms
from tasks.planning import BATCH
from tasks.reactions import REACTIONS, Reactions, ReactionSpec, specs_by_name
from tasks.relay import Relay
from tasks.worker import run_tasks
from tests.tasks.parts import Noted, a_log, context_of, reactions_of, record, worker_of


async def test_two_relays_plan_an_event_once(database: Database) -> None:
    noted = Noted()
    logs = [await a_log(database) for _ in range(4)]
    recorded = [event for log in logs for event in await record(log, 25)]
    relays = [worker_of(database, noted.table).relay for _ in range(2)]

    await asyncio.gather(*(relay.plan(log.organization_id) for log in logs for relay in relays))
    await asyncio.gather(*(relay.plan(log.organization_id) for log in logs for relay in relays))

    assert [reaction.event_id for log in logs for reaction in await reactions_of(log)] == recorded


async def test_an_event_with_reactions_off_is_followed_by_nothing(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    await record(log, 3, reacts=False)
    (loud,) = await record(log)
    worker = worker_of(database, noted.table)

    await worker.step(log)

    assert [event.id for event in noted.events] == [loud]
    assert len(await reactions_of(log)) == 1


async def test_the_table_and_its_conditions_say_what_follows(database: Database) -> None:
    every, odd, other = Noted(), Noted(), Noted()
    table: Reactions = {
        ArticleChanged: (
            ReactionSpec(every.name, every),
            ReactionSpec(odd.name, odd, when=lambda event: event.seq % 2 == 1),
        ),
        TicketCreated: (ReactionSpec(other.name, other),),
    }
    log = await a_log(database)
    await record(log, 4)
    async with organization_write(log) as write:
        write.record(ArticleIndexed(article_id=new_id()))

    await worker_of(database, table).step(log)

    assert sorted(event.seq for event in every.events) == [1, 2, 3, 4]
    assert sorted(event.seq for event in odd.events) == [1, 3]
    assert other.events == []


async def test_the_position_outlives_the_relay(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    await record(log, 3)
    await worker_of(database, noted.table).step(log)
    # What is planned is not planned again, even where the done reactions were cleared away.
    await database.execute("DELETE FROM support_reaction WHERE organization_id = $1", log.organization_id)
    (later,) = await record(log)

    await worker_of(database, noted.table).step(log)

    assert [reaction.event_id for reaction in await reactions_of(log)] == [later]
    assert sorted(event.seq for event in noted.events) == [1, 2, 3, 4]


async def test_a_long_log_is_planned_in_batches(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    recorded = await record(log, 2 * BATCH + 1)

    await worker_of(database, noted.table).relay.plan(log.organization_id)

    assert [reaction.event_id for reaction in await reactions_of(log)] == recorded


async def test_logs_are_planned_in_turns(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.relay.BATCH", 2)
    done, logs = Countdown(left=7 * 7), [await a_log(database) for _ in range(7)]
    ours = {log.organization_id for log in logs}
    spec = ReactionSpec(f"in turns {new_id()}", done, lambda event: event.organization_id in ours)
    table: Reactions = {ArticleChanged: (spec,)}
    for log in logs:
        await record(log, 7)
    relay = Relay(database, worker_of(database, table).broker, table, Terms(), poll=timedelta(hours=1))

    async with relay.running():
        await asyncio.wait_for(done.reached.wait(), timeout=30)

    planned = sorted([(row.id, log.organization_id) for log in logs for row in await reactions_of(log)])
    for first in range(0, 6 * 7, 2 * 7):
        assert {organization_id for _, organization_id in planned[first : first + 2 * 7]} == ours


async def test_a_reaction_of_a_newer_release_waits_for_its_worker(database: Database) -> None:
    newer, older, log = Noted(), Noted(), await a_log(database)
    await record(log)
    await worker_of(database, newer.table).relay.plan(log.organization_id)

    await worker_of(database, older.table).step(log)

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.attempts) == (ReactionStatus.DUE, 0)


@dataclass
class Countdown:
    """A reaction that says when it was called a number of times."""

    left: int
    seen: list[UUID] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _context: TaskContext, event: RecordedEvent) -> None:
        self.seen.append(event.id)
        if len(self.seen) == self.left:
            self.reached.set()


async def test_two_workers_do_fifty_events_of_three_organizations_once_each(database: Database) -> None:
    countdown = Countdown(left=50)
    table: Reactions = {ArticleChanged: (ReactionSpec(f"counted {new_id()}", countdown),)}
    logs = [await a_log(database) for _ in range(3)]
    context = context_of(database)

    async with run_tasks(context, reactions=table, capacity=3) as one, run_tasks(context, reactions=table, capacity=3):
        hinted = [await record(log, 8) for log in logs for _ in range(2)]
        for log in logs:
            one.wake(log.organization_id)
        # Nobody hints at these two: the poll finds them.
        missed = [await record(logs[0]), await record(logs[2])]
        await asyncio.wait_for(countdown.reached.wait(), timeout=30)

    recorded = [event for batch in hinted + missed for event in batch]
    assert sorted(countdown.seen) == sorted(recorded)
    planned = [reaction for log in logs for reaction in await reactions_of(log)]
    assert {(reaction.status, reaction.attempts) for reaction in planned} == {(ReactionStatus.DONE, 1)}
    assert sorted(reaction.event_id for reaction in planned) == sorted(recorded)


async def test_a_hint_does_not_wait_for_the_poll(database: Database) -> None:
    first, second, log = Countdown(left=1), Countdown(left=2), await a_log(database)
    specs = (ReactionSpec(f"first {new_id()}", first), ReactionSpec(f"second {new_id()}", second))
    table: Reactions = {ArticleChanged: specs}
    await record(log)
    broker = worker_of(database, table).broker
    relay = Relay(database, broker, table, Terms(), poll=timedelta(hours=1))

    async with relay.running():
        # The first poll is over as soon as something has run.
        await asyncio.wait_for(first.reached.wait(), timeout=30)
        await record(log)
        relay.wake(log.organization_id)
        await asyncio.wait_for(second.reached.wait(), timeout=30)
        await broker.drain(timedelta(seconds=10))


async def test_a_full_worker_goes_on_as_soon_as_there_is_room(database: Database) -> None:
    countdown, log = Countdown(left=6), await a_log(database)
    table: Reactions = {ArticleChanged: (ReactionSpec(f"queued {new_id()}", countdown),)}
    recorded = await record(log, 6)
    broker = worker_of(database, table, capacity=1).broker
    relay = Relay(database, broker, table, Terms(), poll=timedelta(hours=1))

    async with relay.running():
        await asyncio.wait_for(countdown.reached.wait(), timeout=30)
        await broker.drain(timedelta(seconds=10))

    assert countdown.seen == recorded


def test_a_name_means_one_reaction() -> None:
    specs = [spec for following in REACTIONS.values() for spec in following]

    assert all(specs_by_name(REACTIONS)[spec.name] == spec for spec in specs)
