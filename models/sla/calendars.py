"""Business calendars: the hours in which time counts, and why it does not at other times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.errors import InvalidInput
from models.sla.hours import Hours, Span
from models.sla.zones import MICROSECOND, day_of, instant_of, micros, moment_of

A_DAY = timedelta(days=1)
_WALL_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class SlaReason(StrEnum):
    """Why a stretch of time counted, or did not."""

    OPEN_HOURS = "open_hours"
    CLOSED_HOURS = "closed_hours"
    HOLIDAY = "holiday"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From when to when it is open, on clocks of the calendar's zone, since midnight; 24:00 is the end of the date."""

    opens: timedelta
    closes: timedelta

    def __post_init__(self) -> None:
        if not timedelta() <= self.opens < self.closes <= A_DAY:
            raise InvalidInput("Hours open before they close, on one date: a night shift is two intervals.", ["from"])

    @classmethod
    def between(cls, opens: str, closes: str) -> Interval:
        """From two times such as 09:00 and 24:00."""
        return cls(_wall_time(opens, "from"), _wall_time(closes, "to"))


Intervals = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class ExtraDay:
    """A date with hours of its own, whatever day of the week or holiday it is; with none it is closed."""

    date: date
    intervals: Intervals = ()


@dataclass(frozen=True)
class Calendar:
    """When an organization is open. `weekly` has Monday's hours first; a holiday is closed all day.

    Intervals may overlap: open time is their union. `version` tells the caller which row this was; it changes nothing.
    """

    timezone: str
    weekly: tuple[Intervals, ...]
    holidays: frozenset[date] = frozenset()
    extra: tuple[ExtraDay, ...] = ()
    version: UUID | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise InvalidInput("A week has seven days, Monday first.", ["weekly"])
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidInput(
                f"{self.timezone!r} is not an IANA time zone such as Europe/Berlin.", ["timezone"]
            ) from None
        if len({each.date for each in self.extra}) < len(self.extra):
            raise InvalidInput("A date has extra hours once.", ["extra"])

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.timezone, self.weekly, self.holidays, self.extra))

    @cached_property
    def hours(self) -> Hours:
        """The calendar's arithmetic, in microseconds; it remembers what it has summed up."""
        special: dict[int, list[Span]] = {day_of(day): [] for day in self.holidays}
        special |= {day_of(extra.date): _spans(extra.intervals) for extra in self.extra}
        return Hours(ZoneInfo(self.timezone), [_spans(intervals) for intervals in self.weekly], special)

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """How long it is open from one instant to a later one."""
        return MICROSECOND * (self.hours.passed(instant_of(end)) - self.hours.passed(instant_of(start)))

    def after(self, start: datetime, amount: timedelta) -> datetime | None:
        """The earliest instant by which it has been open for `amount` since `start`; None: it never will have been.

        That is `start` itself for no amount, and closing time, not the next opening, for exactly what is left today.
        """
        if amount <= timedelta():
            return start
        found = self.hours.after(instant_of(start), micros(amount))
        return None if found is None else moment_of(found)

    def opens_after(self, instant: datetime) -> bool:
        """Whether it is ever open after an instant."""
        return self.after(instant, MICROSECOND) is not None

    def tidied(self) -> Calendar:
        """The same calendar, its hours in order and joined where they overlap or touch."""
        weekly = tuple(_joined(intervals) for intervals in self.weekly)
        extra = tuple(ExtraDay(each.date, _joined(each.intervals)) for each in sorted(self.extra, key=_date_of))
        return Calendar(self.timezone, weekly, self.holidays, extra, self.version)

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int, SlaReason]]:
        """The time between two instants in pieces, each open or closed, and why. They leave nothing out."""
        closed_days = {day_of(day) for day in self.holidays} - {day_of(extra.date) for extra in self.extra}
        at = start
        for day, day_ends, spans in self.hours.days(start, end):
            closed = SlaReason.HOLIDAY if day in closed_days else SlaReason.CLOSED_HOURS
            for opens, closes in (*spans, (day_ends, day_ends)):
                for upto, reason in ((opens, closed), (closes, SlaReason.OPEN_HOURS)):
                    if at < min(upto, end):
                        yield at, min(upto, end), reason
                        at = min(upto, end)
        if at < end:
            yield at, end, SlaReason.CLOSED_HOURS


ALWAYS_OPEN = Calendar("UTC", ((Interval(timedelta(), A_DAY),),) * 7)


def _wall_time(text: str, field: str) -> timedelta:
    if not _WALL_TIME.fullmatch(text):
        raise InvalidInput("This is a time of day from 00:00 to 24:00, such as 09:30.", [field])
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _spans(intervals: Intervals) -> list[Span]:
    return [(micros(each.opens), micros(each.closes)) for each in intervals]


def _joined(intervals: Intervals) -> Intervals:
    joined: list[Interval] = []
    for each in sorted(intervals):
        if joined and each.opens <= joined[-1].closes:
            joined[-1] = Interval(joined[-1].opens, max(joined[-1].closes, each.closes))
        else:
            joined.append(each)
    return tuple(joined)


def _date_of(extra: ExtraDay) -> date:
    return extra.date
