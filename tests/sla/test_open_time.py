"""Open time over years: whole years as sums are what their days add up to, and due times are the earliest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sla.zones import DAY, first_day, unsettled_days
from tests.sla.stories import NIGHTS, calendars

MICROSECOND = timedelta(microseconds=1)
zones = st.sampled_from(sorted({zone for zone, _, _ in NIGHTS}))
moments = st.datetimes(datetime(1975, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))


@settings(deadline=None, max_examples=60)
@given(st.data(), zones, st.integers(1975, 2140), st.integers(1, 12))
def test_years_are_what_their_days_add_up_to(data: st.DataObject, zone: str, year: int, years: int) -> None:
    calendar = data.draw(calendars(zone, date(year + 1, data.draw(st.integers(1, 12)), 5)))
    hours = calendar.hours
    first, following = first_day(year), first_day(year + years)
    by_days = sum(closes - opens for day in range(first, following) for opens, closes in hours.spans_of(day))
    # Both ends lie two dates off, for none of a year's own hours may be cut by them, whatever the zone.
    margin = [span for day in (first - 2, first - 1) for span in hours.spans_of(day)]
    start = min([opens for opens, _ in margin], default=first * DAY - DAY)
    before = sum(closes - opens for opens, closes in margin)
    beyond = [span for day in (following, following + 1) for span in hours.spans_of(day)]
    end = max([closes for _, closes in beyond], default=following * DAY + DAY)
    after = sum(closes - opens for opens, closes in beyond)
    assert hours.passed(end) - hours.passed(start) == before + by_days + after


@settings(deadline=None, max_examples=100)
@given(st.data(), zones, moments, st.timedeltas(MICROSECOND, timedelta(days=3_000)))
def test_a_due_time_is_the_earliest_by_which_so_much_has_passed(
    data: st.DataObject, zone: str, start: datetime, amount: timedelta
) -> None:
    calendar = data.draw(calendars(zone, start.date()))
    due = calendar.after(start, amount)
    if due is None:
        last = datetime(9998, 12, 1, tzinfo=UTC)
        assert calendar.open_between(start, last) < amount
    else:
        assert calendar.open_between(start, due) == amount
        assert calendar.open_between(start, due - MICROSECOND) == amount - MICROSECOND


@settings(deadline=None, max_examples=100)
@given(st.data(), zones, moments, moments, moments)
def test_open_time_adds_up(data: st.DataObject, zone: str, one: datetime, another: datetime, a_third: datetime) -> None:
    start, middle, end = sorted([one, another, a_third])
    calendar = data.draw(calendars(zone, middle.date()))
    whole = calendar.open_between(start, end)
    assert whole == calendar.open_between(start, middle) + calendar.open_between(middle, end)
    assert timedelta() <= whole <= end - start


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [2129, 2200, 2404, 4999, 9998])
def test_far_years_are_taken_for_nearer_ones_only_where_clocks_are_set_alike(zone: str, year: int) -> None:
    first = first_day(year)
    there = ZoneInfo(zone)
    offsets = [there.utcoffset(datetime.fromordinal(day + 1)) for day in range(first - 1, first_day(year + 1) + 2)]
    changes = {first - 1 + index for index in range(len(offsets) - 1) if offsets[index] != offsets[index + 1]}
    near = {day + step for day in changes for step in (-1, 0, 1)}
    assert unsettled_days(there, year) == {day for day in near if first <= day < first_day(year + 1)}
