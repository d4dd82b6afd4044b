"""A ticket's clocks: what follows from its facts and from what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.actors import ActorKind
from models.lifecycle import FINISHED, TicketStatus
from models.sla.calendars import Calendar
from models.sla.facts import (
    CalendarChanged,
    Created,
    MessageWritten,
    PolicyChanged,
    PriorityChanged,
    PromiseChanged,
    Promised,
    StatusChanged,
    TicketFact,
    until,
)
from models.sla.promises import Policy, Promise, SlaClockKind
from models.sla.tally import SlaStretch, Tally
from models.sla.zones import MICROSECOND, instant_of, micros, moment_of


class SlaState(StrEnum):
    """Where a clock stands. The first three are judged; NEVER: the calendar has not enough hours left to be due."""

    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    RUNNING = "running"
    PAUSED = "paused"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock as it stands; once met, as it stood just before.

    `remaining` is there while `due_at` is not known, `target` None where a breach was of a promise since withdrawn.
    `promised_at` is since when it is promised what it is, or when it was reopened, if that was later.
    """

    kind: SlaClockKind
    started_at: datetime
    state: SlaState
    target: timedelta | None
    due_at: datetime | None
    remaining: timedelta | None
    warn_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    paused_since: datetime | None
    promise: Promise
    promised_at: datetime
    _until: int = field(repr=False)
    _tally: Tally = field(repr=False, compare=False)

    def explanation(self, since: datetime | None = None) -> Iterator[SlaStretch]:
        """The clock's time until it was met, or until now: what counted, what did not, and why.

        Long ones have a stretch for every opening and closing, hence one at a time, and from a later instant on.
        """
        begin = max(self.started_at, since) if since else self.started_at
        return self._tally.stretches(instant_of(begin), self._until)

    def reaches(self, percent: int) -> datetime | None:
        """When so much of its target is used; None where that is not known, or never."""
        if self.target is None:
            return None
        start, amount = instant_of(self.started_at), micros(self.target) * percent // 100
        return self.started_at if amount <= 0 else _moment(self._tally.reached(self._tally.counted(start) + amount))


def clocks(policy: Policy, calendar: Calendar, facts: Iterable[TicketFact], now: datetime) -> list[Clock]:
    """A ticket's clocks at `now`: first response, next responses by their start, resolution.

    `policy` and `calendar` hold when the ticket is created; others come as facts. Facts may be in any order; what is
    later than `now` has not happened. What is not promised, and never was broken, has no clock.
    """
    known = until(facts, now)
    created = next((fact for fact in known if isinstance(fact, Created)), None)
    if created is None:
        return []
    ticket = _Ticket(created, Promise(policy, calendar, created.priority))
    for fact in known:
        ticket.apply(fact)
    return ticket.clocks(instant_of(now))


@dataclass(slots=True)
class _Standing:
    """What one need is promised, as of some instant."""

    until: int
    promise: Promise
    tally: Tally
    target: timedelta | None
    due: int | None
    remaining: int | None
    warn: int | None
    held_since: int | None


@dataclass(slots=True, eq=False)
class _Need:
    """Something that somebody waits for, promised or not. `changed` is when it was promised what it is, or reopened."""

    kind: SlaClockKind
    start: int
    changed: int
    due: int | None = None
    breached: int | None = None
    met: _Standing | None = None


class _Ticket:
    """The facts so far, applied one after another."""

    def __init__(self, created: Created, promise: Promise) -> None:
        self._start = instant_of(created.at)
        self._promise = promise
        self._history = [(self._start, TicketStatus.OPEN)]
        self._tallies: dict[tuple[Calendar, frozenset[TicketStatus]], Tally] = {}
        self._response: _Need | None = _Need(SlaClockKind.FIRST_RESPONSE, self._start, self._start)
        self._resolution = _Need(SlaClockKind.RESOLUTION, self._start, self._start)
        self._responses = [self._response]
        self._reckon()

    def apply(self, fact: TicketFact) -> None:
        """Let time pass until the fact, and then the fact happen."""
        # What claims to be older than the ticket, as imports may, happened when that arrived.
        at = max(instant_of(fact.at), self._start)
        self._pass_time(at)
        match fact:
            case MessageWritten():
                self._message(fact, at)
            case StatusChanged():
                self._status(fact.status, at)
            case PriorityChanged() | PolicyChanged() | CalendarChanged() | Promised():
                self._change_promise(fact, at)

    def clocks(self, now: int) -> list[Clock]:
        """Every clock that there is."""
        self._pass_time(now)
        return [clock for need in (*self._responses, self._resolution) if (clock := self._clock(need, now))]

    def _unmet(self) -> list[_Need]:
        return [need for need in (self._response, self._resolution) if need is not None and need.met is None]

    def _pass_time(self, now: int) -> None:
        """Breach what is due before `now`: at the due time, or when that was promised if it was past already."""
        for need in self._unmet():
            if need.breached is None and need.due is not None and need.due < now:
                need.breached = max(need.due, need.changed)

    def _message(self, message: MessageWritten, at: int) -> None:
        if message.internal:
            return
        if message.author_kind is ActorKind.CUSTOMER:
            if self._response is None:
                self._response = _Need(SlaClockKind.NEXT_RESPONSE, at, at)
                self._responses.append(self._response)
                self._reckon()
        elif self._response is not None and self._answers(message.author_kind):
            self._response.met = self._standing(self._response, at)
            self._response = None

    def _answers(self, author_kind: ActorKind) -> bool:
        if author_kind is ActorKind.AI:
            return self._promise.policy.ai_counts_as_response
        return author_kind is ActorKind.AGENT

    def _status(self, status: TicketStatus, at: int) -> None:
        was_finished, is_finished = self._history[-1][1] in FINISHED, status in FINISHED
        if is_finished and not was_finished:
            self._resolution.met = self._standing(self._resolution, at)
        if was_finished and not is_finished:
            self._resolution.met = None
            self._resolution.changed = at
        self._history.append((at, status))
        self._reckon()

    def _change_promise(self, fact: PromiseChanged, at: int) -> None:
        match fact:
            case PriorityChanged():
                self._promise = replace(self._promise, priority=fact.priority)
            case PolicyChanged():
                self._promise = replace(self._promise, policy=fact.policy)
            case CalendarChanged():
                self._promise = replace(self._promise, calendar=fact.calendar)
            case Promised():
                self._promise = Promise(fact.policy, fact.calendar, fact.priority or self._promise.priority)
        for need in self._unmet():
            need.changed = at
        self._reckon()

    def _reckon(self) -> None:
        """Work out anew when what is unmet is due."""
        for need in self._unmet():
            target = self._promise.target(need.kind)
            need.due = None if target is None else self._reached(need, micros(target))

    def _reached(self, need: _Need, amount: int) -> int | None:
        """When so much of a need's time has counted, from its start and by what is promised now."""
        if amount <= 0:
            return need.start
        tally = self._tally(need)
        return tally.reached(tally.counted(need.start) + amount)

    def _tally(self, need: _Need) -> Tally:
        key = self._promise.calendar, self._promise.held_by(need.kind)
        if key not in self._tallies:
            self._tallies[key] = Tally(*key, self._history)
        return self._tallies[key]

    def _standing(self, need: _Need, at: int) -> _Standing:
        promise, tally = self._promise, self._tally(need)
        target, held_since = promise.target(need.kind), tally.held_since()
        held_since = None if held_since is None else max(held_since, need.start)
        remaining = warn = None
        if target is not None:
            if need.due is None:
                remaining = micros(target) - tally.counted(at) + tally.counted(need.start)
            warn = self._reached(need, micros(target - promise.policy.warn_before))
        return _Standing(at, promise, tally, target, need.due, remaining, warn, held_since)

    def _clock(self, need: _Need, now: int) -> Clock | None:
        target = need.met.target if need.met else self._promise.target(need.kind)
        if target is None and need.breached is None:
            return None
        standing = need.met or self._standing(need, now)
        return Clock(
            kind=need.kind,
            started_at=moment_of(need.start),
            state=_state(need, standing),
            target=standing.target,
            due_at=_moment(standing.due),
            remaining=None if standing.remaining is None else MICROSECOND * standing.remaining,
            warn_at=_moment(standing.warn),
            met_at=moment_of(need.met.until) if need.met else None,
            breached_at=_moment(need.breached),
            paused_since=None if need.met else _moment(standing.held_since),
            promise=standing.promise,
            promised_at=moment_of(need.changed),
            _until=standing.until,
            _tally=standing.tally,
        )


def _state(need: _Need, standing: _Standing) -> SlaState:
    if need.met:
        return SlaState.MET if need.breached is None else SlaState.MET_LATE
    if need.breached is not None:
        return SlaState.BREACHED
    if standing.due is not None:
        return SlaState.RUNNING
    return SlaState.NEVER if standing.held_since is None else SlaState.PAUSED


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else moment_of(instant)
