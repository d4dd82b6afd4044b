"""Clocks are reckoned from the log, at the true instants, and what is new is recorded once"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from models.service_level_events import SlaBreached, SlaPolicyApplied, SlaWarning
from models.sla import SlaClockKind, SlaState
from tests.sla.desks import FRIDAY, HOUR, MINUTE, Desk, calendar, policy, renamed

Desks = Callable[[], Awaitable[Desk]]


async def test_a_new_ticket_gets_the_clocks_that_are_promised(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()

    await desk.follow()

    first, resolution = await desk.clocks(ticket)
    assert (first.kind, first.state, first.due_at) == (
        SlaClockKind.FIRST_RESPONSE,
        SlaState.RUNNING,
        FRIDAY + 4 * HOUR,
    )
    assert (resolution.kind, resolution.due_at, resolution.warn_at) == (
        SlaClockKind.RESOLUTION,
        FRIDAY + 8 * HOUR,
        FRIDAY + 7 * HOUR,
    )
    assert (await desk.sla(ticket)).next_at == FRIDAY + 3 * HOUR
    (applied,) = await desk.recorded(ticket)
    assert isinstance(applied.fact, SlaPolicyApplied)
    assert (applied.occurred_at, applied.fact.policy_version_id) == (FRIDAY, first.policy_version_id)


async def test_without_a_policy_there_are_no_clocks(a_desk: Desks) -> None:
    desk = await a_desk()
    ticket = await desk.helpdesk.ticket()

    await desk.follow()

    assert await desk.clocks(ticket) == []
    assert await desk.recorded(ticket) == []


async def test_a_breach_is_recorded_at_its_instant_by_a_worker_that_was_away_for_a_day(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    desk.later(24 * HOUR)

    await desk.follow()

    recorded = await desk.recorded(ticket)
    assert [(type(each.fact), each.occurred_at) for each in recorded] == [
        (SlaPolicyApplied, FRIDAY),
        (SlaBreached, FRIDAY + 4 * HOUR),
        (SlaBreached, FRIDAY + 8 * HOUR),
    ]
    assert all(each.recorded_at == FRIDAY + 24 * HOUR for each in recorded)
    assert (await desk.sla(ticket)).next_at is None


async def test_at_the_due_instant_a_clock_runs_and_a_millisecond_later_it_is_breached(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()

    desk.later(4 * HOUR)
    assert await desk.look(ticket) == 0
    due = await desk.clocks(ticket)
    desk.later(timedelta(milliseconds=1))
    assert await desk.look(ticket) == 1
    late = await desk.clocks(ticket)

    assert (due[0].state, late[0].state, late[0].breached_at) == (
        SlaState.RUNNING,
        SlaState.BREACHED,
        FRIDAY + 4 * HOUR,
    )


async def test_a_warning_comes_once(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()

    for _ in range(3):
        desk.later(HOUR + MINUTE)
        await desk.look(ticket)

    warnings = [each for each in await desk.recorded(ticket) if isinstance(each.fact, SlaWarning)]
    assert [(each.occurred_at, each.fact) for each in warnings] == [
        (FRIDAY + 3 * HOUR, SlaWarning(SlaClockKind.FIRST_RESPONSE, 0, FRIDAY + 4 * HOUR))
    ]


async def test_many_workers_at_once_record_everything_once(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    tickets = [await desk.helpdesk.ticket() for _ in range(3)]
    desk.later(5 * HOUR)

    changed = await asyncio.gather(*(desk.look(*order) for order in (tickets, tickets[::-1], tickets[1:]) * 3))

    assert sum(changed) == 3
    for ticket in tickets:
        assert [type(each.fact) for each in await desk.recorded(ticket)] == [SlaPolicyApplied, SlaBreached]


async def test_the_ticket_itself_does_not_change(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy())
    ticket = await desk.helpdesk.ticket()
    shown = "query($id: ID!) { ticket(id: $id) { version updatedAt } }"
    before = [await who.query(shown, id=ticket["id"]) for who in (desk.helpdesk.agent, desk.helpdesk.customer)]
    desk.later(HOUR)

    await desk.follow()

    assert [await who.query(shown, id=ticket["id"]) for who in (desk.helpdesk.agent, desk.helpdesk.customer)] == before


async def test_an_edit_holds_from_its_instant_and_another_name_is_no_edit(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(3 * HOUR)
    await desk.promise(renamed(policy(hours=4), "Gold"), of=policy_id)
    await desk.look(ticket)
    desk.later(30 * MINUTE)
    await desk.promise(policy(hours=2), of=policy_id)

    await desk.look(ticket)

    first, _resolution = await desk.clocks(ticket)
    assert (first.state, first.due_at, first.breached_at) == (
        SlaState.BREACHED,
        FRIDAY + 2 * HOUR,
        FRIDAY + 3.5 * HOUR,
    )
    applied = [each for each in await desk.recorded(ticket) if isinstance(each.fact, SlaPolicyApplied)]
    assert [each.occurred_at for each in applied] == [FRIDAY, FRIDAY + 3.5 * HOUR]


async def test_a_withdrawn_promise_takes_its_clocks_with_it_but_not_its_breaches(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    desk.later(5 * HOUR)
    await desk.follow()
    await desk.withdraw(policy_id)

    await desk.look(ticket)

    (first,) = await desk.clocks(ticket)
    assert (first.kind, first.state, first.due_at) == (SlaClockKind.FIRST_RESPONSE, SlaState.BREACHED, None)


async def test_a_resolved_ticket_keeps_its_promise_until_it_comes_back(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await desk.follow()
    desk.later(HOUR)
    await desk.promise(policy(hours=1), of=policy_id)

    assert await desk.look(ticket) == 0
    kept = (await desk.clocks(ticket))[1]
    desk.later(HOUR)
    await desk.helpdesk.agent.reopen_ticket(ticket_id=ticket["id"])
    await desk.follow()
    again = (await desk.clocks(ticket))[1]

    assert (kept.state, kept.target_seconds) == (SlaState.MET, 8 * 3600)
    assert (again.state, again.target_seconds, again.due_at) == (SlaState.RUNNING, 2 * 3600, FRIDAY + 4 * HOUR)


async def test_what_a_policy_and_a_calendar_change_at_once_is_never_seen_by_halves(a_desk: Desks) -> None:
    """Under the new hours but the old calendar, the ticket would have been late."""
    desk = await a_desk()
    (office,) = await desk.promise(calendar())
    (policy_id,) = await desk.promise(policy(hours=48))
    desk.clock.now = FRIDAY + 8 * HOUR
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(24 * HOUR)
    await desk.promise(policy(hours=4, calendar_id=office), of=policy_id)

    await desk.look(ticket)

    first, _resolution = await desk.clocks(ticket)
    assert (first.state, first.breached_at) == (SlaState.RUNNING, None)
    assert first.due_at == FRIDAY + 3 * 24 * HOUR + 3 * HOUR
