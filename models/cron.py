"""Cron expressions: five fields, in UTC, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_MINUTE = timedelta(minutes=1)
# The 29th of February comes once in eight years at worst, around the turn of a century.
_FURTHEST = timedelta(days=366 * 8 + 1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(\*)|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")
_OFF_START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes at which something is done. Where both kinds of days are restricted, either will do, as ever."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `*/5 * * * *` and the like; raises ValueError, with the reason, also for what never comes."""
        fields = text.lower().split()
        if len(fields) != 5:
            raise ValueError("it has five fields: minute, hour, day of the month, month, day of the week")
        minutes, hours, days, months, weekdays = fields
        cron = cls(
            frozenset(_values(minutes, 0, 59)),
            frozenset(_values(hours, 0, 23)),
            frozenset(_values(days, 1, 31)),
            frozenset(_values(months, 1, 12, _MONTHS, 1)),
            frozenset(value % 7 for value in _values(weekdays, 0, 7, _WEEKDAYS)),
            not days.startswith("*") and not weekdays.startswith("*"),
        )
        if cron.after(_OFF_START) is None:
            raise ValueError("there is no such day")
        return cron

    def after(self, instant: datetime) -> datetime | None:
        """The first of its minutes that begins later than an instant; None where there is none."""
        at = instant.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
        end = at + _FURTHEST
        while at < end:
            if not self._on(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at += _MINUTE
            else:
                return at
        return None

    def _on(self, at: datetime) -> bool:
        day, weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        return at.month in self.months and (day or weekday if self.either_day else day and weekday)


def _values(text: str, lowest: int, highest: int, names: tuple[str, ...] = (), first: int = 0) -> Iterator[int]:
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} can't be read")
        star, begin, end, step = match.groups()
        start = lowest if star else _value(begin, names, first)
        # A single value with a step goes on to the last.
        stop = _value(end, names, first) if end else (highest if star or step else start)
        every = 1 if step is None else int(step)
        if not lowest <= start <= stop <= highest or every == 0:
            raise ValueError(f"{part!r} is not within {lowest} to {highest}")
        yield from range(start, stop + 1, every)


def _value(text: str, names: tuple[str, ...], first: int) -> int:
    if text.isdigit():
        return int(text)
    if text not in names:
        raise ValueError(f"{text!r} can't be read")
    return names.index(text) + first
