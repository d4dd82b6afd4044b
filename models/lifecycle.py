"""The life of a ticket: which status follows which, and who may take the step. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from models.errors import TransitionNotAllowed


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    WAITING_ON_CUSTOMER = "waiting_on_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


class TicketPriority(StrEnum):
    """How urgent a ticket is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Mover(StrEnum):
    """Who or what takes a step: a person in a role, the AI, a timer, or a customer's message arriving."""

    AGENT = "agent"
    CUSTOMER = "customer"
    AI = "ai"
    TIMER = "timer"
    CUSTOMER_MESSAGE = "customer_message"


_OPEN, _PENDING, _WORK, _WAIT, _RESOLVED, _CLOSED = TicketStatus
_AGENT, _CUSTOMER, _AI, _TIMER, _MESSAGE = Mover

# Rows and cells as in docs/lifecycle.md; a missing cell is a step nobody may take.
STEPS: Mapping[TicketStatus, Mapping[TicketStatus, frozenset[Mover]]] = {
    _OPEN: {
        _PENDING: frozenset({_AGENT}),
        _WORK: frozenset({_AGENT}),
        _WAIT: frozenset({_AGENT}),
        _RESOLVED: frozenset({_AGENT, _AI, _CUSTOMER}),
        _CLOSED: frozenset({_AGENT}),
    },
    _PENDING: {
        _OPEN: frozenset({_AGENT, _TIMER}),
        _WORK: frozenset({_AGENT}),
        _WAIT: frozenset({_AGENT}),
        _RESOLVED: frozenset({_AGENT, _AI, _CUSTOMER}),
        _CLOSED: frozenset({_AGENT}),
    },
    _WORK: {
        _PENDING: frozenset({_AGENT}),
        _WAIT: frozenset({_AGENT}),
        _RESOLVED: frozenset({_AGENT, _CUSTOMER}),
        _CLOSED: frozenset({_AGENT}),
    },
    _WAIT: {
        _OPEN: frozenset({_MESSAGE}),
        _WORK: frozenset({_AGENT, _MESSAGE}),
        _RESOLVED: frozenset({_AGENT, _CUSTOMER}),
        _CLOSED: frozenset({_AGENT}),
    },
    _RESOLVED: {
        _OPEN: frozenset({_AGENT, _CUSTOMER, _MESSAGE}),
        _CLOSED: frozenset({_AGENT, _TIMER}),
    },
    _CLOSED: {
        _OPEN: frozenset({_AGENT, _CUSTOMER, _MESSAGE}),
    },
}

FINISHED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


def allowed_transitions(mover: Mover, current: TicketStatus) -> list[TicketStatus]:
    """The statuses that `mover` may give to a ticket in `current`, in the order of the main road."""
    return [status for status in TicketStatus if mover in STEPS[current].get(status, frozenset())]


def beyond_reopening(closed_at: datetime | None, window_days: int | None, now: datetime) -> bool:
    """Whether a ticket was closed longer ago than its organization lets customers reopen theirs; None: any time ago."""
    if closed_at is None or window_days is None:
        return False
    return now - closed_at > timedelta(days=window_days)


def advance(mover: Mover, current: TicketStatus, target: TicketStatus) -> TicketStatus:
    """`target`, if `mover` may take the ticket there from `current`; raises TransitionNotAllowed otherwise."""
    if mover in STEPS[current].get(target, frozenset()):
        return target
    raise TransitionNotAllowed(_refusal(current, target, allowed_transitions(mover, current)))


def _refusal(current: TicketStatus, target: TicketStatus, allowed: list[TicketStatus]) -> str:
    if current is target:
        opening = f"The ticket is {_words(current)} already"
    elif current is TicketStatus.CLOSED and allowed:
        return "A closed ticket can only be reopened."
    else:
        opening = f"A ticket that is {_words(current)} can't become {_words(target)}"
    if not allowed:
        return f"{opening}; you can't change its status."
    return f"{opening}; it can become {', '.join(map(_words, allowed))}."


def _words(status: TicketStatus) -> str:
    return status.value.replace("_", " ")


def status_after_agent_message(current: TicketStatus) -> TicketStatus:
    """A public reply is work: a ticket not yet in hand is in progress from then on."""
    return _WORK if current in {_OPEN, _PENDING} else current


def status_after_customer_message(current: TicketStatus, *, someone_active_assigned: bool) -> TicketStatus:
    """A customer's message gives the ball back, and brings a finished ticket back."""
    if current is _WAIT:
        return advance(_MESSAGE, current, _WORK if someone_active_assigned else _OPEN)
    if current in FINISHED:
        return advance(_MESSAGE, current, _OPEN)
    return current
