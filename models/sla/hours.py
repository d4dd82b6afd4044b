"""Opening hours as arithmetic: how much open time has passed, and when so much more of it will have.

Whole years are sums that are known from their weeks, corrected for the few days on which a holiday, an extra day or a
clock that is set intervenes; single days are looked at only where a stretch begins or ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from models.sla.zones import DAY, first_day, first_showing, last_showing, settled_offset, twin, unsettled_days, year_of

# Further out, an offset may lead beyond what a datetime can say.
FIRST_YEAR, LAST_YEAR = 2, 9998
_FIRST_DAY, _END_DAY = first_day(FIRST_YEAR), first_day(LAST_YEAR + 1)
_START, _END = (_FIRST_DAY + 1) * DAY, (_END_DAY - 1) * DAY
# Sums are counted from here on, in both directions.
_BASE_YEAR = 2025

Span = tuple[int, int]


class Hours:
    """When it is open, from year 2 to 9998; before and after that it never is.

    `weekly` has the wall times, in microseconds since midnight, of Monday to Sunday; `special` those of days that have
    others. Kept sums make a second question about the same years cheap.
    """

    def __init__(self, zone: ZoneInfo, weekly: Sequence[Sequence[Span]], special: Mapping[int, Sequence[Span]]) -> None:
        self._zone = zone
        self._weekly = weekly
        self._special = special
        self._usual = [_length(_union(spans)) for spans in weekly]
        self._special_days: dict[int, list[int]] = defaultdict(list)
        for day in special:
            self._special_days[year_of(day)].append(day)
        opened = [year_of(day) for day, spans in special.items() if spans]
        self._last_open_year = LAST_YEAR if any(self._usual) else max(opened, default=FIRST_YEAR)
        self._passed = {_BASE_YEAR: 0}
        self._first_known = self._last_known = _BASE_YEAR
        # The open time until an instant, counted from a fixed one: the difference of two is what lies between.
        self.passed = lru_cache(maxsize=8_192)(self._passed_until)
        # When a date is open.
        self.spans_of = lru_cache(maxsize=4_096)(self._spans_of)
        self._year = lru_cache(maxsize=256)(self._open_in)
        self._sums = lru_cache(maxsize=64)(self._running_sums)

    def _passed_until(self, instant: int) -> int:
        instant = min(max(instant, _START), _END)
        # No zone is a whole day ahead of UTC or behind: days before these three are over, days after them yet to come.
        day = instant // DAY - 1
        total = self._passed_before(day)
        for near in range(day, day + 3):
            for opens, closes in self.spans_of(near):
                if opens < instant:
                    total += min(closes, instant) - opens
        return total

    def after(self, instant: int, amount: int) -> int | None:
        """The earliest instant by which so much open time, more than none, has passed since `instant`; None: never."""
        if instant >= _END:
            return None
        goal = self.passed(instant) + amount
        year = min(max(year_of(max(instant // DAY - 1, 0)), FIRST_YEAR), LAST_YEAR)
        while self._passed_by(year + 1) < goal:
            year += 1
            if year > self._last_open_year:
                return None
        index = bisect_left(self._sums(year), goal - self._passed_by(year)) - 1
        rest = goal - self._passed_by(year) - self._sums(year)[index]
        spans = iter(self.spans_of(first_day(year) + index))
        opens, closes = next(spans)
        while rest > closes - opens:
            rest -= closes - opens
            opens, closes = next(spans)
        return opens + rest

    def days(self, start: int, end: int) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
        """Each date between two instants: its number, when it ends, and when it is open."""
        for day in range(max(start // DAY - 1, _FIRST_DAY), min(end // DAY + 2, _END_DAY)):
            yield day, first_showing(self._zone, (day + 1) * DAY), self.spans_of(day)

    def _spans_of(self, day: int) -> tuple[Span, ...]:
        if not _FIRST_DAY <= day < _END_DAY:
            return ()
        offset = settled_offset(self._zone, day)
        if offset is not None:
            begins = day * DAY - offset
            return tuple((begins + opens, begins + closes) for opens, closes in _union(self._walls(day)))
        # An hour that is shown twice may let the date before have some of this one's time.
        taken = max((closes for _, closes in self._own_spans(day - 1)), default=0)
        return tuple((max(opens, taken), closes) for opens, closes in self._own_spans(day) if closes > taken)

    def _own_spans(self, day: int) -> list[Span]:
        midnight = day * DAY
        return _union(
            (first_showing(self._zone, midnight + opens), self._closing(midnight + DAY, midnight + closes))
            for opens, closes in self._walls(day)
        )

    def _walls(self, day: int) -> Sequence[Span]:
        return self._special.get(day, self._weekly[day % 7])

    def _closing(self, end_of_day: int, wall: int) -> int:
        # 24:00 is when the next date begins, not when its clocks show midnight once more.
        return first_showing(self._zone, wall) if wall == end_of_day else last_showing(self._zone, wall)

    def _passed_before(self, day: int) -> int:
        year = year_of(day)
        return self._passed_by(year) + self._sums(year)[day - first_day(year)]

    def _passed_by(self, year: int) -> int:
        """The open time until a year begins."""
        passed = self._passed
        while self._last_known < year:
            passed[self._last_known + 1] = passed[self._last_known] + self._in_year(self._last_known)
            self._last_known += 1
        while self._first_known > year:
            self._first_known -= 1
            passed[self._first_known] = passed[self._first_known + 1] - self._in_year(self._first_known)
        return passed[year]

    def _in_year(self, year: int) -> int:
        near = twin(year)
        return self._year(year if year in self._special_days or near in self._special_days else near)

    def _open_in(self, year: int) -> int:
        first, following = first_day(year), first_day(year + 1)
        weeks, rest = divmod(following - first, 7)
        usual = weeks * sum(self._usual) + sum(self._usual[day % 7] for day in range(first, first + rest))
        return usual + sum(_length(self.spans_of(day)) - self._usual[day % 7] for day in self._unusual_days(year))

    def _running_sums(self, year: int) -> list[int]:
        """The open time from the start of a year until each of its days, and until its end."""
        first, following = first_day(year), first_day(year + 1)
        lengths = [self._usual[day % 7] for day in range(first, following)]
        for day in self._unusual_days(year):
            lengths[day - first] = _length(self.spans_of(day))
        return list(accumulate(lengths, initial=0))

    def _unusual_days(self, year: int) -> set[int]:
        return {*unsettled_days(self._zone, year), *self._special_days.get(year, ())}


def _union(spans: Iterator[Span] | Sequence[Span]) -> list[Span]:
    """The same time in spans that neither overlap nor touch, in order, none empty."""
    joined: list[Span] = []
    for opens, closes in sorted(spans):
        if opens >= closes:
            continue
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], closes)
        else:
            joined.append((opens, closes))
    return joined


def _length(spans: Sequence[Span]) -> int:
    return sum(closes - opens for opens, closes in spans)
