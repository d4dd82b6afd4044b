"""The same clocks once more, slowly: time is walked through at every second and at every fact.

Nothing here is shared with models.sla but the values that it is asked with. Opening hours are read off the zone's wall
clock minute by minute, for neither they nor the clocks are set in between; what a clock has used is a sum over all
seconds; what a fact changes is found by counting anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models import sla
from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus

HOURS = 72
SECOND, MINUTE = 1_000_000, 60_000_000
DAY = 24 * 60 * MINUTE
END = HOURS * 60 * MINUTE
SECONDS = np.arange(0, END + SECOND, SECOND, dtype=np.int64)
# Reached, but later than what the walk covers, or never.
BEYOND = -1
DONE = {TicketStatus.RESOLVED, TicketStatus.CLOSED}

Flags = NDArray[np.bool_]
Instants = NDArray[np.int64]


@dataclass
class Expected:
    """A clock as the walk found it, in microseconds since the walk began."""

    kind: str
    start: int
    state: str = ""
    due: int | None = None
    remaining: int | None = None
    warn: int | None = None
    met: int | None = None
    breached: int | None = None
    promised: bool = True
    used: int = 0


@lru_cache(maxsize=64)
def offsets(zone: str, begins: datetime) -> Instants:
    """How far the wall clock is ahead of UTC, for each minute of the walk."""
    minutes = (begins + timedelta(minutes=minute) for minute in range(HOURS * 60 + 1))
    shifts = [minute.astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for minute in minutes]
    return np.array([shift // timedelta(microseconds=1) for shift in shifts], dtype=np.int64)


class Walk:
    """From `begins`, midnight in UTC, for three days: every second, and the other instants that are named."""

    def __init__(self, begins: datetime, instants: Iterable[datetime]) -> None:
        self.begins = begins
        between = sorted({self.at(instant) for instant in instants if self.at(instant) % SECOND})
        self.grid = np.insert(SECONDS, np.searchsorted(SECONDS, between), between)
        self.steps = np.diff(self.grid)
        self._open: dict[sla.Calendar, Flags] = {}

    def at(self, instant: datetime) -> int:
        return (instant - self.begins) // timedelta(microseconds=1)

    def index(self, instant: int) -> int:
        return int(np.searchsorted(self.grid, instant))

    def open(self, calendar: sla.Calendar) -> Flags:
        """For each step, whether it is open."""
        if calendar not in self._open:
            self._open[calendar] = self._read(calendar)
        return self._open[calendar]

    def _read(self, calendar: sla.Calendar) -> Flags:
        midnight = (self.begins.replace(tzinfo=None) - datetime(1970, 1, 1)) // timedelta(microseconds=1)
        shifts = offsets(calendar.timezone, self.begins)
        wall = midnight + np.arange(len(shifts), dtype=np.int64) * MINUTE + shifts
        extra = {each.date: each.intervals for each in calendar.extra}
        flags = np.zeros(len(wall), dtype=np.bool_)
        for number in range(-3, 7):
            day = self.begins.date() + timedelta(days=number)
            starts = midnight + number * DAY
            for interval in extra.get(day, () if day in calendar.holidays else calendar.weekly[day.weekday()]):
                opens = first(wall >= starts + interval.opens // timedelta(microseconds=1))
                if interval.closes == timedelta(days=1):
                    closes = first(wall >= starts + DAY)
                else:
                    closes = last_showing(wall, starts + interval.closes // timedelta(microseconds=1))
                flags[opens:closes] = True
        return flags[self.grid[:-1] // MINUTE]

    def used(self, start: int, counting: Flags) -> Instants:
        """How much has counted since `start`, at each instant of the grid."""
        spent = self.steps * counting
        spent[: self.index(start)] = 0
        return np.concatenate(([0], np.cumsum(spent)))


def first(flags: Flags) -> int:
    """The index of the first that is set, or one past the end."""
    return int(np.argmax(flags)) if flags.any() else len(flags)


def last_showing(wall: Instants, time: int) -> int:
    """The index at which the clock shows a time for the last time, or jumps over it."""
    shown = np.flatnonzero(wall == time)
    earlier = np.flatnonzero(wall < time)
    return int(shown[-1]) if len(shown) else int(earlier[-1]) + 1 if len(earlier) else 0


@dataclass
class Story:
    """What is known after some of the facts."""

    walk: Walk
    policy: sla.Policy
    calendar: sla.Calendar
    priority: TicketPriority
    statuses: list[tuple[int, TicketStatus]]

    def counting(self, kind: str) -> Flags:
        """For each step, whether a clock of this kind runs."""
        holding = set(DONE)
        if kind != "first_response" or self.policy.pause_first_response:
            holding |= self.policy.pause_on
        flags = self.walk.open(self.calendar).copy()
        for at, status in self.statuses:
            rest = slice(self.walk.index(at), None)
            flags[rest] = False if status in holding else self.walk.open(self.calendar)[rest]
        return flags

    def held(self, kind: str) -> bool:
        status = self.statuses[-1][1]
        paused = status in self.policy.pause_on and (kind != "first_response" or self.policy.pause_first_response)
        return status in DONE or paused

    def look(self, clock: Expected, now: int) -> None:
        """Set what the clock is due, and all that goes with it, by what is promised at this point."""
        target = getattr(self.policy.targets[self.priority], clock.kind)
        clock.promised = target is not None
        clock.due = clock.remaining = clock.warn = None
        used = self.walk.used(clock.start, self.counting(clock.kind))
        clock.used = int(used[self.walk.index(now)])
        if target is None:
            return
        amount = target // timedelta(microseconds=1)
        clock.due = self.reached(clock, used, amount)
        clock.warn = self.reached(clock, used, amount - self.policy.warn_before // timedelta(microseconds=1))
        if clock.due is None or clock.due == BEYOND:
            clock.remaining = amount - clock.used

    def reached(self, clock: Expected, used: Instants, amount: int) -> int | None:
        if amount <= 0:
            return clock.start
        index = first(used >= amount)
        if index == len(used):
            return None if self.held(clock.kind) else BEYOND
        return int(self.walk.grid[index] - (used[index] - amount))


def expected(
    begins: datetime, policy: sla.Policy, calendar: sla.Calendar, facts: Sequence[sla.TicketFact], now: datetime
) -> list[Expected]:
    """The clocks at `now`, counted anew after every fact."""
    walk = Walk(begins, [*(fact.at for fact in facts), now])
    known = sorted((fact for fact in facts if fact.at <= now), key=lambda fact: fact.at)
    created = known[0]
    assert isinstance(created, sla.Created)
    story = Story(walk, policy, calendar, created.priority, [(walk.at(created.at), TicketStatus.OPEN)])
    response: Expected | None = Expected("first_response", walk.at(created.at))
    assert response is not None
    responses, resolution = [response], Expected("resolution", walk.at(created.at))
    for index, fact in enumerate(known):
        at = walk.at(fact.at)
        match fact:
            case sla.MessageWritten(author_kind=author, internal=False):
                answers = author is ActorKind.AGENT or (author is ActorKind.AI and story.policy.ai_counts_as_response)
                if response is not None and answers:
                    response.met, response = at, None
                elif response is None and author is ActorKind.CUSTOMER:
                    response = Expected("next_response", at)
                    responses.append(response)
            case sla.StatusChanged(status=status):
                if status in DONE and resolution.met is None:
                    resolution.met = at
                elif status not in DONE:
                    resolution.met = None
                story.statuses.append((at, status))
            case sla.PriorityChanged(priority=priority):
                story.priority = priority
            case sla.PolicyChanged(policy=changed):
                story.policy = changed
            case sla.CalendarChanged(calendar=edited):
                story.calendar = edited
        until = walk.at(known[index + 1].at if index + 1 < len(known) else now)
        # What the next fact meets stays as it is seen here, just before it.
        for clock in unmet([*responses, resolution]):
            story.look(clock, until)
            if clock.breached is None and clock.due not in (None, BEYOND) and clock.due < until:
                clock.breached = max(clock.due, at)
    for clock in [*responses, resolution]:
        clock.state = state(clock, story.held(clock.kind))
    return [clock for clock in (*responses, resolution) if clock.promised or clock.breached is not None]


def unmet(clocks: Iterable[Expected]) -> list[Expected]:
    return [clock for clock in clocks if clock.met is None]


def state(clock: Expected, held: bool) -> str:
    if clock.met is not None:
        return "met" if clock.breached is None else "met_late"
    if clock.breached is not None:
        return "breached"
    if clock.due is None:
        return "paused" if held else "never"
    return "running"


def midnight_before(day: date) -> datetime:
    """When a walk around a date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
