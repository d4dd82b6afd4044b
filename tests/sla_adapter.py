"""The SLA rule with JSON in and out, as tests/sla_vectors.json speaks it: a thin skin over models.sla."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from models import sla
from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus

Json = dict[str, Any]

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Who wrote it, and whether it is internal.
MESSAGES = {
    "agent_message": (ActorKind.AGENT, False),
    "note": (ActorKind.AGENT, True),
    "ai_message": (ActorKind.AI, False),
    "system_message": (ActorKind.SYSTEM, False),
    "customer_message": (ActorKind.CUSTOMER, False),
}


def sla_clocks(calendar: Json | None, policy: Json, facts: list[Json], now: str) -> Json:
    """A ticket's clocks at `now`, and how many of those that are judged were met in time, in per cent."""
    found = sla.clocks(policy_of(policy), calendar_of(calendar), map(fact_of, facts), datetime.fromisoformat(now))
    return {
        "clocks": [clock_json(clock) for clock in found],
        "compliance": sla.compliance(each.state for each in found),
    }


def calendar_of(given: Json | None) -> sla.Calendar:
    """The calendar; none is always open."""
    if given is None:
        return sla.ALWAYS_OPEN
    return sla.Calendar(
        given["tz"],
        tuple(_intervals(given["weekly"].get(day, [])) for day in WEEK),
        frozenset(date.fromisoformat(day) for day in given["holidays"]),
        tuple(sla.ExtraDay(date.fromisoformat(day), _intervals(hours)) for day, hours in given["extra"].items()),
    )


def policy_of(given: Json) -> sla.Policy:
    """The policy."""
    return sla.Policy(
        {
            TicketPriority(priority): sla.Targets(**{kind: _seconds(target) for kind, target in targets.items()})
            for priority, targets in given["targets"].items()
        },
        timedelta(seconds=given["warn_before"]),
        frozenset(map(TicketStatus, given["pause_on"])),
        given["pause_first_response"],
        given["ai_counts_as_response"],
    )


def fact_of(given: Json) -> sla.TicketFact:
    """The fact."""
    at, kind = datetime.fromisoformat(given["at"]), given["type"]
    if kind in MESSAGES:
        return sla.MessageWritten(at, *MESSAGES[kind])
    if kind == "created":
        return sla.Created(at, TicketPriority(given["priority"]))
    if kind == "status_changed":
        return sla.StatusChanged(at, TicketStatus(given["status"]))
    if kind == "priority_changed":
        return sla.PriorityChanged(at, TicketPriority(given["priority"]))
    if kind == "policy_changed":
        return sla.PolicyChanged(at, policy_of(given["policy"]))
    assert kind == "calendar_changed", kind
    return sla.CalendarChanged(at, calendar_of(given["calendar"]))


def clock_json(clock: sla.Clock) -> Json:
    """A clock, its instants to the millisecond."""
    return {
        "kind": clock.kind.value,
        "started_at": _text(clock.started_at),
        "state": clock.state.value,
        "due_at": _text(clock.due_at),
        "remaining": None if clock.remaining is None else clock.remaining // timedelta(milliseconds=1) / 1000,
        "warn_at": _text(clock.warn_at),
        "met_at": _text(clock.met_at),
        "breached_at": _text(clock.breached_at),
    }


def _intervals(given: list[list[str]]) -> tuple[sla.Interval, ...]:
    return tuple(sla.Interval.between(opens, closes) for opens, closes in given)


def _seconds(target: float | None) -> timedelta | None:
    return None if target is None else timedelta(seconds=target)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
