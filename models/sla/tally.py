"""How much of a ticket's time has counted, and the account of it: what counted, what did not, and why."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.lifecycle import TicketStatus
from models.sla.calendars import Calendar, SlaReason
from models.sla.zones import moment_of

# Since when a ticket has had which status, oldest first; the first since it was created.
History = Sequence[tuple[int, TicketStatus]]

_HELD = {TicketStatus.RESOLVED: SlaReason.RESOLVED, TicketStatus.CLOSED: SlaReason.CLOSED}


@dataclass(frozen=True, slots=True)
class SlaStretch:
    """A stretch of a clock's time. Stretches follow each other without a gap; those that counted add up to its use."""

    start: datetime
    end: datetime
    reason: SlaReason

    @property
    def counted(self) -> bool:
        """Whether it brought the due time nearer."""
        return self.reason is SlaReason.OPEN_HOURS

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.end - self.start


class Tally:
    """The open time of a ticket, less what falls into the statuses that hold it.

    It reads on in the history as that grows, and answers for the time since the ticket was created. All clocks of a
    ticket that share a calendar and a set of holding statuses share a tally: what each has used is a difference.
    """

    def __init__(self, calendar: Calendar, holding: Collection[TicketStatus], history: History) -> None:
        self._calendar = calendar
        self._hours = calendar.hours
        self._holding = holding
        self._history = history
        self._read = 0
        # Since when the ticket has been held, or not; what had counted, and been open, by then.
        self._since: list[int] = []
        self._held: list[bool] = []
        self._counted: list[int] = []
        self._passed: list[int] = []

    def counted(self, instant: int) -> int:
        """How much had counted by an instant."""
        self._read_on()
        return self._counted_since(bisect_right(self._since, instant) - 1, instant)

    def reached(self, amount: int) -> int | None:
        """The earliest instant by which so much, more than none, has counted.

        None where that is not known, because the ticket is held, or never.
        """
        self._read_on()
        index = bisect_left(self._counted, amount) - 1
        if self._held[index]:
            return None
        return self._hours.after(self._since[index], amount - self._counted[index])

    def held_since(self) -> int | None:
        """When the hold began in which the ticket is now, if it is."""
        self._read_on()
        return self._since[-1] if self._held[-1] else None

    def stretches(self, start: int, end: int) -> Iterator[SlaStretch]:
        """The time from one instant to another, accounted for; neighbours of one reason are one stretch."""
        began, last = start, None
        for since, reason in self._pieces(start, end):
            if last is not None and reason is not last:
                yield SlaStretch(moment_of(began), moment_of(since), last)
                began = since
            last = reason
        if last is not None:
            yield SlaStretch(moment_of(began), moment_of(end), last)

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, SlaReason]]:
        """From when on which reason holds."""
        following = [since for since, _ in self._history[1:]]
        for (since, status), next_change in zip(self._history, [*following, end], strict=True):
            begins, ends = max(since, start), min(next_change, end)
            if begins >= ends:
                continue
            if status in self._holding:
                yield begins, _HELD.get(status, SlaReason.PAUSED)
            else:
                yield from ((at, reason) for at, _, reason in self._calendar.stretches(begins, ends))

    def _read_on(self) -> None:
        for instant, status in self._history[self._read :]:
            held = status in self._holding
            if not self._held or held is not self._held[-1]:
                self._counted.append(self._counted_since(len(self._held) - 1, instant) if self._held else 0)
                self._passed.append(self._hours.passed(instant))
                self._since.append(instant)
                self._held.append(held)
        self._read = len(self._history)

    def _counted_since(self, index: int, instant: int) -> int:
        if self._held[index]:
            return self._counted[index]
        return self._counted[index] + self._hours.passed(instant) - self._passed[index]
