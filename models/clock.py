"""The time that all processes of a deployment share: the database's, carried by a clock that nobody can set."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from models.database import Database, utc_now

# Two clocks that are no further apart agree.
STEP = timedelta(seconds=1)
# How long a clock that was set has to stay so before it is followed.
SETTLE = timedelta(minutes=10)
EVERY = timedelta(seconds=10)
# Unlike CLOCK_MONOTONIC it goes on while a machine sleeps.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_log = logging.getLogger(__name__)


def steady_time() -> timedelta:
    """Time since some instant, which no setting of clocks changes."""
    return timedelta(microseconds=time.clock_gettime_ns(_STEADY) // 1000)


@dataclass(frozen=True, slots=True)
class _Step:
    """That the database's clock was found to be off by so much, and when."""

    by: timedelta
    since: timedelta


class SharedClock:
    """Now, to the millisecond. It never goes back, but for a step of the database's clock that has come to stay.

    Whatever happens to this machine's wall clock makes no difference once the database has been asked. If the
    database's own clock is set, time goes on as if it had not been, until the new time has lasted for SETTLE.
    """

    def __init__(self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], timedelta] = steady_time) -> None:
        self._steady = steady
        self._origin = wall() - steady()
        self._last = wall()
        self._known = False
        self._step: _Step | None = None

    def __call__(self) -> datetime:
        now = self._origin + self._steady()
        self._last = max(self._last, now.replace(microsecond=now.microsecond // 1000 * 1000))
        return self._last

    async def keep(self, database: Database) -> None:
        """Go on comparing, without end."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await self.compare(database)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                _log.warning("The database's clock can't be read just now: %r", error)

    async def compare(self, database: Database) -> None:
        """Ask what time it is in the database."""
        asked = self._steady()
        shown: datetime = await database.fetchval("SELECT clock_timestamp()")
        self.told(shown, (asked + self._steady()) / 2)

    def told(self, shown: datetime, at: timedelta) -> None:
        """Take in what the database's clock showed at an instant of steady time."""
        by = shown - (self._origin + at)
        if abs(by) <= STEP:
            self._origin += by
            self._step = None
        elif not self._known:
            _log.warning("This machine's clock is %s off the database's, whose time is used.", -by)
            self._follow(by)
        elif self._step is None or abs(by - self._step.by) > STEP:
            _log.warning("The database's clock was set by %s; unless it is set back, that holds in %s.", by, SETTLE)
            self._step = _Step(by, at)
        elif at - self._step.since >= SETTLE:
            _log.warning("The database's clock stays set by %s, which holds from now on.", by)
            self._follow(by)
        self._known = True

    def _follow(self, by: timedelta) -> None:
        self._origin += by
        self._last += min(by, timedelta())
        self._step = None
