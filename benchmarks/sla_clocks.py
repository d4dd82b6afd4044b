"""What one ticket's clocks cost to work out: `python -m benchmarks.sla_clocks`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from timeit import Timer

from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus
from models.sla import (
    Calendar,
    Created,
    Interval,
    MessageWritten,
    Policy,
    PriorityChanged,
    StatusChanged,
    Targets,
    TicketFact,
    clocks,
)

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 6, 16, 50, tzinfo=UTC)
WEEK = ((Interval.between("09:00", "12:00"), Interval.between("13:00", "18:00")),) * 5 + ((),) * 2
HOLIDAYS = frozenset(date(year, month, 1) for year in range(2026, 2038) for month in range(1, 13))
POLICY = Policy({priority: Targets(4 * HOUR, 8 * HOUR, 40 * HOUR) for priority in TicketPriority}, HOUR)


def office() -> Calendar:
    """A calendar with 144 holidays that has not been asked anything."""
    return Calendar("Europe/Berlin", WEEK, HOLIDAYS)


def fifty_facts() -> list[TicketFact]:
    """A ticket that was written on, waited for, resolved and reopened."""
    facts: list[TicketFact] = [Created(START, TicketPriority.MEDIUM)]
    for turn in range(7):
        at = START + turn * timedelta(hours=30)
        facts += [
            MessageWritten(at, ActorKind.CUSTOMER),
            MessageWritten(at + HOUR, ActorKind.AGENT, internal=True),
            MessageWritten(at + 5 * HOUR, ActorKind.AGENT),
            StatusChanged(at + 6 * HOUR, TicketStatus.WAITING_ON_CUSTOMER),
            PriorityChanged(at + 7 * HOUR, TicketPriority.HIGH),
            StatusChanged(at + 20 * HOUR, TicketStatus.RESOLVED),
            StatusChanged(at + 26 * HOUR, TicketStatus.OPEN),
        ]
    return facts


def microseconds(what: Callable[[], object]) -> float:
    """The best of five rounds, for one call."""
    timer = Timer(what)
    number, _ = timer.autorange()
    return min(timer.repeat(5, number)) / number * 1e6


def main() -> None:
    """Print the figures."""
    known, facts, now = office(), fifty_facts(), START + timedelta(days=12)
    ten_years = timedelta(hours=8 * 250 * 10)
    figures = {
        f"clocks of a ticket of {len(facts)} facts": lambda: clocks(POLICY, known, facts, now),
        "clocks of a new ticket": lambda: clocks(POLICY, known, facts[:1], now),
        "due after ten years of holidays": lambda: known.after(START, ten_years),
        "the same, by a calendar just read": lambda: office().after(START, ten_years),
        "explanation of twelve days": lambda: [
            list(clock.explanation()) for clock in clocks(POLICY, known, facts, now)
        ],
    }
    for name, what in figures.items():
        print(f"{name:45} {microseconds(what):10,.0f} us")


if __name__ == "__main__":
    main()
