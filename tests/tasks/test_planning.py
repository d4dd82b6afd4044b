"""A reaction that is new, or was lost, can be run over past events: each once, and after all else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.actors import Actor
from models.database import Database
from models.errors import NotFound
from models.events import ArticleChanged, ArticleIndexed
from models.log import Lane, ReactionStatus
from tasks.planning import BATCH, named, plan_past
from tasks.reactions import Reactions, ReactionSpec
from tests.tasks.parts import Clock, Noted, a_log, reactions_of, record, worker_of


async def planned(actor: Actor, table: Reactions, **when: object) -> int:
    """How many reactions were planned for what is past."""
    steps = plan_past(actor.database, actor.organization_id, table, **when)  # type: ignore[arg-type]
    return sum([step.planned async for step in steps])


async def test_past_events_are_followed_once(database: Database) -> None:
    old, new, log = Noted(), Noted(), await a_log(database)
    recorded = await record(log, 5)
    await worker_of(database, old.table).step(log)

    assert await planned(log, new.table) == 5
    assert await planned(log, new.table) == 0
    assert await planned(log, old.table) == 0
    await worker_of(database, new.table).step()

    assert sorted(event.id for event in new.events) == sorted(recorded)
    assert len(old.events) == 5
    rows = [row for row in await reactions_of(log) if row.name == new.name]
    assert {(row.lane, row.status) for row in rows} == {(Lane.BULK, ReactionStatus.DONE)}


async def test_what_the_relay_comes_to_later_is_followed_once_too(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    await record(log, 3)

    assert await planned(log, noted.table) == 3
    await worker_of(database, noted.table).step(log)

    assert sorted(event.seq for event in noted.events) == [1, 2, 3]


async def test_a_time_may_be_given(timed: Database, clock: Clock) -> None:
    noted, log = Noted(), await a_log(timed)
    start = clock.now
    for _ in range(4):
        await record(log)
        clock.now += timedelta(hours=1)

    when = {"since": start + timedelta(hours=1), "until": start + timedelta(hours=3)}

    assert await planned(log, noted.table, **when) == 2
    await worker_of(timed, noted.table).step()
    assert sorted(event.seq for event in noted.events) == [2, 3]


async def test_imports_and_conditions_are_respected(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    table: Reactions = {ArticleChanged: (ReactionSpec(noted.name, noted, when=lambda event: event.seq != 3),)}
    await record(log, reacts=False)
    await record(log, 2)

    assert await planned(log, table) == 1


async def test_a_long_past_is_planned_in_batches(database: Database) -> None:
    noted, log = Noted(), await a_log(database)
    await record(log, 2 * BATCH + 1)

    steps = [step async for step in plan_past(database, log.organization_id, noted.table)]

    assert [(step.upto, step.planned) for step in steps] == [
        (BATCH, BATCH),
        (2 * BATCH, BATCH),
        (2 * BATCH + 1, 1),
    ]


def test_one_reaction_is_picked_from_the_table() -> None:
    one, other = Noted(), Noted()
    both = (ReactionSpec(one.name, one), ReactionSpec(other.name, other))
    table: Reactions = {ArticleChanged: both, ArticleIndexed: both[1:]}

    assert named(table, one.name) == {ArticleChanged: both[:1]}
    assert named(table, other.name) == {ArticleChanged: both[1:], ArticleIndexed: both[1:]}
    with pytest.raises(NotFound, match="There is no such reaction 'none'"):
        named(table, "none")
