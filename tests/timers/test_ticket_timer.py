"""A snoozed ticket comes back when it is time, a resolved one is closed after the organization's hours: each once"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import decode
from models.actors import Role
from models.database import Database
from resolvers.due_tickets import due_tickets
from tasks.ticket_timer import TicketTimer
from tests.client import Client
from tests.serving import serving
from tests.tasks.parts import Clock
from tests.world import Helpdesk, make_world

HOUR, MOMENT = timedelta(hours=1), timedelta(milliseconds=1)
SHOWN = "query($id: ID!) { ticket(id: $id) { status closedAt pendingUntil version } }"
LAST_EVENTS = "query($id: ID!) { ticket(id: $id) { events(last: 1) { nodes { __typename actorKind } } } }"

Make = Callable[[], Awaitable[Helpdesk]]


@pytest.fixture
def clock() -> Clock:
    """The time, which stands still."""
    return Clock()


@pytest.fixture
def timed(an_empty_database: Database, clock: Clock) -> Database:
    """A database to itself: timers look after all organizations."""
    an_empty_database.now = clock
    return an_empty_database


@pytest.fixture
async def a_helpdesk(timed: Database, services: Services) -> AsyncIterator[Make]:
    app = Application(Engine(timed, replace(services, database=timed)))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:

        async def make() -> Helpdesk:
            world = await make_world(timed)
            return Helpdesk(world, *(Client(http, world.token(role)) for role in Role))

        yield make


async def resolved(helpdesk: Helpdesk) -> Any:
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    return ticket


async def snoozed(helpdesk: Helpdesk, until: datetime) -> Any:
    ticket = await helpdesk.ticket()
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status="PENDING")
    await helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "pending_until": until.isoformat()})
    return ticket


async def closing_after(helpdesk: Helpdesk, hours: int | None) -> None:
    await helpdesk.admin.update_support_settings(input={"auto_close_after_hours": hours})


async def shown(helpdesk: Helpdesk, ticket: Any) -> Any:
    return (await helpdesk.agent.query(SHOWN, id=ticket["id"]))["ticket"]


async def test_a_resolved_ticket_is_closed_after_three_days(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk, timer = await a_helpdesk(), TicketTimer(timed)
    ticket = await resolved(helpdesk)
    clock.now += 72 * HOUR - MOMENT
    assert await timer.turn() == 0

    clock.now += MOMENT
    assert await timer.turn() == 1

    known = await shown(helpdesk, ticket)
    assert known["status"] == "CLOSED"
    assert datetime.fromisoformat(known["closedAt"]) == clock.now
    assert (await helpdesk.events(ticket))[-2:] == ["TicketResolved", "TicketClosed"]
    assert await timer.turn() == 0


@pytest.mark.parametrize(("hours", "closed"), [(0, 1), (1, 0), (None, 0)])
async def test_the_organizations_hours_decide(
    a_helpdesk: Make, timed: Database, hours: int | None, closed: int
) -> None:
    helpdesk = await a_helpdesk()
    await closing_after(helpdesk, hours)
    await resolved(helpdesk)

    assert await TicketTimer(timed).turn() == closed


async def test_changed_hours_go_for_tickets_that_are_resolved_already(
    a_helpdesk: Make, timed: Database, clock: Clock
) -> None:
    helpdesk, timer = await a_helpdesk(), TicketTimer(timed)
    await closing_after(helpdesk, None)
    await resolved(helpdesk)
    clock.now += 1000 * HOUR
    assert await timer.turn() == 0

    await closing_after(helpdesk, 48)

    assert await timer.turn() == 1


async def test_a_ticket_that_came_back_counts_anew(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk, timer = await a_helpdesk(), TicketTimer(timed)
    ticket = await resolved(helpdesk)
    clock.now += 71 * HOUR
    await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])
    clock.now += 2 * HOUR
    assert await timer.turn() == 0
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    clock.now += 71 * HOUR
    assert await timer.turn() == 0

    clock.now += HOUR

    assert await timer.turn() == 1


async def test_a_snoozed_ticket_is_open_again_when_it_is_time(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk, timer = await a_helpdesk(), TicketTimer(timed)
    ticket = await snoozed(helpdesk, clock.now + HOUR)
    clock.now += HOUR - MOMENT
    assert await timer.turn() == 0
    clock.now += MOMENT
    assert await timer.turn() == 1

    known = await helpdesk.agent.query(LAST_EVENTS, id=ticket["id"])
    assert known["ticket"]["events"]["nodes"][-1] == {"__typename": "TicketStatusChanged", "actorKind": "SYSTEM"}
    assert (await shown(helpdesk, ticket))["pendingUntil"] is None
    assert (await shown(helpdesk, ticket))["status"] == "OPEN"


async def test_who_is_no_longer_snoozed_stays_pending(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk = await a_helpdesk()
    ticket = await snoozed(helpdesk, clock.now + HOUR)
    await helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "pending_until": None})
    clock.now += 2 * HOUR

    assert await TicketTimer(timed).turn() == 0
    assert (await shown(helpdesk, ticket))["status"] == "PENDING"


async def test_many_timers_move_each_ticket_once(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesks = [await a_helpdesk() for _ in range(2)]
    tickets = [(each, await snoozed(each, clock.now + HOUR)) for each in helpdesks for _ in range(7)]
    clock.now += HOUR

    moved = await asyncio.gather(*(TicketTimer(timed, batch=2).turn() for _ in range(4)))
    moved.append(await TicketTimer(timed).turn())

    assert sum(moved) == len(tickets)
    for helpdesk, ticket in tickets:
        assert (await helpdesk.events(ticket)).count("TicketStatusChanged") == 2


async def test_what_somebody_changes_meanwhile_is_left_to_them(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk = await a_helpdesk()
    ticket, other = [await resolved(helpdesk) for _ in range(2)]
    clock.now += 72 * HOUR
    timer = TicketTimer(timed)
    async with timed.transaction() as connection:
        await connection.execute("SELECT FROM support_ticket WHERE id = $1 FOR UPDATE", decode("tkt", ticket["id"]))
        assert await timer.turn() == 1

    assert [(await shown(helpdesk, each))["status"] for each in (ticket, other)] == ["RESOLVED", "CLOSED"]
    assert await timer.turn() == 1


async def test_a_ticket_that_can_not_be_moved_keeps_nobody_waiting(
    a_helpdesk: Make, timed: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    helpdesk = await a_helpdesk()
    broken, sound = [await resolved(helpdesk) for _ in range(2)]
    broken_id = decode("tkt", broken["id"])
    await timed.execute(f"ALTER TABLE support_ticket ADD CHECK (id <> '{broken_id}' OR status <> 'closed')")
    clock.now += 72 * HOUR
    timer = TicketTimer(timed)

    with caplog.at_level(logging.ERROR):
        assert [await timer.turn(), await timer.turn()] == [1, 0]

    assert (await shown(helpdesk, sound))["status"] == "CLOSED"
    assert [record.getMessage() for record in caplog.records] == [
        f"Ticket {broken_id} can't be moved on, and is tried again later."
    ]


async def test_an_organization_with_many_due_tickets_does_not_keep_another_waiting(
    a_helpdesk: Make, timed: Database, clock: Clock
) -> None:
    many, one = await a_helpdesk(), await a_helpdesk()
    for _ in range(3):
        await resolved(many)
    await resolved(one)
    clock.now += 72 * HOUR

    found = await due_tickets(timed, clock.now, [], 2)

    assert sorted(organization_id for organization_id, _ in found) == sorted([many.world.id] * 2 + [one.world.id])


async def test_a_worker_looks_every_so_often(a_helpdesk: Make, timed: Database, clock: Clock) -> None:
    helpdesk = await a_helpdesk()
    ticket = await snoozed(helpdesk, clock.now + HOUR)
    moved = asyncio.Event()
    timed.on_commit(lambda _organization_id, _seq: moved.set())
    async with TicketTimer(timed, poll=MOMENT).running(), asyncio.timeout(20):
        clock.now += HOUR
        await moved.wait()
    assert (await shown(helpdesk, ticket))["status"] == "OPEN"
