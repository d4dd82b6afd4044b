"""Open tickets follow an edit of policies in the background, and the log says how many are promised something else"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from models.recorded import RecordedEvent
from models.service_level_events import SlaPolicyChanged, SlaRecalculated
from models.sla.definitions import Condition
from resolvers.recalculation import TICKETS_AT_ONCE
from tasks.leases import SOONEST
from tasks.reactions import ReactionSpec
from tasks.service_levels import recalculate_clocks
from tests.mutations.content import a_policy
from tests.mutations.test_lock_order import until_waited_for
from tests.queries.many import many_tickets
from tests.sla.desks import FRIDAY, HOUR, Desk, policy, renamed
from tests.tasks.parts import worker_of

Desks = Callable[[], Awaitable[Desk]]


async def recalculations(desk: Desk) -> list[SlaRecalculated]:
    """What the organization's log says of them."""
    rows = await desk.database.fetch(
        "SELECT * FROM support_event WHERE organization_id = $1 AND type = 'SlaRecalculated' ORDER BY seq",
        desk.system.organization_id,
    )
    facts = [RecordedEvent.from_row(row).fact for row in rows]
    return [fact for fact in facts if isinstance(fact, SlaRecalculated)]


async def test_all_open_tickets_follow_and_finished_ones_stay(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    many = TICKETS_AT_ONCE + 5
    tickets = await many_tickets(desk.helpdesk.world, many)
    closed = await desk.helpdesk.ticket()
    await desk.helpdesk.agent.close_ticket(ticket_id=closed["id"])
    await desk.follow()
    desk.later(HOUR)
    await desk.promise(policy(hours=2), of=policy_id)

    await desk.follow()

    *_, last = await recalculations(desk)
    assert (last.policy_id, last.calendar_id, last.tickets, last.changed) == (policy_id, None, many, many)
    assert {(await desk.clocks(ticket.id))[0].due_at for ticket in tickets} == {FRIDAY + 2 * HOUR}
    assert (await desk.clocks(closed))[1].due_at == FRIDAY + 8 * HOUR


async def test_another_name_changes_no_ticket_and_a_policy_that_fits_some_changes_some(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    tagged, _plain = [await desk.helpdesk.ticket() for _ in range(2)]
    await desk.helpdesk.agent.add_ticket_tags(ticket_id=tagged["id"], tags=["vip"])
    await desk.follow()
    tag_id = await desk.database.fetchval(
        "SELECT id FROM support_tag WHERE organization_id = $1", desk.system.organization_id
    )
    await desk.promise(renamed(policy(hours=4), "Gold"), of=policy_id)
    await desk.follow()
    await desk.promise(policy("Vips", hours=1, is_default=False, conditions=(Condition(tags=frozenset({tag_id})),)))

    await desk.follow()

    assert [(each.tickets, each.changed) for each in (await recalculations(desk))[-2:]] == [(2, 0), (2, 1)]


async def test_a_worker_that_was_cut_off_goes_on_and_counts_all(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    tickets = await many_tickets(desk.helpdesk.world, 6)
    await desk.follow()
    await desk.promise(policy(hours=2), of=policy_id)
    await desk.look(*[ticket.id for ticket in tickets[:4]])

    await desk.follow()

    assert (await recalculations(desk))[-1].changed == 6


async def test_changes_of_one_write_are_one_edit(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.helpdesk.ticket()
    await desk.promise(policy("Before", is_default=False), policy("After"))

    await desk.follow()

    assert [each.changed for each in await recalculations(desk)] == [1]


async def test_an_edit_that_had_to_wait_for_another_is_later_and_not_the_same(a_desk: Desks) -> None:
    desk = await a_desk()
    async with desk.database.transaction() as other:
        await other.execute(
            "SELECT FROM support_organization WHERE id = $1 FOR NO KEY UPDATE", desk.system.organization_id
        )
        making = asyncio.create_task(a_policy(desk.helpdesk))
        await until_waited_for(desk.database, other)
        desk.later(HOUR)

    assert (await making)["createdAt"] == "2026-11-06T10:00:00.000Z"


async def test_many_tickets_follow_step_by_step(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    tickets = await many_tickets(desk.helpdesk.world, 7)
    await desk.follow()
    await desk.promise(policy(hours=2), of=policy_id)
    in_steps = ReactionSpec("recalculate", partial(recalculate_clocks, most=3))
    worker = worker_of(desk.database, {SlaPolicyChanged: (in_steps,)})

    followed = []
    for _ in range(3):
        await worker.step(desk.system)
        clocks = [(await desk.clocks(ticket.id))[0] for ticket in tickets]
        followed.append(sum(clock.due_at == FRIDAY + 2 * HOUR for clock in clocks))
        assert len(await recalculations(desk)) == (2 if len(followed) == 3 else 1)
        desk.later(SOONEST)

    assert followed == [3, 6, 7]
    *_, last = await recalculations(desk)
    assert (last.tickets, last.changed) == (7, 7)
