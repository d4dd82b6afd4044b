"""The month's quota of tickets, wherever tickets are opened"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.actors import Actor
from models.database import Database, utc_now
from models.errors import InvalidInput
from models.writer import month_after, month_of
from resolvers.quota import QuotaUse, quota_use, set_ticket_quota
from resolvers.tickets import NewTicket, create_ticket
from tests.access.traces import traces
from tests.client import Problem
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]


async def limited(world: World, limit: int | None) -> None:
    """Give the organization a quota."""
    await set_ticket_quota(Actor.system(world.database, world.id), limit)


async def used(world: World) -> QuotaUse:
    """What has been used of it."""
    return await quota_use(world.admin, world.database.fetch)


def used_up(limit: int) -> Problem:
    """What agents are told."""
    day = month_after(month_of(utc_now()))
    return Problem(
        "QUOTA_EXCEEDED",
        f"The organization's {limit:,} tickets of this month are used up; it can open more on"
        f" {day:%B} {day.day}, {day.year} (UTC).",
    )


async def opened(by: Any) -> Any:
    """One more ticket."""
    return await by.create_ticket(input={"subject": "It broke", "body": "Please help."})


async def test_tickets_are_counted_with_and_without_a_limit(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    reset = datetime.combine(month_after(month_of(utc_now())), datetime.min.time(), UTC)
    assert await used(world) == QuotaUse(0, None, reset)

    await opened(helpdesk.customer)
    await limited(world, 5)
    ticket = await opened(helpdesk.agent)
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    assert await used(world) == QuotaUse(2, 5, reset)


async def test_a_used_up_quota_refuses_and_leaves_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await limited(world, 1)
    ticket = await opened(helpdesk.customer)
    before = await traces(world.database, world.id)

    assert await opened(helpdesk.agent) == used_up(1)
    told = (await opened(helpdesk.customer)).message
    day = month_after(month_of(utc_now()))
    assert told == f"No new tickets can be opened here before {day:%B} {day.day}, {day.year} (UTC)."
    assert await traces(world.database, world.id) == before
    # Everything but new tickets goes on.
    assert (await helpdesk.customer.add_message(input={"ticket_id": ticket["id"], "body": "Hello?"}))["id"]
    await limited(world, None)
    assert (await opened(helpdesk.customer))["number"] == 2


@pytest.mark.parametrize("limit", [0, 7])
async def test_exactly_the_limit_gets_in_when_many_come_at_once(a_helpdesk: Make, limit: int) -> None:
    helpdesk = await a_helpdesk()
    await limited(helpdesk.world, limit)

    results = await asyncio.gather(*(opened(helpdesk.agent) for _ in range(20)))

    refused = [result for result in results if isinstance(result, Problem)]
    assert refused == [used_up(limit)] * (20 - limit)
    assert {result["number"] for result in results if not isinstance(result, Problem)} == set(range(1, limit + 1))
    assert (await used(helpdesk.world)).used == limit


@pytest.mark.parametrize("month", [None, date(2024, 2, 1)])
async def test_another_month_begins_at_nothing(a_helpdesk: Make, month: date | None) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await limited(world, 1)
    await world.database.execute(
        "UPDATE support_event_counter SET quota_month = $1, quota_used = 9 WHERE organization_id = $2", month, world.id
    )
    assert (await used(world)).used == 0

    await opened(helpdesk.customer)

    assert (await used(world)).used == 1
    assert await opened(helpdesk.agent) == used_up(1)


async def test_a_clock_that_is_behind_counts_for_the_month_that_has_begun(a_helpdesk: Make, database_url: str) -> None:
    helpdesk = await a_helpdesk()
    await limited(helpdesk.world, 2)
    await opened(helpdesk.customer)

    async with Database.connect(database_url, clock=lambda: utc_now() - timedelta(days=40)) as late:
        await create_ticket(replace(helpdesk.world.agent, database=late), NewTicket("It broke", "Please help."))

    assert (await used(helpdesk.world)).used == 2
    assert await opened(helpdesk.agent) == used_up(2)


@pytest.mark.parametrize("limit", [-1, 1_000_000_001])
async def test_a_quota_is_a_number_that_can_be(a_helpdesk: Make, limit: int) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(InvalidInput):
        await limited(helpdesk.world, limit)


@pytest.mark.parametrize(
    ("instant", "month", "after"),
    [
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 12, 1), date(2027, 1, 1)),
        (datetime(2027, 1, 1, 0, 30, tzinfo=UTC).astimezone(UTC), date(2027, 1, 1), date(2027, 2, 1)),
        (datetime.fromisoformat("2024-03-01T00:30:00+02:00"), date(2024, 2, 1), date(2024, 3, 1)),
    ],
)
def test_months_are_those_of_utc(instant: datetime, month: date, after: date) -> None:
    assert month_of(instant) == month
    assert month_after(month) == after
