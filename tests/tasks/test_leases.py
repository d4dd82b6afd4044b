"""A reaction belongs to one worker at a time, survives its worker, and is tried again until it is done or dead."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from models.database import Database
from models.events import ArticleChanged
from models.fields import new_id
from models.log import Lane, ReactionStatus
from models.recorded import RecordedEvent
from models.settings import SettingsError
from tasks.claiming import Turns
from tasks.context import TaskContext
from tasks.leases import Refused, Terms, begin, fail, finish, put_off, release, renew, retry_delay
from tasks.reactions import Reactions, ReactionSpec
from tasks.running import Runner
from tasks.worker import open_broker, run_tasks
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


async def test_half_a_character_of_an_error_is_spelled_out(timed: Database) -> None:
    # Given to `fail` itself: a worker would log the error too, and half a character can't leave a test process.
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)
    claim = await claim_one(timed, noted.name, TERMS)

    assert await fail(timed, claim, TERMS.first_delay, "OSError: half \ud800")

    (stored,) = await reactions_of(log)
    assert stored.error == "OSError: half \\ud800"


async def test_a_failing_reaction_rests_longer_each_time_and_then_succeeds(timed: Database, clock: Clock) -> None:
    noted, log = Noted(failures=[OSError("no route"), ValueError("no\x00good")]), await a_log(timed)
    await record(log)
    worker = worker_of(timed, noted.table, TERMS)

    await worker.step(log)
    (first,) = await reactions_of(log)
    assert (first.status, first.attempts, first.leased_until) == (ReactionStatus.DUE, 1, None)
    assert first.error == "ValueError: nogood"
    assert timedelta(seconds=1) <= first.due_at - clock.now <= timedelta(seconds=2)

    clock.now = first.due_at - timedelta(milliseconds=1)
    await worker.step()
    assert len(noted.failures) == 1

    clock.now = first.due_at
    await worker.step()
    (second,) = await reactions_of(log)
    assert second.error == "OSError: no route"
    assert timedelta(seconds=2) <= second.due_at - clock.now <= timedelta(seconds=4)

    clock.now = second.due_at
    await worker.step()
    (third,) = await reactions_of(log)
    assert (third.status, third.attempts, third.error) == (ReactionStatus.DONE, 3, None)
    assert [event.seq for event in noted.events] == [1]


async def test_a_reaction_that_fails_every_time_is_dead_in_the_end(
    timed: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    noted, log = Noted(failures=[OSError("refused")] * 10), await a_log(timed)
    (event_id,) = await record(log)
    worker = worker_of(timed, noted.table, TERMS)
    await worker.relay.plan(log.organization_id)

    for _ in range(5):
        await worker.step()
        clock.now += TERMS.longest_delay

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.attempts, reaction.error) == (ReactionStatus.DEAD, 3, "OSError: refused")
    assert len(noted.failures) == 7
    assert f"{noted.name} of event {event_id} failed, attempt 3, and is dead." in caplog.messages


async def test_a_reaction_that_kills_its_workers_is_dead_after_the_last_attempt(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)

    turns = Turns(timed, TERMS, {noted.name: None})
    for attempt in range(1, 4):
        claim = await claim_one(timed, noted.name, TERMS)
        assert claim.attempt == attempt
        assert await begin(timed, claim, TERMS)
        clock.now += TERMS.lease
        await turns.wake()
        clock.now += retry_delay(TERMS, attempt, 0) if attempt < TERMS.attempts else timedelta(0)
    assert await turns.claim({Lane.NORMAL: 1}) == ([], 1)

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.error) == (ReactionStatus.DEAD, "No worker came back from the last attempt.")


async def test_whoever_lost_a_lease_rests_as_after_a_failure(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)
    turns = Turns(timed, TERMS, {noted.name: None})

    for attempt in range(1, TERMS.attempts):
        assert await begin(timed, await claim_one(timed, noted.name, TERMS), TERMS)
        clock.now += TERMS.lease
        await turns.wake()

        (rests,) = await reactions_of(log)
        assert (rests.status, rests.leased_until, rests.error) == (ReactionStatus.DUE, None, "No worker came back.")
        assert retry_delay(TERMS, attempt, 1) <= rests.due_at - clock.now <= retry_delay(TERMS, attempt, 0)
        assert await turns.claim({Lane.NORMAL: 1}) == ([], 0)
        clock.now = rests.due_at


async def test_a_lease_given_back_costs_no_life(timed: Database) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)

    for attempt in range(1, 6):
        claim = await claim_one(timed, noted.name, TERMS)
        assert claim.attempt == attempt
        await release(timed, claim)


async def test_a_reaction_that_puts_itself_off_runs_then_however_often(timed: Database, clock: Clock) -> None:
    start = clock.now
    later = [start + timedelta(days=day) for day in range(TERMS.attempts + 1, 0, -1)]
    noted, log = Noted(puts_off=later), await a_log(timed)
    await record(log)
    worker = worker_of(timed, noted.table, TERMS)

    for day in range(TERMS.attempts + 1):
        clock.now = start + timedelta(days=day)
        await worker.step(log)
        (waiting,) = await reactions_of(log)
        assert (waiting.status, waiting.error, waiting.leased_until) == (ReactionStatus.DUE, None, None)
        assert waiting.due_at == clock.now + timedelta(days=1)
        clock.now = waiting.due_at - timedelta(milliseconds=1)
        await worker.step()
    assert noted.events == []

    clock.now += timedelta(milliseconds=1)
    await worker.step()
    assert [event.seq for event in noted.events] == [1]
    (done,) = await reactions_of(log)
    assert (done.status, done.attempts, done.excused) == (ReactionStatus.DONE, 5, 4)


async def test_a_reaction_that_puts_itself_off_till_now_rests_for_a_second(timed: Database, clock: Clock) -> None:
    noted, log = Noted(puts_off=[clock.now]), await a_log(timed)
    await record(log)

    await worker_of(timed, noted.table, TERMS).step(log)

    (waiting,) = await reactions_of(log)
    assert waiting.due_at == clock.now + timedelta(seconds=1)


async def test_what_was_put_off_still_has_all_its_attempts(timed: Database, clock: Clock) -> None:
    noted, log = Noted(failures=[OSError("no route")]), await a_log(timed)
    await record(log)
    worker = worker_of(timed, noted.table, TERMS)
    await worker.relay.plan(log.organization_id)
    for _ in range(TERMS.attempts):
        claim = await claim_one(timed, noted.name, TERMS)
        await put_off(timed, claim, clock.now)
        clock.now += timedelta(seconds=1)

    await worker.step()

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.error) == (ReactionStatus.DUE, "OSError: no route")
    assert timedelta(seconds=1) <= reaction.due_at - clock.now <= timedelta(seconds=2)


async def test_a_refused_reaction_is_dead_at_once(
    timed: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    noted, log = Noted(failures=[Refused("550 no such user")]), await a_log(timed)
    (event_id,) = await record(log)

    await worker_of(timed, noted.table, TERMS).step(log)

    (reaction,) = await reactions_of(log)
    assert (reaction.status, reaction.attempts, reaction.error) == (ReactionStatus.DEAD, 1, "550 no such user")
    assert reaction.finished_at == clock.now
    assert f"{noted.name} of event {event_id} was refused, and is dead: 550 no such user" in caplog.messages


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
        await asyncio.wait_for(endless.started.wait(), timeout=10)
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
    await asyncio.wait_for(endless.started.wait(), timeout=10)

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
    await asyncio.wait_for(endless.started.wait(), timeout=10)
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


async def test_a_death_is_followed_by_what_the_reaction_names(timed: Database, clock: Clock) -> None:
    noted, mourner, log = Noted(failures=[Refused("no")]), Noted(), await a_log(timed)
    spec = ReactionSpec(noted.name, noted, on_death=ReactionSpec(mourner.name, mourner))
    await record(log)
    worker = worker_of(timed, {ArticleChanged: (spec,)}, TERMS)

    await worker.step(log)
    await worker.step()

    assert [event.seq for event in mourner.events] == [1]
    died, followed = await reactions_of(log)
    assert {(row.name, row.status) for row in (died, followed)} == {
        (noted.name, ReactionStatus.DEAD),
        (mourner.name, ReactionStatus.DONE),
    }


async def test_a_death_that_no_worker_saw_is_followed_too(timed: Database, clock: Clock) -> None:
    noted, mourner, log = Noted(), Noted(), await a_log(timed)
    spec = ReactionSpec(noted.name, noted, on_death=ReactionSpec(mourner.name, mourner))
    await record(log)
    worker = worker_of(timed, {ArticleChanged: (spec,)}, Terms(attempts=1))
    await worker.relay.plan(log.organization_id)
    assert await begin(timed, await claim_one(timed, noted.name), TERMS)
    clock.now += TERMS.lease

    await worker.step()
    await worker.step()

    assert noted.events == []
    assert [event.seq for event in mourner.events] == [1]


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


async def test_an_unknown_broker_stops_the_start(database: Database) -> None:
    with pytest.raises(SettingsError, match="HELPDESK_TASKS_URL is 'amqp://x'"):
        open_broker("amqp://x", Runner(context_of(database), TERMS), {}, 1)
