"""One organization's thousands don't delay another's one, nor one lane another's; finding the next is a walk of an
index, however many there are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from benchmarks.buffers import literal
from models.actors import Actor
from models.database import Database
from models.log import Lane
from tasks.claiming import CLAIM, NOBODY, ONE_PLAN, Turn, Turns
from tasks.leases import Terms
from tasks.seats import Seats
from tests.tasks.parts import a_log

NAME = "fair"
TERMS = Terms()
# Pages of 8 kB: leasing 16 touches about 700 of them, most in writing 16 rows and their places in indexes.
FEW = 1_000


@pytest.fixture
async def queue(an_empty_database: Database) -> AsyncIterator[Database]:
    """A database in which nothing is due, and nobody else at work: a vacuum keeps dead rows from being skipped."""
    await an_empty_database.execute("ALTER TABLE support_reaction SET (autovacuum_enabled = off)")
    yield an_empty_database


def turns_of(database: Database) -> Turns:
    """Somebody who claims what these tests plan."""
    return Turns(database, TERMS, {NAME: None})


async def plan(actor: Actor, count: int, lane: Lane = Lane.NORMAL, *, waits: bool = False) -> None:
    """Reactions to events that nobody looks up, all of them older than those that come later."""
    await actor.database.execute(
        "INSERT INTO support_reaction"
        " (id, organization_id, event_id, name, lane, status, attempts, due_at, waits, created_at)"
        " SELECT gen_random_uuid(), $1, gen_random_uuid(), $2, $3, 'due', 0, $4::timestamptz, $5, $4"
        " FROM generate_series(1, $6)",
        actor.organization_id,
        NAME,
        lane,
        actor.database.now() + timedelta(days=1 if waits else -1),
        waits,
        count,
    )


def organizations(turns: list[Turn]) -> Counter[UUID]:
    """How many turns each organization had."""
    return Counter(turn.organization_id for turn in turns)


async def test_ten_thousand_of_one_organization_do_not_delay_the_one_of_another(queue: Database) -> None:
    many, one = await a_log(queue), await a_log(queue)
    await plan(many, 10_000)
    turns = turns_of(queue)
    await turns.claim({Lane.NORMAL: 16})

    await plan(one, 1)
    claimed, dead = await turns.claim({Lane.NORMAL: 16})

    assert organizations(claimed) == {many.organization_id: 15, one.organization_id: 1}
    assert dead == 0


async def test_organizations_take_turns_where_there_is_room_for_one(queue: Database) -> None:
    logs = [await a_log(queue) for _ in range(3)]
    for log in logs:
        await plan(log, 10)
    turns = turns_of(queue)

    claimed = [turn for _ in range(6) for turn in (await turns.claim({Lane.NORMAL: 1}))[0]]

    once = sorted(log.organization_id for log in logs)
    assert [turn.organization_id for turn in claimed] == once * 2


async def test_more_organizations_than_there_is_room_for_have_their_turn_in_the_next_batch(queue: Database) -> None:
    logs = [await a_log(queue) for _ in range(25)]
    for log in logs:
        await plan(log, 2)
    turns = turns_of(queue)

    batches = [(await turns.claim({Lane.NORMAL: 10}))[0] for _ in range(5)]

    assert [len(batch) for batch in batches] == [10] * 5
    served = organizations([turn for batch in batches for turn in batch])
    assert served == dict.fromkeys((log.organization_id for log in logs), 2)
    assert all(most <= 1 for batch in batches for most in organizations(batch).values())


async def test_two_who_claim_at_once_share_what_one_organization_has(queue: Database) -> None:
    log = await a_log(queue)
    await plan(log, 40)
    one, other = turns_of(queue), turns_of(queue)

    claimed = [turn for who in (one, other, one, other) for turn in (await who.claim({Lane.NORMAL: 10}))[0]]

    assert len({turn.claim.reaction_id for turn in claimed}) == 40


async def test_each_organizations_own_come_oldest_first(queue: Database) -> None:
    log, turns = await a_log(queue), turns_of(queue)
    for _ in range(3):
        await plan(log, 2)
        await queue.execute("UPDATE support_reaction SET due_at = due_at - interval '1 hour'")
    rows = await queue.fetch("SELECT id FROM support_reaction ORDER BY due_at, id")

    claimed = [turn for _ in range(2) for turn in (await turns.claim({Lane.NORMAL: 3}))[0]]

    assert [turn.claim.reaction_id for turn in claimed] == [row["id"] for row in rows]


async def test_lanes_are_claimed_side_by_side(queue: Database) -> None:
    log = await a_log(queue)
    for lane in Lane:
        await plan(log, 20, lane)
    turns = turns_of(queue)

    claimed, _ = await turns.claim({Lane.PEOPLE: 4, Lane.BULK: 2})

    assert Counter(turn.lane for turn in claimed) == {Lane.PEOPLE: 4, Lane.BULK: 2}


async def test_another_releases_reactions_are_in_nobodys_way(queue: Database) -> None:
    logs = sorted([await a_log(queue) for _ in range(2)], key=lambda log: log.organization_id)
    for log in logs:
        await plan(log, 5)
    await queue.execute(
        "UPDATE support_reaction SET name = 'newer' WHERE organization_id = $1", logs[0].organization_id
    )

    claimed, _ = await turns_of(queue).claim({Lane.NORMAL: 1})

    assert organizations(claimed) == {logs[1].organization_id: 1}


@pytest.mark.parametrize(("busy", "waiting"), [(1, 0), (40, 0), (2, 200)])
async def test_a_claim_reads_few_pages_however_much_is_due(queue: Database, busy: int, waiting: int) -> None:
    logs = [await a_log(queue) for _ in range(busy + waiting)]
    for log in logs[:busy]:
        await plan(log, 20_000 // busy)
    for log in logs[busy:]:
        await plan(log, 20, waits=True)
    await queue.execute("ANALYZE support_reaction")

    settled = await explained(queue)

    scans = {node["Index Name"] if "Index Name" in node else node["Node Type"] for node in reads(settled)}
    assert scans == {"support_reaction_by_turn", "support_reaction_pkey"}
    assert settled["Shared Hit Blocks"] + settled["Shared Read Blocks"] < FEW


async def test_a_plan_from_a_quiet_hour_is_good_in_a_busy_one(queue: Database) -> None:
    log = await a_log(queue)
    await plan(log, 5_000)
    await queue.execute("UPDATE support_reaction SET status = 'done', finished_at = created_at")
    await queue.execute("ANALYZE support_reaction")

    settled = await explained(queue, lambda: plan(log, 5_000))

    assert settled["Actual Rows"] == 16
    assert settled["Shared Hit Blocks"] + settled["Shared Read Blocks"] < FEW


async def test_a_claim_is_planned_once(tasks_url: str) -> None:
    async with Database.connect(tasks_url, connections=1) as database:
        for _ in range(6):
            await turns_of(database).claim({Lane.NORMAL: 1})

        planned = await database.fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1", CLAIM
        )

    assert planned == [(6, 0)]


async def _nothing() -> None:
    pass


async def explained(database: Database, meanwhile: Callable[[], Awaitable[None]] = _nothing) -> dict[str, Any]:
    """How PostgreSQL claims 16 in a lane; `meanwhile` happens once it has a plan."""
    now = database.now()
    values = ([*Lane], [NOBODY] * 3, [16] * 3, [NAME], now, now + TERMS.lease, TERMS.attempts, [], [], [])
    async with database.transaction() as connection:
        await connection.execute(ONE_PLAN)
        await connection.execute(f"PREPARE claiming AS {CLAIM}")
        spelled = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE claiming({', '.join(map(literal, values))})"
        await connection.fetchval(spelled)
        await meanwhile()
        for _ in range(3):
            plan: dict[str, Any] = json.loads(await connection.fetchval(spelled))[0]["Plan"]
    return plan


def reads(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a plan that read the table of reactions."""
    inner = [node for part in plan.get("Plans", []) for node in reads(part)]
    own = [plan] if plan.get("Relation Name") == "support_reaction" and "Scan" in plan["Node Type"] else []
    return own + inner


def test_each_lane_has_seats_to_itself_and_the_urgent_one_has_the_rest() -> None:
    seats = Seats(16)

    assert seats.rooms(set(Lane)) == {Lane.PEOPLE: 10, Lane.NORMAL: 4, Lane.BULK: 2}
    assert seats.rooms({Lane.BULK}) == {Lane.BULK: 8}
    assert seats.rooms({Lane.NORMAL, Lane.BULK}) == {Lane.NORMAL: 10, Lane.BULK: 2}


def test_bulk_never_takes_the_seats_of_those_who_wait() -> None:
    seats = Seats(16)
    while rooms := seats.rooms({Lane.BULK, Lane.NORMAL}):
        for lane in rooms:
            seats.take(lane)

    assert seats.rooms(set(Lane)) == {Lane.PEOPLE: 4}


def test_a_single_seat_goes_to_the_most_urgent() -> None:
    seats = Seats(1)

    assert seats.rooms(set(Lane)) == {Lane.PEOPLE: 1}
    assert seats.rooms({Lane.BULK}) == {Lane.BULK: 1}
    seats.take(Lane.BULK)
    assert seats.rooms(set(Lane)) == {}
    seats.give_back(Lane.BULK)
    assert seats.rooms({Lane.NORMAL}) == {Lane.NORMAL: 1}
