"""Which steps of a policy are to be taken for a clock, and when, and what has been recorded of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.lifecycle import FINISHED
from models.recorded import RecordedEvent
from models.retelling import MOMENT, Retelling
from models.service_level_events import SlaBreached, SlaEscalated, SlaWarning
from models.sla import Clock, Escalation
from models.sla.selection import Book


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a policy, by its number from 1, and the instant at which it is due for a clock."""

    number: int
    escalation: Escalation
    at: datetime

    @property
    def name(self) -> str:
        """What tells it from other steps, also of other versions of the policy, where its number may be another."""
        return _name(self.escalation)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What has been recorded of a clock: its row keeps it, and the log tells it. Steps have names, and instants."""

    warned: bool
    breach_recorded: bool
    escalated: Mapping[str, str]


def recorded_of(said: Iterable[RecordedEvent], position: int, since: datetime) -> Recorded:
    """What the log says of the clock at a place of its ticket's that began then; another one may have had the place."""
    facts = [
        (event.fact, event.occurred_at)
        for event in said
        if isinstance(event.fact, SlaWarning | SlaBreached | SlaEscalated)
        and event.fact.position == position
        and event.occurred_at >= since
    ]
    return Recorded(
        warned=any(isinstance(fact, SlaWarning) for fact, _ in facts),
        breach_recorded=any(isinstance(fact, SlaBreached) for fact, _ in facts),
        escalated={_name(fact): at.isoformat() for fact, at in facts if isinstance(fact, SlaEscalated)},
    )


def _name(step: Escalation | SlaEscalated) -> str:
    when = "breach" if step.after_percent is None else f"{step.after_percent}%"
    return " ".join(str(part) for part in (step.action.value, when, step.priority or step.assignee_id) if part)


def steps_left(clock: Clock, escalations: Sequence[Escalation], taken: Mapping[str, object]) -> Iterator[Step]:
    """The steps whose instants are known and which have not been taken; none for a clock that is met.

    A step of which the policy did not know before is due when it came to know of it at the earliest. What a policy says
    twice is one step.
    """
    if clock.met_at is not None or clock.target is None:
        return
    known = {*taken}
    for number, escalation in enumerate(escalations, 1):
        if escalation.clock not in (None, clock.kind):
            continue
        percent = escalation.after_percent
        at = clock.breached_at if percent is None else clock.reaches(percent)
        if at is not None:
            step = Step(number, escalation, _next_moment(max(at, clock.promised_at)))
            if step.name not in known:
                known.add(step.name)
                yield step


def steps_ahead(told: Retelling, book: Book, clock: Clock, taken: Mapping[str, object]) -> list[Step]:
    """The same by the clock's own policy. A resolved or closed ticket has none; should it come back with the clock
    still unmet, it has them again."""
    policy = book.policy(clock.promise.policy.version)
    if policy is None or told.status in FINISHED:
        return []
    return [*steps_left(clock, policy.definition.escalations, taken)]


def _next_moment(instant: datetime) -> datetime:
    """The instant itself, or the first later one that can be kept: instants are kept to the millisecond."""
    beyond = instant.microsecond % 1000
    return instant if not beyond else instant - timedelta(microseconds=beyond) + MOMENT
