"""How often a promise was kept, and the periods that this is told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.sla.clocks import SlaState
from models.sla.zones import DAY, day_of, first_showing, moment_of

JUDGED = frozenset({SlaState.MET, SlaState.MET_LATE, SlaState.BREACHED})


class SlaDimension(StrEnum):
    """What clocks are told apart by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    KIND = "kind"
    PRIORITY = "priority"
    POLICY = "policy"
    AGENT = "agent"


# Of these, one at a time: a day tells its month.
PERIODS = frozenset({SlaDimension.DAY, SlaDimension.WEEK, SlaDimension.MONTH})


def compliance(states: Iterable[SlaState]) -> float | None:
    """The percentage of clocks met in time among those that are judged, to two decimals; None where none is."""
    counts = Counter(states)
    return percentage(counts[SlaState.MET], sum(counts[state] for state in JUDGED))


def percentage(met: int, judged: int) -> float | None:
    """`met` of `judged` to two decimals, half up; None of none, never 0 or 100 by accident."""
    return (20_000 * met + judged) // (2 * judged) / 100 if judged else None


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods that follow each other: the first day of each, the instants at which they begin, and when the last ends.

    The first and the last may be parts of a week or month; they are known by its first day all the same.
    """

    days: tuple[date, ...]
    starts: tuple[datetime, ...]
    end: datetime


def periods(first: date, last: date, zone: ZoneInfo, each: SlaDimension | None) -> Periods:
    """The days, weeks (from Monday) or months of a zone from one date to another, both included; None: all as one."""
    begun: dict[datetime, date] = {}
    day = first
    while day <= last:
        opening = first if each is None else _opening(day, each)
        if day in (first, opening):
            # A date that the zone skips begins when the next one does, which then has its place.
            begun[_begins(zone, day)] = opening
        day += timedelta(days=1)
    return Periods(tuple(begun.values()), tuple(begun), _begins(zone, day))


def _opening(day: date, each: SlaDimension) -> date:
    """The first day of the period that a day is in."""
    match each:
        case SlaDimension.MONTH:
            return day.replace(day=1)
        case SlaDimension.WEEK:
            return day - timedelta(days=day.weekday())
        case _:
            return day


def _begins(zone: ZoneInfo, day: date) -> datetime:
    """The instant at which a date begins."""
    return moment_of(first_showing(zone, day_of(day) * DAY))
