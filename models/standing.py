"""How a ticket's clocks stand, as rows and columns keep it; and what has become of that since. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

from models.lifecycle import FINISHED, TicketStatus
from models.retelling import MOMENT, Retelling
from models.sla import Clock, SlaClockKind, SlaState
from models.tickets import NEVER_DUE

_SECOND = timedelta(seconds=1)
_FIRST, _LAST, _BETWEEN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock with its place among the ticket's, and the columns of its row."""

    position: int
    clock: Clock
    columns: Mapping[str, Any]


def standings(told: Retelling, now: datetime) -> list[Standing]:
    """A ticket's clocks as they are to be stored. Places don't move when others come or go."""
    between = count(_BETWEEN)
    return [
        Standing(_place(clock, between), clock, _columns(told, clock))
        for clock in told.clocks(now)
        if clock.promise.policy.version
    ]


def _place(clock: Clock, between: Iterable[int]) -> int:
    match clock.kind:
        case SlaClockKind.FIRST_RESPONSE:
            return _FIRST
        case SlaClockKind.NEXT_RESPONSE:
            return next(iter(between))
        case SlaClockKind.RESOLUTION:
            return _LAST


def _columns(told: Retelling, clock: Clock) -> dict[str, Any]:
    return {
        "kind": clock.kind,
        "state": clock.state,
        "priority": clock.promise.priority,
        "started_at": clock.started_at,
        "target_seconds": None if clock.target is None else clock.target // _SECOND,
        "due_at": clock.due_at,
        "remaining": None if clock.remaining is None else clock.remaining // MOMENT,
        "warn_at": clock.warn_at,
        "met_at": clock.met_at,
        "breached_at": clock.breached_at,
        "paused_since": clock.paused_since,
        "agent_id": told.agent_of(clock),
        "policy_version_id": clock.promise.policy.version,
        "calendar_version_id": clock.promise.calendar.version,
    }


class StoredClock(Protocol):
    """What of a clock's row tells how it stands, and what of that has been recorded."""

    state: SlaState
    due_at: datetime | None
    warn_at: datetime | None
    breached_at: datetime | None
    warned: bool
    breach_recorded: bool


_BY_URGENCY = (SlaState.BREACHED, SlaState.RUNNING, SlaState.PAUSED, SlaState.NEVER, SlaState.MET_LATE, SlaState.MET)


def most_urgent(clocks: Collection[Mapping[str, Any]], status: TicketStatus) -> tuple[SlaState | None, datetime]:
    """The state of a ticket's most urgent clock, those unmet before those met, and when the next unmet one is due.

    With a resolved or closed ticket nobody waits: it has kept all that is judged of it, or has been late.
    """
    if status in FINISHED:
        return _outcome(clocks), NEVER_DUE
    states = {SlaState(clock["state"]) for clock in clocks}
    return next((state for state in _BY_URGENCY if state in states), None), next_due(clocks)


def next_due(clocks: Iterable[Mapping[str, Any]]) -> datetime:
    """When the first of the clocks that are not met is due, or was."""
    due = (clock["due_at"] for clock in clocks if clock["met_at"] is None and clock["due_at"] is not None)
    return min(due, default=NEVER_DUE)


def _outcome(clocks: Iterable[Mapping[str, Any]]) -> SlaState | None:
    judged = [clock["breached_at"] for clock in clocks if clock["breached_at"] or clock["met_at"]]
    if not judged:
        return None
    return SlaState.MET_LATE if any(judged) else SlaState.MET


def warns(row: StoredClock) -> datetime | None:
    """When a clock that runs is to be warned of, unless it has been; a warning comes before the due time or never."""
    if row.warned or row.state is not SlaState.RUNNING or row.warn_at is None or row.due_at is None:
        return None
    return row.warn_at if row.warn_at < row.due_at else None


def next_look(row: StoredClock) -> datetime | None:
    """When a clock needs to be looked at next, because something is to be recorded then."""
    looks = [warns(row)]
    if row.state is SlaState.RUNNING and row.due_at is not None:
        looks.append(row.due_at + MOMENT)
    if row.breached_at is not None and not row.breach_recorded:
        looks.append(row.breached_at)
    return min((look for look in looks if look is not None), default=None)


def as_it_stands(columns: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A stored clock at a later instant, if nothing has happened since but time: what was due is breached."""
    due_at = columns["due_at"]
    if columns["state"] == SlaState.RUNNING and due_at is not None and due_at < now:
        return {**columns, "state": SlaState.BREACHED, "breached_at": due_at}
    return {**columns}


def moves_by_itself(columns: Mapping[str, Any]) -> bool:
    """Whether a stored clock's remaining time goes down with no due time known: that of one that will never be due."""
    return columns["remaining"] is not None and columns["paused_since"] is None and columns["met_at"] is None
