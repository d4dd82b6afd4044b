"""What a calendar and a policy may be, and what they are doubted for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from models.errors import InvalidInput
from models.lifecycle import TicketPriority
from models.sla import (
    ALWAYS_OPEN,
    Calendar,
    Doubt,
    ExtraDay,
    Interval,
    Policy,
    Targets,
    calendar_doubts,
    policy_doubts,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CLOSED: tuple[tuple[Interval, ...], ...] = ((),) * 7
HOUR = timedelta(hours=1)


def week(*intervals: Interval) -> tuple[tuple[Interval, ...], ...]:
    return ((intervals),) * 7


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../etc/passwd", "Europe", "x" * 300])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Calendar(zone, CLOSED)
    assert refused.value.message == f"{zone!r} is not an IANA time zone such as Europe/Berlin."
    assert refused.value.path == ("timezone",)


@pytest.mark.parametrize(("opens", "closes"), [("09:00", "09:00"), ("18:00", "09:00"), ("24:00", "24:00")])
def test_hours_that_close_before_they_open_are_refused(opens: str, closes: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Interval.between(opens, closes)
    assert refused.value.message == "Hours open before they close, on one date: a night shift is two intervals."
    assert refused.value.path == ("from",)


@pytest.mark.parametrize("text", ["9:00", "24:01", "25:00", "12:60", "noon", "", "09:00:00", "٠٩:٠٠"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Interval.between(text, "24:00")
    assert refused.value.message == "This is a time of day from 00:00 to 24:00, such as 09:30."


def test_a_week_has_seven_days_and_a_date_its_extra_hours_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        Calendar("UTC", CLOSED[:6])
    assert refused.value.path == ("weekly",)
    with pytest.raises(InvalidInput) as refused:
        Calendar("UTC", CLOSED, extra=(ExtraDay(date(2026, 12, 24)), ExtraDay(date(2026, 12, 24))))
    assert refused.value.path == ("extra",)


def test_overlapping_hours_are_merged() -> None:
    messy = week(*(Interval.between(*each) for each in [("13:00", "17:00"), ("08:00", "12:00"), ("11:00", "13:00")]))
    late = (Interval.between("22:00", "24:00"),)
    calendar = Calendar("UTC", messy, extra=(ExtraDay(date(2027, 1, 2), late), ExtraDay(date(2027, 1, 1))))
    tidied = calendar.tidied()
    assert tidied.weekly == week(Interval.between("08:00", "17:00"))
    assert tidied.extra == (ExtraDay(date(2027, 1, 1)), ExtraDay(date(2027, 1, 2), late))
    later = NOW + timedelta(days=60)
    assert calendar.open_between(NOW, later) == tidied.open_between(NOW, later)


def test_a_negative_target_or_warning_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        Targets(next_response=-HOUR)
    assert refused.value.path == ("next_response",)
    with pytest.raises(InvalidInput) as refused:
        Policy({}, warn_before=-HOUR)
    assert refused.value.path == ("warn_before",)


def test_target_0_is_doubted() -> None:
    policy = Policy({TicketPriority.LOW: Targets(HOUR), TicketPriority.URGENT: Targets(HOUR, None, timedelta())})
    assert policy_doubts(policy) == [
        Doubt("This is due the moment it starts, even out of hours.", ("targets", "urgent", "resolution"))
    ]


def test_a_calendar_that_never_opens_is_doubted() -> None:
    never = [Doubt("This calendar never opens: no clock by it will ever be due.", ("weekly",))]
    past, coming = date(2026, 11, 24), date(2026, 11, 26)
    assert calendar_doubts(Calendar("UTC", CLOSED), NOW) == never
    assert calendar_doubts(Calendar("UTC", CLOSED, extra=(ExtraDay(past, ALWAYS_OPEN.weekly[0]),)), NOW) == never
    assert calendar_doubts(Calendar("UTC", CLOSED, extra=(ExtraDay(coming, ALWAYS_OPEN.weekly[0]),)), NOW) == []
    assert calendar_doubts(ALWAYS_OPEN, NOW) == []


def test_exactly_what_is_left_today_is_due_at_closing_time() -> None:
    calendar = Calendar("UTC", week(Interval.between("09:00", "17:00")))
    assert calendar.after(datetime(2026, 11, 25, 16, tzinfo=UTC), HOUR) == datetime(2026, 11, 25, 17, tzinfo=UTC)
    assert calendar.after(datetime(2026, 11, 25, 3, tzinfo=UTC), timedelta()) == datetime(2026, 11, 25, 3, tzinfo=UTC)
