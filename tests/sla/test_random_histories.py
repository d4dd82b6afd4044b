"""Of random lives, told by any number of workers in any order, the stored clocks are what the events tell"""

from __future__ import annotations

import asyncio
import random

import pytest

from models.actors import Actor, Role
from models.database import Database
from resolvers.organizations import add_member
from resolvers.recalculation import reckon_new
from resolvers.reckoning import reckon
from resolvers.verification import verify_clocks
from tests.sla.desks import FRIDAY, promise
from tests.sla.histories import a_calendar, a_policy, batches, import_pasts, promises, ticket_ids, work_on
from tests.tasks.parts import Clock, a_log


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
async def test_none_differs(timed: Database, clock: Clock, count: int) -> None:
    chance = random.Random(count)
    clock.now = FRIDAY
    system = await a_log(timed)
    member = await add_member(timed, system.organization_id, Role.AGENT, "Agent", "agent@example.test")
    agent = Actor.member(timed, system.organization_id, member.id, Role.AGENT)
    await import_pasts(system, chance, range(count // 2))
    policy_id, calendar_id = await promises(system, chance)
    while await reckon_new(system):
        pass
    await import_pasts(system, chance, range(count // 2, count))
    ids = await ticket_ids(timed, system.organization_id)
    for seed in range(3):
        # Half of them are followed at once, all of them at the end; edits of policies come in between.
        await work_on(agent, chance, clock, ids)
        await asyncio.gather(*(reckon(system, some) for some in batches(chance.sample(ids, len(ids) // 2))))
        await promise(system, a_policy(random.Random(seed), "Others", position=2, is_default=True), of=policy_id)
        await promise(system, a_calendar(random.Random(seed), is_default=True), of=calendar_id)
    await asyncio.gather(*(reckon(system, some) for some in batches(ids)))

    seen, after = 0, None
    while True:
        verified, after = await verify_clocks(system, after)
        assert (verified.behind, list(verified.differences[:3])) == (0, [])
        seen += verified.tickets
        if after is None:
            break
    assert seen == len(ids) >= count * 0.9
    assert all([await reckon(system, some) == 0 for some in batches(ids)])
