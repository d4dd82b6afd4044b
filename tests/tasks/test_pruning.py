"""Reactions that were done long ago are removed; those that are dead, and those to come, stay."""

from __future__ import annotations

from datetime import timedelta

from models.database import Database
from models.log import ReactionStatus
from tasks.leases import Refused, Terms
from tasks.pruning import prune
from tests.tasks.parts import Clock, Noted, a_log, reactions_of, record, worker_of

KEPT = timedelta(days=30)


async def test_only_what_was_done_long_ago_is_removed(timed: Database, clock: Clock) -> None:
    log = await a_log(timed)
    (done, dead, due) = Noted(), Noted(failures=[Refused("no")]), Noted(failures=[OSError("no")])
    await record(log)
    for noted in (done, dead, due):
        worker = worker_of(timed, noted.table, Terms())
        await timed.execute("DELETE FROM support_relay_position WHERE organization_id = $1", log.organization_id)
        await worker.step(log)

    clock.now += KEPT
    await prune(timed, KEPT)
    assert len(await reactions_of(log)) == 3
    clock.now += timedelta(milliseconds=1)
    assert await prune(timed, KEPT) > 0

    assert {(row.name, row.status) for row in await reactions_of(log)} == {
        (dead.name, ReactionStatus.DEAD),
        (due.name, ReactionStatus.DUE),
    }


async def test_what_was_removed_is_not_planned_again(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    await record(log, 3)
    await worker_of(timed, noted.table).step(log)
    clock.now += KEPT + timedelta(days=1)
    await prune(timed, KEPT)

    await worker_of(timed, noted.table).step(log)

    assert await reactions_of(log) == []
    assert len(noted.events) == 3
