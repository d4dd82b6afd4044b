"""Clocks of single tickets: what the vectors don't show, and that any of them is answered at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus
from models.sla import (
    ALWAYS_OPEN,
    NOTHING_PROMISED,
    Calendar,
    CalendarChanged,
    Created,
    ExtraDay,
    Interval,
    MessageWritten,
    Policy,
    PolicyChanged,
    PriorityChanged,
    SlaReason,
    SlaState,
    StatusChanged,
    Targets,
    TicketFact,
    clocks,
    compliance,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = Calendar("Europe/Berlin", ((Interval.between("09:00", "18:00"),),) * 5 + ((),) * 2)
FRIDAY = datetime(2026, 11, 6, 16, 50, tzinfo=UTC)
WAITING, OPEN, RESOLVED, CLOSED = (
    TicketStatus.WAITING_ON_CUSTOMER,
    TicketStatus.OPEN,
    TicketStatus.RESOLVED,
    TicketStatus.CLOSED,
)


def promising(first: timedelta | None, resolution: timedelta | None = None) -> Policy:
    return Policy({priority: Targets(first, first, resolution) for priority in TicketPriority})


@contextmanager
def answered_in_time() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < 8


def test_a_ticket_that_is_not_there_yet_has_no_clocks() -> None:
    created = Created(FRIDAY, TicketPriority.HIGH)
    assert clocks(promising(HOUR), OFFICE, [created], FRIDAY - timedelta(milliseconds=1)) == []
    assert clocks(NOTHING_PROMISED, OFFICE, [created], FRIDAY + DAY) == []


def test_an_explanation_says_why_time_did_not_count() -> None:
    calendar = Calendar(
        "Europe/Berlin", OFFICE.weekly, frozenset({date(2026, 11, 9)}), (ExtraDay(date(2026, 11, 10), ()),)
    )
    wednesday = datetime(2026, 11, 11, tzinfo=UTC)
    facts: list[TicketFact] = [
        Created(FRIDAY, TicketPriority.URGENT),
        StatusChanged(wednesday.replace(hour=9), WAITING),
        StatusChanged(wednesday.replace(hour=10), RESOLVED),
        StatusChanged(wednesday.replace(hour=11), CLOSED),
        StatusChanged(wednesday.replace(hour=12), OPEN),
    ]
    (clock,) = clocks(promising(None, 4 * HOUR), calendar, facts, wednesday.replace(hour=13))
    assert [(stretch.end.strftime("%d %H:%M"), stretch.reason) for stretch in clock.explanation()] == [
        ("06 17:00", SlaReason.OPEN_HOURS),
        ("08 23:00", SlaReason.CLOSED_HOURS),
        ("09 23:00", SlaReason.HOLIDAY),
        ("11 08:00", SlaReason.CLOSED_HOURS),
        ("11 09:00", SlaReason.OPEN_HOURS),
        ("11 10:00", SlaReason.PAUSED),
        ("11 11:00", SlaReason.RESOLVED),
        ("11 12:00", SlaReason.CLOSED),
        ("11 13:00", SlaReason.OPEN_HOURS),
    ]
    counted = sum((each.length for each in clock.explanation() if each.counted), timedelta())
    assert counted == timedelta(hours=2, minutes=10)
    assert clock.due_at == wednesday.replace(hour=14, minute=50)


def test_a_pause_is_told_from_its_beginning() -> None:
    facts: list[TicketFact] = [
        Created(FRIDAY, TicketPriority.LOW),
        StatusChanged(FRIDAY + timedelta(minutes=1), WAITING),
        StatusChanged(FRIDAY + timedelta(minutes=2), RESOLVED),
    ]
    response, _ = clocks(promising(2 * HOUR, 4 * HOUR), OFFICE, facts, FRIDAY + DAY)
    assert (response.state, response.paused_since) == (SlaState.PAUSED, FRIDAY + timedelta(minutes=2))
    _, resolution = clocks(promising(2 * HOUR, 4 * HOUR), OFFICE, facts[:2], FRIDAY + DAY)
    assert (resolution.state, resolution.paused_since) == (SlaState.PAUSED, FRIDAY + timedelta(minutes=1))


def test_a_target_may_go_and_come_back() -> None:
    late, in_time = FRIDAY + HOUR, FRIDAY + timedelta(minutes=30)
    facts: list[TicketFact] = [Created(FRIDAY, TicketPriority.LOW), PolicyChanged(in_time, NOTHING_PROMISED)]
    assert clocks(promising(HOUR), ALWAYS_OPEN, facts, late + HOUR) == []
    facts.append(PolicyChanged(late + HOUR, promising(HOUR)))
    (clock,) = clocks(promising(HOUR), ALWAYS_OPEN, facts, late + HOUR)
    assert (clock.due_at, clock.breached_at) == (late, late + HOUR)
    facts.append(PolicyChanged(late + DAY, NOTHING_PROMISED))
    facts.append(MessageWritten(late + 2 * DAY, ActorKind.AGENT))
    (clock,) = clocks(promising(HOUR), ALWAYS_OPEN, facts, late + 3 * DAY)
    assert (clock.state, clock.target, clock.due_at, clock.warn_at) == (SlaState.MET_LATE, None, None, None)


def test_what_claims_to_be_older_than_the_ticket_happened_when_that_arrived() -> None:
    facts: list[TicketFact] = [MessageWritten(FRIDAY - DAY, ActorKind.AGENT), Created(FRIDAY, TicketPriority.LOW)]
    (clock,) = clocks(promising(HOUR), ALWAYS_OPEN, facts, FRIDAY + DAY)
    assert (clock.state, clock.met_at) == (SlaState.MET, FRIDAY)


@pytest.mark.parametrize(
    ("states", "percent"),
    [
        ([], None),
        ([SlaState.RUNNING, SlaState.PAUSED, SlaState.NEVER], None),
        ([SlaState.MET, SlaState.RUNNING], 100.0),
        ([SlaState.BREACHED], 0.0),
        ([SlaState.MET, SlaState.MET, SlaState.MET_LATE], 66.67),
        ([SlaState.MET] + [SlaState.BREACHED] * 799, 0.13),
        ([SlaState.MET] * 5 + [SlaState.MET_LATE] * 795, 0.63),
    ],
)
def test_compliance_counts_what_is_judged_half_up(states: list[SlaState], percent: float | None) -> None:
    assert compliance(states) == percent


def test_exactly_enough_extra_hours_are_enough_however_far_off() -> None:
    half = (Interval.between("10:00", "10:30"),)
    calendar = Calendar(
        "Europe/Berlin", ((),) * 7, extra=(ExtraDay(date(2026, 12, 1), half), ExtraDay(date(9000, 1, 1), half))
    )
    with answered_in_time():
        (enough,) = clocks(promising(HOUR), calendar, [Created(FRIDAY, TicketPriority.LOW)], FRIDAY + 30 * DAY)
        more = promising(HOUR + timedelta(microseconds=1))
        (never,) = clocks(more, calendar, [Created(FRIDAY, TicketPriority.LOW)], FRIDAY + 30 * DAY)
    assert (enough.state, enough.due_at) == (SlaState.RUNNING, datetime(9000, 1, 1, 9, 30, tzinfo=UTC))
    assert (never.state, never.due_at) == (SlaState.NEVER, None)
    assert never.remaining == timedelta(minutes=30, microseconds=1)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Africa/Casablanca"])
@pytest.mark.parametrize("created", [datetime(1, 1, 1, tzinfo=UTC), FRIDAY, datetime(9999, 12, 31, tzinfo=UTC)])
@pytest.mark.parametrize("target", [HOUR, 1_000 * 365 * DAY, 2_000_000 * 365 * DAY])
def test_far_futures_and_targets_of_ages_are_answered(zone: str, created: datetime, target: timedelta) -> None:
    calendar = Calendar(zone, OFFICE.weekly)
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    with answered_in_time():
        (clock,) = clocks(promising(target), calendar, [Created(created, TicketPriority.LOW)], end)
    assert clock.due_at is None or clock.due_at > created
    assert (clock.due_at is None) is (created.year == 9999 or target > 1_000 * 365 * DAY)


def test_thousands_of_facts_are_answered() -> None:
    zones = ["Europe/Berlin", "Asia/Kolkata", "America/New_York"]
    facts: list[TicketFact] = [Created(FRIDAY, TicketPriority.LOW)]
    for number in range(1_000):
        at = FRIDAY + number * DAY
        calendar = Calendar(zones[number % 3], OFFICE.weekly, frozenset({FRIDAY.date() + number % 300 * DAY}))
        facts += [
            MessageWritten(at, ActorKind.CUSTOMER),
            StatusChanged(at + HOUR, WAITING if number % 2 else OPEN),
            PriorityChanged(at + 2 * HOUR, TicketPriority.HIGH),
            CalendarChanged(at + 3 * HOUR, calendar),
            MessageWritten(at + 4 * HOUR, ActorKind.AGENT),
        ]
    with answered_in_time():
        found = clocks(promising(HOUR, 900 * HOUR), OFFICE, facts, FRIDAY + 1_001 * DAY)
    assert len(found) == 1_001


def test_what_is_special_about_a_near_year_is_not_about_far_ones() -> None:
    lasting = ExtraDay(date(2101, 1, 1), (Interval.between("10:00", "11:00"),))
    calendar = Calendar("Europe/Berlin", ((),) * 7, extra=(lasting,))
    assert calendar.open_between(FRIDAY, datetime(9000, 1, 1, tzinfo=UTC)) == HOUR
    assert calendar.after(FRIDAY, HOUR) == datetime(2101, 1, 1, 10, tzinfo=UTC)
    assert calendar.after(FRIDAY, 2 * HOUR) is None
