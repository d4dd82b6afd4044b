"""slaCompliance: how often what was promised was kept, to the clock, whatever it is told apart by"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

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
    percentage,
    periods,
)
from resolvers.policy_book import policy_book
from tests.client import GraphQLErrors, Problem
from tests.sla.desks import HOUR, MINUTE, OFFICE, Desk, calendar, key, policy
from tests.tasks.parts import Clock

Desks = Callable[[], Awaitable[Desk]]
Counted = dict[tuple[Any, ...], tuple[Any, ...]]

FIGURES = "met metLate breached running paused never compliance"
ASK = f"""query($range: DateRange!, $by: [SlaDimension!], $first: Int! = 1000) {{
  slaCompliance(range: $range, by: $by, first: $first) {{
    period kind priority policy {{ name policy {{ id }} }} agent {{ id name }} {FIGURES} }} }}"""
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
NOTHING = (0, 0, 0, 0, 0, 0, None)
BERLIN = ZoneInfo("Europe/Berlin")


async def ask(desk: Desk, *by: str, over: Mapping[str, str] = NOVEMBER, **given: Any) -> Any:
    """The rows, as an analyst gets them."""
    answer = await desk.helpdesk.analyst.query(ASK, range=over, by=list(by), **given)
    return answer["slaCompliance"]


def figures(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The figures of a row."""
    return tuple(row[name] for name in FIGURES.split())


async def refusal(desk: Desk, **given: Any) -> Any:
    """The one error."""
    with pytest.raises(GraphQLErrors) as refused:
        await desk.helpdesk.agent.query(ASK, **{"range": NOVEMBER, **given})
    (error,) = refused.value.errors
    return error["extensions"]["code"], error["message"], error["extensions"].get("path")


async def answer(desk: Desk, ticket: Any, by: str = "agent") -> None:
    """Have staff write on a ticket, and a worker follow."""
    await getattr(desk.helpdesk, by).add_message(input={"ticket_id": ticket["id"], "body": "Hello."})
    await desk.follow()


async def test_what_was_met_in_time_late_and_not_at_all_is_counted(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    in_time, late, _not_at_all = [await desk.helpdesk.ticket() for _ in range(3)]
    await desk.follow()
    desk.later(HOUR)
    await answer(desk, in_time)
    desk.later(4 * HOUR)
    await answer(desk, late)

    rows = await ask(desk, "KIND")

    assert [(row["kind"], figures(row)) for row in rows] == [
        ("FIRST_RESPONSE", (1, 1, 1, 0, 0, 0, 33.33)),
        ("RESOLUTION", (0, 0, 0, 3, 0, 0, None)),
    ]
    assert [figures(row) for row in await ask(desk)] == [(1, 1, 1, 3, 0, 0, 33.33)]


async def test_staff_and_analysts_may_ask(a_desk: Desks) -> None:
    desk = await a_desk()
    helpdesk = desk.helpdesk

    for who in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        (row,) = (await who.query(ASK, range=NOVEMBER))["slaCompliance"]
        assert figures(row) == NOTHING
    with pytest.raises(GraphQLErrors) as refused:
        await helpdesk.customer.query(ASK, range=NOVEMBER)
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_nothing_to_judge_has_no_percentage_and_nothing_at_all_no_rows(a_desk: Desks) -> None:
    desk, other = await a_desk(), await a_desk()
    await other.promise(policy(hours=1))
    await answer(other, await other.helpdesk.ticket())

    for dimension in SlaDimension:
        assert await ask(desk, dimension.name) == []
    assert [figures(row) for row in await ask(desk)] == [NOTHING]
    await desk.promise(policy(hours=4, pause_first_response=True))
    ticket = await desk.helpdesk.ticket()
    await desk.helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status="WAITING_ON_CUSTOMER")
    await desk.follow()

    assert [figures(row) for row in await ask(desk, "PRIORITY")] == [(0, 0, 0, 0, 2, 0, None)]


async def test_what_is_past_its_due_time_is_breached_before_any_worker_comes_to_it(a_desk: Desks) -> None:
    desk = await a_desk()
    world = desk.helpdesk.world
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", _id(world.agent)))
    await desk.follow()

    desk.later(4 * HOUR)
    due = [figures(row) for row in await ask(desk)]
    desk.later(timedelta(milliseconds=1))
    await desk.helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", _id(world.admin)))

    assert due == [(0, 0, 0, 2, 0, 0, None)]
    before = await ask(desk, "KIND", "AGENT")
    assert [(row["kind"], row["agent"]["name"], figures(row)) for row in before] == [
        ("FIRST_RESPONSE", "Agent", (0, 0, 1, 0, 0, 0, 0)),
        ("RESOLUTION", "Admin", (0, 0, 0, 1, 0, 0, None)),
    ]
    await desk.look(ticket)
    assert await ask(desk, "KIND", "AGENT") == before


async def test_a_breach_stays_in_its_month_when_it_is_answered_in_the_next(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    desk.later(timedelta(days=40))
    both = {"from": "2026-11-01", "to": "2026-12-31"}
    before = await ask(desk, "MONTH", over=both)

    await answer(desk, ticket)

    after = await ask(desk, "MONTH", over=both)
    assert before == []
    assert [(row["period"], figures(row)) for row in after] == [("2026-11-01", (0, 1, 1, 0, 0, 0, 0))]


async def test_a_clock_met_at_half_past_eleven_utc_counts_on_the_next_day_in_berlin(
    a_desk: Desks, clock: Clock
) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=24))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    clock.now = datetime(2026, 11, 6, 23, 30, tzinfo=UTC)
    await answer(desk, ticket)

    async def day() -> Any:
        (row,) = [row for row in await ask(desk, "DAY", "KIND") if row["met"]]
        return row["period"]

    assert await day() == "2026-11-06"
    await desk.helpdesk.admin.update_support_settings(input={"timezone": "Europe/Berlin"})
    assert await day() == "2026-11-07"
    for over, met in ((("2026-11-06", "2026-11-06"), 0), (("2026-11-07", "2026-11-07"), 1)):
        (row,) = await ask(desk, over=dict(zip(("from", "to"), over, strict=True)))
        assert row["met"] == met


@pytest.mark.parametrize(("at", "on"), [("2026-03-29T21:59:59", 29), ("2026-03-29T22:00:00", 30)])
async def test_a_day_on_which_clocks_are_set_ends_at_its_own_midnight(
    a_desk: Desks, clock: Clock, at: str, on: int
) -> None:
    clock.now = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    desk = await a_desk()
    await desk.helpdesk.admin.update_support_settings(input={"timezone": "Europe/Berlin"})
    await desk.promise(policy(hours=48))
    ticket = await desk.helpdesk.ticket()
    clock.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    await answer(desk, ticket)

    rows = await ask(desk, "DAY", over={"from": "2026-03-01", "to": "2026-03-31"})

    assert [row["period"] for row in rows if row["met"]] == [f"2026-03-{on}"]


async def test_an_agent_who_is_erased_and_a_policy_that_is_deleted_keep_their_figures(a_desk: Desks) -> None:
    desk = await a_desk()
    helpdesk = desk.helpdesk
    (policy_id,) = await desk.promise(policy("Gold", hours=4))
    await answer(desk, await helpdesk.ticket())
    (before,) = [row for row in await ask(desk, "AGENT", "POLICY") if row["agent"]]
    assert (before["agent"]["name"], before["policy"]["name"], figures(before)[0]) == ("Agent", "Gold", 1)

    await helpdesk.admin.erase_person(user_id=encode("usr", _id(helpdesk.world.agent)))
    await desk.withdraw(policy_id)
    await desk.database.execute("UPDATE support_sla_policy SET deleted_at = now() WHERE id = $1", policy_id)

    (after,) = [row for row in await _ask_as_admin(desk, "AGENT", "POLICY") if row["agent"]]
    assert after["agent"] == {**before["agent"], "name": "Erased person"}
    assert after["policy"] == {"name": "Gold", "policy": None}
    assert figures(after) == figures(before)


async def test_versions_of_a_policy_are_one_policy_under_its_last_name(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy("Gold", hours=4))
    await answer(desk, await desk.helpdesk.ticket())
    desk.later(MINUTE)
    await desk.promise(policy("Platinum", hours=2), of=policy_id)
    await answer(desk, await desk.helpdesk.ticket())

    rows = await ask(desk, "POLICY")

    assert [(row["policy"], figures(row)) for row in rows] == [
        ({"name": "Platinum", "policy": {"id": encode("sla", policy_id)}}, (2, 0, 0, 2, 0, 0, 100))
    ]


@pytest.mark.parametrize(
    ("given", "message", "path"),
    [
        (
            {"range": {"from": "2026-11-02", "to": "2026-11-01"}},
            "A range ends no earlier than it begins.",
            ["range", "to"],
        ),
        ({"range": {"from": "2025-01-01", "to": "2026-01-02"}}, "A range has at most 366 days.", ["range"]),
        (
            {"range": {"from": "0001-12-31", "to": "0001-12-31"}},
            "Dates are of the years 2 to 9,998.",
            ["range", "from"],
        ),
        ({"range": {"from": "9998-12-31", "to": "9999-01-01"}}, "Dates are of the years 2 to 9,998.", ["range", "to"]),
        ({"by": ["DAY", "MONTH"]}, "Ask for days, weeks or months: one of them at a time.", ["by"]),
        ({"first": 0}, "There are 1 to 1,000 rows at a time.", ["first"]),
        ({"first": 1_001}, "There are 1 to 1,000 rows at a time.", ["first"]),
    ],
)
async def test_what_can_not_be_counted_is_refused(
    a_desk: Desks, given: Mapping[str, Any], message: str, path: Sequence[str]
) -> None:
    desk = await a_desk()

    assert await refusal(desk, **given) == ("INVALID_INPUT", message, path)


async def test_the_longest_range_and_the_ends_of_the_calendar_are_answered(a_desk: Desks) -> None:
    desk = await a_desk()

    for over in (("2025-01-01", "2026-01-01"), ("0002-01-01", "0002-01-01"), ("9998-12-31", "9998-12-31")):
        for by in ("DAY", "WEEK", "MONTH"):
            assert await ask(desk, by, by, over=dict(zip(("from", "to"), over, strict=True))) == []


async def test_more_rows_than_asked_for_are_refused_rather_than_cut(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    await answer(desk, await desk.helpdesk.ticket())

    assert len(await ask(desk, "KIND", first=2)) == 2
    assert await refusal(desk, by=["KIND"], first=1) == (
        "INVALID_INPUT",
        "There are more than 1 rows: ask for more of them, for fewer dimensions or for a shorter range.",
        ["first"],
    )


def test_periods_begin_when_their_dates_do() -> None:
    days = periods(date(2026, 3, 28), date(2026, 3, 30), BERLIN, SlaDimension.DAY)
    assert [start.isoformat() for start in (*days.starts, days.end)] == [
        "2026-03-27T23:00:00+00:00",
        "2026-03-28T23:00:00+00:00",
        "2026-03-29T22:00:00+00:00",
        "2026-03-30T22:00:00+00:00",
    ]
    weeks = periods(date(2026, 10, 28), date(2026, 11, 9), BERLIN, SlaDimension.WEEK)
    assert weeks.days == (date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9))
    assert weeks.starts[0] == datetime(2026, 10, 27, 23, tzinfo=UTC)
    months = periods(date(2026, 10, 28), date(2026, 12, 1), BERLIN, SlaDimension.MONTH)
    assert months.days == (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))
    whole = periods(date(2026, 10, 28), date(2026, 12, 1), BERLIN, None)
    assert (len(whole.starts), whole.end) == (1, months.end)


def test_a_date_that_a_zone_skips_has_no_period() -> None:
    found = periods(date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"), SlaDimension.DAY)

    assert found.days == (date(2011, 12, 29), date(2011, 12, 31))
    assert list(found.starts) == sorted(set(found.starts))


def test_a_midnight_that_comes_twice_begins_the_date_the_first_time() -> None:
    # Clocks go back at one o'clock, to midnight.
    found = periods(date(2026, 11, 1), date(2026, 11, 1), ZoneInfo("America/Havana"), SlaDimension.DAY)

    assert (found.starts, found.end) == (
        (datetime(2026, 11, 1, 4, tzinfo=UTC),),
        datetime(2026, 11, 2, 5, tzinfo=UTC),
    )


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


@pytest.mark.parametrize(
    ("met", "judged", "found"),
    [(0, 0, None), (0, 3, 0), (3, 3, 100), (1, 3, 33.33), (2, 3, 66.67), (1, 800, 0.13), (799, 800, 99.88)],
)
def test_percentages_are_half_up_and_never_of_nothing(met: int, judged: int, found: float | None) -> None:
    assert percentage(met, judged) == found


async def _ask_as_admin(desk: Desk, *by: str) -> Any:
    return (await desk.helpdesk.admin.query(ASK, range=NOVEMBER, by=list(by)))["slaCompliance"]


def _id(actor: Actor) -> Any:
    assert actor.user_id
    return actor.user_id
