"""A reaction that fails, or takes its worker along, is tried again until it is done or dead; a death is followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.database import Database
from models.events import ArticleChanged
from models.log import Lane, ReactionStatus
from tasks.claiming import Turns
from tasks.leases import Refused, Terms, begin, fail, retry_delay
from tasks.reactions import ReactionSpec
from tests.tasks.parts import Clock, Noted, a_log, claim_one, reactions_of, record, worker_of

TERMS = Terms(attempts=3)


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


async def test_half_a_character_of_an_error_is_spelled_out(timed: Database) -> None:
    # Given to `fail` itself: a worker would log the error too, and half a character can't leave a test process.
    noted, log = Noted(), await a_log(timed)
    await record(log)
    await worker_of(timed, noted.table, TERMS).relay.plan(log.organization_id)
    claim = await claim_one(timed, noted.name, TERMS)

    assert await fail(timed, claim, TERMS.first_delay, "OSError: half \ud800")

    (stored,) = await reactions_of(log)
    assert stored.error == "OSError: half \\ud800"


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
