"""slaCompliance: how often what was promised was kept, to the clock, whatever it is told apart by"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graphql_api.ids import encode
from models.actors import Actor
from models.sla import (
    SlaDimension,
    percentage,
    periods,
)
from tests.client import GraphQLErrors
from tests.sla.desks import HOUR, MINUTE, Desk, policy
from tests.tasks.parts import Clock

Desks = Callable[[], Awaitable[Desk]]

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
