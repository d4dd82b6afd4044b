"""The shared clock: the database's time, on which no setting of clocks has a sudden effect"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.clock import SETTLE, SharedClock
from models.database import Database

NOON = datetime(2026, 11, 6, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass
class Machine:
    """Two machines: this one's clocks, and how far the database's is off the truth."""

    passed: timedelta = timedelta()
    database_off: timedelta = timedelta()
    wall_off: timedelta = timedelta()

    def wall(self) -> datetime:
        return NOON + self.passed + self.wall_off

    def steady(self) -> timedelta:
        return self.passed

    def run(self, clock: SharedClock, span: timedelta) -> None:
        """Let time pass, comparing clocks every ten seconds."""
        for _ in range(span // (10 * SECOND)):
            self.passed += 10 * SECOND
            clock.told(NOON + self.passed + self.database_off, self.passed)


def a_clock(machine: Machine) -> SharedClock:
    """One that has asked the database once."""
    clock = SharedClock(machine.wall, machine.steady)
    clock.told(NOON + machine.passed + machine.database_off, machine.passed)
    return clock


def test_a_wall_clock_that_jumps_changes_nothing() -> None:
    machine = Machine()
    clock = a_clock(machine)

    for off in (HOUR, -HOUR):
        machine.wall_off = off
        machine.run(clock, 10 * SECOND)
        assert clock() == NOON + machine.passed


def test_a_machine_whose_clock_is_wrong_goes_by_the_database() -> None:
    assert a_clock(Machine(wall_off=HOUR))() == NOON
    assert a_clock(Machine(wall_off=-HOUR))() == NOON


def test_a_database_clock_that_jumps_and_comes_back_changes_nothing() -> None:
    machine = Machine()
    clock = a_clock(machine)

    for off in (HOUR, timedelta(), -HOUR, timedelta()):
        machine.database_off = off
        machine.run(clock, SETTLE)
        assert clock() == NOON + machine.passed


def test_a_database_clock_that_was_set_for_good_is_followed_after_a_while() -> None:
    for off in (HOUR, -HOUR):
        machine = Machine()
        clock = a_clock(machine)
        machine.database_off = off

        machine.run(clock, SETTLE + 10 * SECOND)

        assert clock() == NOON + machine.passed + off


def test_small_corrections_are_followed_and_time_never_goes_back() -> None:
    machine = Machine()
    clock = a_clock(machine)
    shown = []

    for milliseconds in (400, -300, 10):
        machine.database_off = timedelta(milliseconds=milliseconds)
        clock.told(NOON + machine.passed + machine.database_off, machine.passed)
        shown.append(clock())
        machine.passed += timedelta(milliseconds=100)

    assert shown == [NOON + timedelta(milliseconds=ms) for ms in (400, 400, 400)]
    machine.passed += SECOND
    assert clock() == NOON + machine.passed + timedelta(milliseconds=10)


async def test_the_database_is_asked(database: Database) -> None:
    clock = SharedClock(lambda: NOON)

    await clock.compare(database)

    shown = await database.fetchval("SELECT clock_timestamp()")
    assert abs(clock() - shown) < 5 * SECOND
