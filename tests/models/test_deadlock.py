"""Two writes that wait for each other: one goes on, the other is told to try again"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from models.errors import Conflict
from models.writer import organization_write
from resolvers.access import access_ticket
from tests.queries.many import many_tickets
from tests.world import World

Make = Callable[[], Awaitable[World]]


async def test_one_of_two_that_wait_for_each_other_is_told_to_try_again(an_organization: Make) -> None:
    world = await an_organization()
    first, second = (ticket.id for ticket in await many_tickets(world, 2))
    both_hold = asyncio.Barrier(2)

    async def lock_both(one: UUID, other: UUID) -> None:
        async with organization_write(world.agent) as write:
            await access_ticket(write, one)
            await both_hold.wait()
            await access_ticket(write, other)

    outcomes = await asyncio.gather(lock_both(first, second), lock_both(second, first), return_exceptions=True)

    (refusal,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refusal, Conflict)
    assert refusal.message == "Somebody else was changing the same things at the same moment; try again."
