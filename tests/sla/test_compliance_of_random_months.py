"""slaCompliance: the same figures as a naive count over the log, whatever happens to tickets"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Actor
from models.lifecycle import TicketPriority, TicketStatus
from models.recorded import RecordedEvent
from models.retelling import TOLD, Story, retold
from models.sla import (
    JUDGED,
    Policy,
    PolicyDefinition,
    SlaClockKind,
    SlaDimension,
    SlaState,
    Targets,
    compliance,
)
from resolvers.policy_book import policy_book
from tests.client import Problem
from tests.sla.desks import HOUR, MINUTE, OFFICE, Desk, calendar, key, policy
from tests.sla.test_sla_compliance import BERLIN, ask, figures
from tests.tasks.parts import Clock

Desks = Callable[[], Awaitable[Desk]]
Counted = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.mark.parametrize("seed", range(3))
async def test_figures_equal_a_naive_count_over_the_log(a_desk: Desks, clock: Clock, seed: int) -> None:
    random = Random(seed)
    clock.now = datetime(2026, 10, 22, 6, tzinfo=UTC)
    desk = await a_desk()
    await desk.helpdesk.admin.update_support_settings(input={"timezone": "Europe/Berlin"})
    tickets = await a_random_month(desk, random)
    over = {"from": "2026-10-24", "to": "2026-11-12"}

    clocks = await retold_clocks(desk, tickets)

    assert {each["state"] for each in clocks} >= JUDGED
    for by in (
        [],
        *([each] for each in SlaDimension),
        [SlaDimension.WEEK, SlaDimension.KIND],
        [SlaDimension.AGENT, SlaDimension.DAY, SlaDimension.PRIORITY],
        [SlaDimension.MONTH, SlaDimension.POLICY, SlaDimension.AGENT, SlaDimension.KIND, SlaDimension.PRIORITY],
    ):
        rows = await ask(desk, *(each.name for each in by), over=over)
        found = {tuple(_shown(row, each) for each in by): figures(row) for row in rows}
        assert found == naive(clocks, by, date(2026, 10, 24), date(2026, 11, 12))
        assert len(found) == len(rows)


async def a_random_month(desk: Desk, random: Random) -> list[Any]:
    """Tickets that all kinds of things happen to, with a worker that is often late, and at last away for hours."""
    helpdesk = desk.helpdesk
    (first, _) = await desk.promise(policy("First", hours=3), calendar(hours=OFFICE, is_default=True))
    tickets = [await helpdesk.ticket() for _ in range(3)]
    staff = [encode("usr", _id(actor)) for actor in (helpdesk.world.agent, helpdesk.world.admin)]
    for turn in range(90):
        desk.later(timedelta(seconds=random.choice((30, 900, 9_000, 30_000))))
        if turn == 50:
            await desk.withdraw(first)
            await desk.promise(PolicyDefinition("Second", Policy(_targets()), is_default=True))
        ticket = {"ticket_id": random.choice(tickets)["id"]}
        by = random.choice((helpdesk.agent, helpdesk.admin))
        match random.choice(("new", "question", "answer", "answer", "note", "wait", "end", "back", "give", "urgent")):
            case "new":
                tickets.append(await helpdesk.ticket())
            case "question":
                await helpdesk.customer.add_message(input={**ticket, "body": "Well?"})
            case "answer":
                await by.add_message(input={**ticket, "body": "Hello."})
            case "note":
                await by.add_message(input={**ticket, "body": "Hm.", "internal": True})
            case "wait":
                await by.change_ticket_status(**ticket, status=TicketStatus.WAITING_ON_CUSTOMER.name)
            case "end":
                await by.resolve_ticket(**ticket)
            case "back":
                assert isinstance(await helpdesk.customer.reopen_ticket(**ticket), Problem | dict)
            case "give":
                await by.assign_ticket(**ticket, assignee_id=random.choice([*staff, None]))
            case _:
                priority = random.choice(list(TicketPriority)).name
                await by.update_ticket(input={**ticket, "priority": priority})
        if random.random() < 0.3:
            await desk.follow()
    await desk.follow()
    desk.later(5 * HOUR)
    return tickets


def _targets() -> dict[TicketPriority, Targets]:
    """Different ones, with a priority that is promised nothing."""
    return {
        TicketPriority.LOW: Targets(first_response=8 * HOUR),
        TicketPriority.MEDIUM: Targets(first_response=2 * HOUR, next_response=HOUR, resolution=9 * HOUR),
        TicketPriority.HIGH: Targets(next_response=30 * MINUTE, resolution=HOUR),
    }


async def retold_clocks(desk: Desk, tickets: Sequence[Any]) -> list[dict[Any, Any]]:
    """All clocks by the log and the pure rule alone: what each dimension says of it, its state and its instant."""
    world = desk.helpdesk.world
    upto = await desk.database.fetchval("SELECT seq FROM support_event_counter WHERE organization_id = $1", world.id)
    book = await policy_book(desk.database.fetch, world.id, upto)
    found = []
    for ticket in tickets:
        rows = await desk.database.fetch(
            "SELECT * FROM support_event WHERE ticket_id = $1 AND type = ANY($2) ORDER BY seq",
            key(ticket),
            [fact.__name__ for fact in TOLD],
        )
        events = [RecordedEvent.from_row(row) for row in rows]
        told = retold(Story(key(ticket), None, "", events, upto, settled=upto), book)
        for each in told.clocks(desk.clock.now):
            if each.promise.policy.version is None:
                continue
            version = book.policy(each.promise.policy.version)
            judged = each.breached_at or each.met_at
            owner = told.agent_of(each) if judged else told.assignees[-1][1] if told.assignees else None
            day = (judged or each.started_at).astimezone(BERLIN).date()
            found.append(
                {
                    "state": each.state,
                    SlaDimension.DAY: day,
                    SlaDimension.WEEK: day - timedelta(days=day.weekday()),
                    SlaDimension.MONTH: day.replace(day=1),
                    SlaDimension.KIND: each.kind,
                    SlaDimension.PRIORITY: each.promise.priority,
                    SlaDimension.POLICY: version and version.definition.name,
                    SlaDimension.AGENT: owner and encode("usr", owner),
                }
            )
    return found


def naive(clocks: Sequence[dict[Any, Any]], by: Sequence[SlaDimension], first: date, last: date) -> Counted:
    """The figures, counted one by one."""
    groups: dict[tuple[Any, ...], list[SlaState]] = defaultdict(list)
    for each in clocks:
        if first <= each[SlaDimension.DAY] <= last:
            groups[tuple(each[dimension] for dimension in by)].append(each["state"])
    states = (SlaState.MET, SlaState.MET_LATE, SlaState.BREACHED, SlaState.RUNNING, SlaState.PAUSED, SlaState.NEVER)
    return {group: (*(Counter(found)[state] for state in states), compliance(found)) for group, found in groups.items()}


def _shown(row: Mapping[str, Any], dimension: SlaDimension) -> Any:
    """What a row of the answer says of a dimension."""
    match dimension:
        case SlaDimension.KIND:
            return SlaClockKind[row["kind"]]
        case SlaDimension.PRIORITY:
            return TicketPriority[row["priority"]]
        case SlaDimension.POLICY:
            return row["policy"]["name"]
        case SlaDimension.AGENT:
            return row["agent"] and row["agent"]["id"]
        case _:
            return date.fromisoformat(row["period"])


def _id(actor: Actor) -> Any:
    assert actor.user_id
    return actor.user_id
