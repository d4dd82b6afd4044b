"""What happens in time counts as that, whoever commits first; and what is recorded has happened"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from models.actors import ActorKind
from models.lifecycle import TicketPriority
from models.retelling import MOMENT
from models.service_level_events import SlaBreached, SlaPolicyApplied, SlaWarning
from models.sla import PolicyDefinition, SlaState, Targets
from models.sla.promises import Policy
from models.writer import organization_write, repeated_if_overtaken
from resolvers.access import access_ticket
from resolvers.tickets import append_message
from resolvers.verification import Difference, verify_clocks
from tests.sla.desks import FRIDAY, HOUR, MINUTE, Desk, enter, key, policy

Desks = Callable[[], Awaitable[Desk]]
DUE = FRIDAY + 4 * HOUR
TIMER = timedelta(hours=4) + MOMENT


@asynccontextmanager
async def nobody_commits(desk: Desk) -> AsyncIterator[None]:
    """Whatever is written in the organization waits with its last statement until the block is left."""
    async with asyncio.timeout(60), desk.database.transaction() as connection:
        counter = "SELECT FROM support_event_counter WHERE organization_id = $1 FOR UPDATE"
        await connection.execute(counter, desk.system.organization_id)
        yield


async def until_waiting(desk: Desk, many: int) -> None:
    """Come back when so many wait for what others have locked; each look is a round trip."""
    waiting = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"""
    while await desk.database.fetchval(waiting) < many:
        pass


async def wrong(desk: Desk) -> list[Difference]:
    """What `helpdesk sla verify` has to say."""
    verified, _ = await verify_clocks(desk.system)
    return [*verified.differences]


def first_within(first: int, resolution: int) -> PolicyDefinition:
    """A policy that promises all priorities a first response and a resolution within so many hours."""
    targets = Targets(first_response=first * HOUR, resolution=resolution * HOUR)
    return PolicyDefinition("Standard", Policy(dict.fromkeys(TicketPriority, targets)), is_default=True)


async def test_an_answer_in_time_that_is_committed_late_is_in_time(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.clock.now = DUE

    async with nobody_commits(desk):
        answer = {"ticketId": ticket["id"], "body": "Just in time."}
        answering = asyncio.create_task(desk.helpdesk.agent.add_message(input=answer))
        await until_waiting(desk, 1)
        desk.later(MOMENT)
        looking = asyncio.create_task(desk.look(ticket))
        await until_waiting(desk, 2)
    await answering
    await looking

    first, _resolution = await desk.clocks(ticket)
    assert (first.state, first.met_at, first.breached_at) == (SlaState.MET, DUE, None)
    assert [type(each.fact) for each in await desk.recorded(ticket)] == [SlaPolicyApplied]
    assert await wrong(desk) == []


@pytest.mark.parametrize("resolution", [8, 1])
async def test_whoever_has_yet_to_write_when_a_breach_is_recorded_writes_later(a_desk: Desks, resolution: int) -> None:
    """Also where the breach changes nothing of the ticket, which another clock has made late long ago."""
    desk = await a_desk()
    await desk.promise(first_within(4, resolution))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(2 * HOUR)
    await desk.look(ticket)
    desk.clock.now = DUE
    tries = []

    async def answer() -> None:
        async with organization_write(desk.helpdesk.world.agent) as write:
            seen = await access_ticket(write, key(ticket))
            tries.append(write.now)
            if len(tries) == 1:
                desk.later(MOMENT)
                await desk.look(ticket)
            append_message(write, seen, "In time?", kind=ActorKind.AGENT, author_id=write.actor.user_id)

    await repeated_if_overtaken(answer)
    await desk.follow()

    first = (await desk.clocks(ticket))[0]
    assert tries == [DUE, DUE + MOMENT]
    assert (first.state, first.met_at, first.breached_at) == (SlaState.MET_LATE, DUE + MOMENT, DUE)
    assert await wrong(desk) == []


async def test_an_edit_that_is_committed_after_a_breach_does_not_undo_it(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.clock.now = DUE

    async with organization_write(desk.system) as write:
        await enter(write, policy(hours=8), policy_id)
        desk.later(MOMENT)
        await desk.look(ticket)
    await desk.follow()

    await a_breach_holds_and_the_promise_is_later(desk, ticket)


async def test_nor_does_one_that_is_committed_just_before(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.clock.now = DUE

    async with nobody_commits(desk):
        editing = asyncio.create_task(desk.promise(policy(hours=8), of=policy_id))
        await until_waiting(desk, 1)
        desk.later(MOMENT)
        looking = asyncio.create_task(desk.look(ticket))
        await until_waiting(desk, 2)
    await editing
    await looking
    await desk.follow()

    await a_breach_holds_and_the_promise_is_later(desk, ticket)


async def a_breach_holds_and_the_promise_is_later(desk: Desk, ticket: object) -> None:
    """The first response was late by the old promise; the new one holds since."""
    first = (await desk.clocks(ticket))[0]
    assert (first.state, first.breached_at, first.due_at) == (SlaState.BREACHED, DUE, FRIDAY + 8 * HOUR)
    recorded = [(type(each.fact), each.occurred_at) for each in await desk.recorded(ticket)]
    assert recorded == [(SlaPolicyApplied, FRIDAY), (SlaBreached, DUE), (SlaPolicyApplied, DUE + MOMENT)]
    assert await wrong(desk) == []


async def test_a_clock_that_jumps_records_nothing_twice_and_nothing_in_the_future(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    known = 0

    for hours in (0, 3.5, -1, 1, 0.6, -1, -1, 3, 2.1, -1, 2):
        now = desk.later(hours * HOUR)
        await desk.look(ticket)
        recorded = await desk.recorded(ticket)
        assert all(each.occurred_at <= now for each in recorded[known:])
        known = len(recorded)

    assert [(type(each.fact), each.occurred_at) for each in recorded] == [
        (SlaPolicyApplied, FRIDAY),
        (SlaWarning, FRIDAY + 3 * HOUR),
        (SlaBreached, DUE),
        (SlaWarning, FRIDAY + 7 * HOUR),
        (SlaBreached, FRIDAY + 8 * HOUR),
    ]
    assert await wrong(desk) == []


async def test_a_breach_stays_recorded_when_the_clock_is_set_back_before_it(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.clock.now = DUE + MOMENT
    await desk.look(ticket)

    desk.later(-HOUR)
    await desk.look(ticket)
    still = (await desk.clocks(ticket))[0]
    desk.later(MINUTE)
    await desk.helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": "In time, by this clock."})
    await desk.follow()
    answered = (await desk.clocks(ticket))[0]

    assert (still.state, still.breached_at) == (SlaState.BREACHED, DUE)
    assert (answered.state, answered.met_at, answered.breached_at) == (SlaState.MET_LATE, DUE + MOMENT, DUE)
    assert await wrong(desk) == []


async def test_what_is_due_by_a_clock_that_was_ahead_is_recorded_when_that_time_has_come(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    desk.later(5 * HOUR)
    note = {"ticketId": ticket["id"], "body": "By a clock that is ahead."}
    await desk.helpdesk.customer.add_message(input=note)
    desk.later(-4 * HOUR)

    await desk.follow()
    early = [type(each.fact) for each in await desk.recorded(ticket)]
    desk.clock.now = DUE + MOMENT
    await desk.look(ticket)

    assert early == [SlaPolicyApplied]
    recorded = [(type(each.fact), each.occurred_at) for each in await desk.recorded(ticket)]
    assert recorded == [(SlaPolicyApplied, FRIDAY), (SlaBreached, DUE)]
    assert await wrong(desk) == []
