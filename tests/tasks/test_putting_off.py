"""A reaction that puts itself off runs when it said, and loses nothing by it."""

from __future__ import annotations

from datetime import timedelta

from models.database import Database
from models.log import ReactionStatus
from tasks.leases import Terms, put_off
from tests.tasks.parts import Clock, Noted, a_log, claim_one, reactions_of, record, worker_of

TERMS = Terms(attempts=3)


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
