"""Timers find what is due, any number of them, and everything is recorded once"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from models.cron import Cron
from models.database import Database
from models.service_level_events import SlaBreached, SlaPolicyApplied, SlaWarning
from resolvers.recalculation import TICKETS_AT_ONCE, left_behind
from tasks.sla_timer import POLL, SlaTimer
from tests.sla.desks import FRIDAY, HOUR, MINUTE, Desk, key, policy
from tests.tasks.parts import Clock

Desks = Callable[[], Awaitable[Desk]]
CRON = Cron.parse("*/5 * * * *")
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def timed(an_empty_database: Database, clock: Clock) -> Database:
    """A database to itself: timers look after all organizations."""
    an_empty_database.now = clock
    return an_empty_database


def a_timer(database: Database, batch: int = 100) -> SlaTimer:
    """A timer that is turned by hand."""
    return SlaTimer(database, asyncio.Event(), CRON, batch=batch)


async def tickets_of(desk: Desk, many: int) -> list[Any]:
    """Tickets whose clocks have been reckoned once."""
    tickets = [await desk.helpdesk.ticket() for _ in range(many)]
    await desk.follow()
    return tickets


async def alerts(desk: Desk, ticket: Any) -> list[tuple[type[Any], datetime]]:
    """The warnings and breaches that are recorded, and of when."""
    return [
        (type(each.fact), each.occurred_at)
        for each in await desk.recorded(ticket)
        if not isinstance(each.fact, SlaPolicyApplied)
    ]


async def test_a_timer_waits_for_the_very_instant_and_then_records_it(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    (ticket,) = await tickets_of(desk, 1)
    timer = a_timer(desk.database)

    waits = [await timer.turn()]
    desk.later(3 * HOUR - timedelta(milliseconds=200))
    waits.append(await timer.turn())
    assert await alerts(desk, ticket) == []
    desk.later(timedelta(milliseconds=200))
    waits.append(await timer.turn())

    assert await alerts(desk, ticket) == [(SlaWarning, FRIDAY + 3 * HOUR)]
    # The clock is breached once it is past its due time.
    desk.later(HOUR)
    waits.append(await timer.turn())
    assert len(await alerts(desk, ticket)) == 1
    desk.later(MOMENT)
    waits.append(await timer.turn())
    assert await alerts(desk, ticket) == [(SlaWarning, FRIDAY + 3 * HOUR), (SlaBreached, FRIDAY + 4 * HOUR)]
    assert waits == [POLL, timedelta(milliseconds=200), POLL, MOMENT, POLL]


async def test_the_cron_finds_what_a_timer_missed_at_the_same_instants(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    tickets = await tickets_of(desk, 3)
    desk.later(20 * HOUR)

    assert await a_timer(desk.database, batch=2).sweep() == 3

    for ticket in tickets:
        assert await alerts(desk, ticket) == [(SlaBreached, FRIDAY + 4 * HOUR), (SlaBreached, FRIDAY + 8 * HOUR)]
    assert await a_timer(desk.database).sweep() == 0


async def test_three_workers_and_one_that_is_killed_record_everything_once(a_desk: Desks) -> None:
    desk, other = await a_desk(), await a_desk()
    for each in (desk, other):
        await each.promise(policy(hours=4, warn_before=HOUR))
    tickets = [(each, ticket) for each in (desk, other) for ticket in await tickets_of(each, 6)]
    held = [key(ticket) for _, ticket in tickets[::3]]
    timers = [a_timer(desk.database, batch=2) for _ in range(3)]

    for span in (3 * HOUR, HOUR + MOMENT):
        desk.later(span)
        async with desk.database.connection() as killed:
            # What a worker has in hand at the moment of its death.
            await killed.execute("BEGIN")
            await killed.execute("SELECT FROM support_ticket_sla WHERE id = ANY($1) FOR NO KEY UPDATE", held)
            await asyncio.gather(*(timer.turn() for timer in timers))
            in_hand = [await alerts(each, ticket) for each, ticket in tickets if key(ticket) in held]
            backend = await killed.fetchval("SELECT pg_backend_pid()")
            await desk.database.execute("SELECT pg_terminate_backend($1, 10000)", backend)
        assert all(SlaBreached not in dict(known) for known in in_hand)
        await asyncio.gather(*(timer.turn() for timer in timers))

    for each, ticket in tickets:
        assert await alerts(each, ticket) == [(SlaWarning, FRIDAY + 3 * HOUR), (SlaBreached, FRIDAY + 4 * HOUR)]


async def test_a_worker_that_is_interrupted_anywhere_leaves_nothing_half_done(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    (ticket,) = await tickets_of(desk, 1)
    desk.later(5 * HOUR)

    for steps in count():
        look = asyncio.create_task(a_timer(desk.database).sweep())
        for _ in range(steps):
            await asyncio.sleep(0)
        look.cancel()
        (outcome,) = await asyncio.gather(look, return_exceptions=True)
        if not isinstance(outcome, asyncio.CancelledError):
            break
        assert len(await alerts(desk, ticket)) <= 1

    assert await alerts(desk, ticket) == [(SlaBreached, FRIDAY + 4 * HOUR)]


async def test_a_clock_that_jumps_back_records_nothing_twice(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    (ticket,) = await tickets_of(desk, 1)
    timer = a_timer(desk.database)
    for hours in (3.5, -1, 1, 0.6, -1, -1, 3):
        desk.later(hours * HOUR)
        await timer.turn()

    assert await alerts(desk, ticket) == [(SlaWarning, FRIDAY + 3 * HOUR), (SlaBreached, FRIDAY + 4 * HOUR)]


async def test_a_ticket_that_can_not_be_reckoned_keeps_nobody_waiting(
    a_desk: Desks, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    broken, sound = await tickets_of(desk, 2)
    await desk.database.execute(
        f"ALTER TABLE support_sla_clock ADD CHECK (ticket_id <> '{key(broken)}' OR NOT breach_recorded)"
    )
    timer = a_timer(desk.database)
    desk.later(4 * HOUR + MOMENT)

    with caplog.at_level(logging.ERROR):
        assert await timer.turn() == POLL

    assert await alerts(desk, sound) == [(SlaBreached, FRIDAY + 4 * HOUR)]
    assert [record.getMessage() for record in caplog.records] == [
        f"Ticket {key(broken)} can't be reckoned, and is tried again later."
    ]
    assert await timer.turn() == POLL
    assert len(caplog.records) == 1
    desk.later(MINUTE)
    await timer.turn()
    assert len(caplog.records) == 2


async def test_what_earlier_releases_left_without_clocks_gets_them_at_the_start(a_desk: Desks) -> None:
    desk, without = await a_desk(), await a_desk()
    await desk.promise(policy(hours=4))
    tickets = [await desk.helpdesk.ticket() for _ in range(TICKETS_AT_ONCE + 1)]
    await without.helpdesk.ticket()
    closed = await desk.helpdesk.ticket()
    desk.later(5 * HOUR)
    await desk.helpdesk.agent.close_ticket(ticket_id=closed["id"])
    await desk.look(closed)
    # As they were before resolved and closed tickets had an outcome.
    before = "UPDATE support_ticket SET sla_state = 'breached', sla_due_at = $2 WHERE id = $1"
    await desk.database.execute(before, key(closed), FRIDAY + 4 * HOUR)
    breached = "{ tickets(filter: {slaState: [BREACHED]}) { totalCount } }"
    assert await desk.helpdesk.agent.query(breached) == {"tickets": {"totalCount": 1}}

    await a_timer(desk.database).catch_up()

    assert await desk.helpdesk.agent.query(breached) == {"tickets": {"totalCount": len(tickets)}}
    assert await alerts(desk, tickets[0]) == [(SlaBreached, FRIDAY + 4 * HOUR)]
    assert await left_behind(desk.system) == []
    # Where nothing is promised there is nothing to do.
    assert len(await left_behind(without.system)) == 1
