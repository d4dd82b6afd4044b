"""A reaction belongs to one worker at a time, for as long as its lease lasts, and survives its worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from models.database import Database
from models.events import ArticleChanged
from models.fields import new_id
from models.log import ReactionStatus
from models.recorded import RecordedEvent
from tasks.context import TaskContext
from tasks.leases import Terms, begin, finish, release, renew, retry_delay
from tasks.reactions import Reactions, ReactionSpec
from tasks.worker import run_tasks
from tests.tasks.parts import Clock, Noted, a_log, claim_one, context_of, reactions_of, record, worker_of

TERMS = Terms(attempts=3)


async def test_a_reaction_whose_worker_died_runs_again_when_the_lease_is_over(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    worker = worker_of(timed, noted.table, TERMS)
    await worker.relay.plan(log.organization_id)
    await claim_one(timed, noted.name, TERMS)  # and never heard of again

    clock.now += TERMS.lease - timedelta(milliseconds=1)
    await worker.step()
    assert noted.events == []

    clock.now += timedelta(milliseconds=1)
    await worker.step()
    assert [event.seq for event in noted.events] == [1]
    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.attempts, reaction.finished_at) == (ReactionStatus.DONE, 2, clock.now)


async def test_only_the_last_claim_settles(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)
    slow = await claim_one(timed, noted.name, TERMS)
    clock.now += TERMS.lease
    quick = await claim_one(timed, noted.name, TERMS)

    assert await begin(timed, slow, TERMS) is None
    assert await renew(timed, [slow, quick], TERMS) == {quick}
    assert await finish(timed, slow) is False
    assert await finish(timed, quick) is True
    assert await finish(timed, quick) is False


async def test_a_message_that_comes_twice_runs_once(timed: Database) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    worker = worker_of(timed, noted.table, TERMS)
    await worker.relay.plan(log.organization_id)
    claim = await claim_one(timed, noted.name, TERMS)
    task = worker.broker.find_task(noted.name)
    assert task is not None

    for _ in range(2):
        await task.kiq(str(claim.reaction_id), claim.attempt)
        await worker.broker.drain(timedelta(seconds=10))

    assert [event.seq for event in noted.events] == [1]


async def test_a_lease_given_back_costs_no_life(timed: Database) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)

    for attempt in range(1, 6):
        claim = await claim_one(timed, noted.name, TERMS)
        assert claim.attempt == attempt
        await release(timed, claim)


@dataclass
class Endless:
    """A reaction that never ends by itself."""

    started: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _context: TaskContext, _event: RecordedEvent) -> None:
        self.started.set()
        await asyncio.Event().wait()


async def test_a_stopped_worker_gives_its_leases_back(database: Database) -> None:
    endless, quick, name = Endless(), Noted(), f"stopped {new_id()}"
    log = await a_log(database)
    await record(log)

    interrupted: Reactions = {ArticleChanged: (ReactionSpec(name, endless),)}
    async with run_tasks(context_of(database), reactions=interrupted, patience=timedelta(0)):
        await asyncio.wait_for(endless.started.wait(), timeout=30)
    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.leased_until, reaction.attempts) == (ReactionStatus.DUE, None, 1)

    await worker_of(database, {ArticleChanged: (ReactionSpec(name, quick),)}).step()
    assert [event.seq for event in quick.events] == [1]


async def test_a_lease_lasts_for_as_long_as_its_worker_renews_it(timed: Database, clock: Clock) -> None:
    endless, name, log = Endless(), f"kept {new_id()}", await a_log(timed)
    await record(log)
    worker = worker_of(timed, {ArticleChanged: (ReactionSpec(name, endless),)}, TERMS)
    await worker.relay.plan(log.organization_id)
    await worker.relay.send_due()
    await asyncio.wait_for(endless.started.wait(), timeout=30)

    for _ in range(10):
        clock.now += TERMS.lease / 3
        await worker.runner.renew()

    (reaction,) = await reactions_of(log)
    assert (reaction.attempts, reaction.leased_until) == (1, clock.now + TERMS.lease)
    await worker.broker.drain(timedelta(0))


async def test_a_reaction_that_lost_its_lease_is_interrupted(
    timed: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    endless, name, log = Endless(), f"lost {new_id()}", await a_log(timed)
    (event_id,) = await record(log)
    worker = worker_of(timed, {ArticleChanged: (ReactionSpec(name, endless),)}, TERMS)
    await worker.relay.plan(log.organization_id)
    await worker.relay.send_due()
    await asyncio.wait_for(endless.started.wait(), timeout=30)
    # As after a stall of the whole process.
    clock.now += TERMS.lease
    await worker.relay.end_rests()
    clock.now += retry_delay(TERMS, 1, 0)
    quick = await claim_one(timed, name, TERMS)

    await worker.runner.renew()
    await worker.broker.drain(timedelta(seconds=10))

    assert f"{name} of event {event_id} lost its lease: it runs again." in caplog.messages
    assert await begin(timed, quick, TERMS)


async def test_a_claim_begins_once(timed: Database) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)
    claim = await claim_one(timed, noted.name, TERMS)

    begun = await asyncio.gather(*(begin(timed, claim, TERMS) for _ in range(3)))

    assert len([held for held in begun if held]) == 1


async def test_a_claim_that_never_began_costs_no_life(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)

    for attempt in range(1, 2 * TERMS.attempts):
        claim = await claim_one(timed, noted.name, TERMS)
        assert claim.attempt == attempt
        clock.now += TERMS.lease

    held = await begin(timed, await claim_one(timed, noted.name, TERMS), TERMS)
    assert held
    assert held.tries == 1


async def test_a_reaction_ends_with_its_lease(database: Database) -> None:
    endless, name = Endless(), f"endless {new_id()}"
    log = await a_log(database)
    await record(log)

    await worker_of(
        database, {ArticleChanged: (ReactionSpec(name, endless),)}, Terms(lease=timedelta(seconds=0.3))
    ).step(log)

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.error) == (
        ReactionStatus.DUE,
        "TimeoutError: It took too long, or had lost its lease.",
    )


async def test_no_more_is_claimed_than_there_is_room_for(database: Database) -> None:
    endless, name = Endless(), f"endless {new_id()}"
    log = await a_log(database)
    await record(log, 5)
    worker = worker_of(database, {ArticleChanged: (ReactionSpec(name, endless),)}, capacity=2)
    await worker.relay.plan(log.organization_id)

    await worker.relay.send_due()

    leased = [reaction.leased_until is not None for reaction in await reactions_of(log)]
    assert leased == [True, True, False, False, False]
    await worker.broker.drain(timedelta(0))
