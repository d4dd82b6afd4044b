"""What a wall clock shows and when: local times as instants, and the dates on which a zone's clocks are set.

Instants and wall times are whole microseconds since the start of year 1, the first in UTC, the second as the clock on
the wall shows them. Integers keep every sum exact, and are ten times as fast as datetimes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND
ORIGIN = datetime(1, 1, 1, tzinfo=UTC)
# Years by rule in all zones, and no century among them: they have every calendar there is.
_BY_RULE = range(2101, 2129)
_WALL_ORIGIN = ORIGIN.replace(tzinfo=None)


def micros(span: timedelta) -> int:
    """A duration in microseconds."""
    return span // MICROSECOND


def instant_of(moment: datetime) -> int:
    """An aware datetime as an instant."""
    return (moment - ORIGIN) // MICROSECOND


def moment_of(instant: int) -> datetime:
    """An instant as a datetime in UTC."""
    return ORIGIN + timedelta(microseconds=instant)


def day_of(day: date) -> int:
    """A date as the number of days since the start of year 1, which was a Monday."""
    return day.toordinal() - 1


def first_day(year: int) -> int:
    """The day on which a year begins."""
    return date(year, 1, 1).toordinal() - 1


def year_of(day: int) -> int:
    """The year that a day belongs to."""
    return date.fromordinal(day + 1).year


def first_showing(zone: ZoneInfo, wall: int) -> int:
    """The first instant at which the zone's clocks show this time, or where they skip it, a later one."""
    before, after = _offset(zone, wall, fold=0), _offset(zone, wall, fold=1)
    return wall - before if before >= after else _skip(zone, wall - after, wall - before)


def last_showing(zone: ZoneInfo, wall: int) -> int:
    """The last instant at which the zone's clocks show this time, or where they skip it, the first later one."""
    before, after = _offset(zone, wall, fold=0), _offset(zone, wall, fold=1)
    return wall - after if before >= after else _skip(zone, wall - after, wall - before)


@lru_cache(maxsize=16_384)
def twin(year: int) -> int:
    """The year itself, or for one far off, a nearer one in which each date has the same weekday and offset.

    Zones list their changes one by one up to 2087 at most, and have a rule for the years after.
    """
    if year < _BY_RULE.stop:
        return year
    return next(near for near in _BY_RULE if _shape(near) == _shape(year))


@lru_cache(maxsize=32_768)
def unsettled_days(zone: ZoneInfo, year: int) -> frozenset[int]:
    """The days of a year on which clocks are set, and those next to them, where hours may be longer than they read.

    Clocks that are set twice within a day, back to where they were, would go unnoticed; in no zone they ever were.
    """
    if year != twin(year):
        further = first_day(year) - first_day(twin(year))
        return frozenset(day + further for day in unsettled_days(zone, twin(year)))
    first, following = first_day(year), first_day(year + 1)
    offsets = [zone.utcoffset(datetime.fromordinal(day + 1)) for day in range(first - 1, following + 2)]
    changed = {first - 1 + index for index, (one, next_one) in enumerate(pairwise(offsets)) if one != next_one}
    return frozenset(near for day in changed for near in (day - 1, day, day + 1) if first <= near < following)


@lru_cache(maxsize=32_768)
def settled_offset(zone: ZoneInfo, day: int) -> int | None:
    """How far the clocks are ahead of UTC all through a day and its neighbours; None where they are set."""
    return None if day in unsettled_days(zone, year_of(day)) else _offset(zone, day * DAY, fold=0)


def _shape(year: int) -> tuple[int, int]:
    """All that a year's calendar depends on."""
    return first_day(year) % 7, first_day(year + 1) - first_day(year)


def _skip(zone: ZoneInfo, before: int, after: int) -> int:
    """The instant, later than `before` and no later than `after`, at which the zone's clocks jump forward."""
    set_to = moment_of(after).astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = (before + after) // 2 // SECOND * SECOND
        if moment_of(middle).astimezone(zone).utcoffset() == set_to:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, wall: int, *, fold: int) -> int:
    shown = (_WALL_ORIGIN + timedelta(microseconds=wall)).replace(fold=fold)
    return (zone.utcoffset(shown) or timedelta()) // MICROSECOND
