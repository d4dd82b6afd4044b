"""How often what was promised was kept: figures over all clocks of a time, by whatever they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.actors import Actor
from models.database import Fetch, Row
from models.errors import InvalidInput
from models.lifecycle import TicketPriority
from models.sla import PERIODS, Periods, SlaClockKind, SlaDimension, SlaState, percentage, periods
from resolvers.access import Parameters, operation

LONGEST_RANGE = 366
ROWS_DEFAULT, ROWS_LIMIT = 100, 1_000
# Outside of these years nothing is open.
_YEARS = range(2, 9_999)


@dataclass(frozen=True, slots=True)
class DateRange:
    """Dates from one to another, both included, as the organization's zone has them."""

    first: date
    last: date

    def check(self) -> None:
        """Raise InvalidInput where it is nothing to count over."""
        for name, day in (("from", self.first), ("to", self.last)):
            if day.year not in _YEARS:
                raise InvalidInput(f"Dates are of the years {_YEARS[0]} to {_YEARS[-1]:,}.", ["range", name])
        if self.last < self.first:
            raise InvalidInput("A range ends no earlier than it begins.", ["range", "to"])
        if (self.last - self.first).days >= LONGEST_RANGE:
            raise InvalidInput(f"A range has at most {LONGEST_RANGE} days.", ["range"])


@dataclass(frozen=True, slots=True)
class Compliance:
    """The figures of clocks that have these things in common; None of what they are not told apart by."""

    met: int
    met_late: int
    breached: int
    running: int
    paused: int
    never: int
    compliance: float | None
    period: date | None = None
    kind: SlaClockKind | None = None
    priority: TicketPriority | None = None
    policy_version_id: UUID | None = None
    agent_id: UUID | None = None


@operation
async def sla_compliance(
    actor: Actor, fetch: Fetch, wanted: DateRange, by: Iterable[SlaDimension], first: int = ROWS_DEFAULT
) -> list[Compliance]:
    """How many clocks were met, met late or breached, and how many have still to show, a row for each kind of them.

    A clock belongs to the instant at which it was judged: when it was breached, else when it was met. So a period that
    is over keeps its percentage when what was late is answered at last. One that is not judged belongs to its start.
    What is past its due time is breached, whether or not a worker has come to it.
    """
    wanted.check()
    dimensions = _known(by)
    if not 1 <= first <= ROWS_LIMIT:
        raise InvalidInput(f"There are 1 to {ROWS_LIMIT:,} rows at a time.", ["first"])
    (organization,) = await fetch("SELECT timezone FROM support_organization WHERE id = $1", actor.organization_id)
    period = next((each for each in dimensions if each in PERIODS), None)
    counted = periods(wanted.first, wanted.last, ZoneInfo(organization["timezone"]), period)
    parameters = Parameters(actor)
    rows = await fetch(_counting(counted, dimensions, first + 1, parameters), *parameters.values)
    if len(rows) > first:
        raise InvalidInput(
            f"There are more than {first:,} rows: ask for more of them, for fewer dimensions or for a shorter range.",
            ["first"],
        )
    return sorted(
        (_told(row, counted) for row in rows), key=lambda told: [_place(told, dimension) for dimension in dimensions]
    )


def _known(by: Iterable[SlaDimension]) -> list[SlaDimension]:
    """Each dimension once, in the order given."""
    dimensions = list(dict.fromkeys(by))
    if len(PERIODS.intersection(dimensions)) > 1:
        raise InvalidInput("Ask for days, weeks or months: one of them at a time.", ["by"])
    return dimensions


def _told(row: Row, counted: Periods) -> Compliance:
    """A row of the answer, with the percentage by the rule."""
    found: dict[str, Any] = dict(row)
    found |= {name: kind(found[name]) for name, kind in _ENUMS.items() if name in found}
    if "period" in found:
        found["period"] = counted.days[found["period"] - 1]
    return Compliance(**found, compliance=percentage(row["met"], row["met"] + row["met_late"] + row["breached"]))


_ENUMS: Mapping[str, type[StrEnum]] = {"kind": SlaClockKind, "priority": TicketPriority}
_PRIORITIES, _KINDS = list(TicketPriority), list(SlaClockKind)


def _place(told: Compliance, dimension: SlaDimension) -> Any:
    """Where a row stands among others that differ in this; clocks that are nobody's come last."""
    match dimension:
        case SlaDimension.KIND:
            return told.kind and _KINDS.index(told.kind)
        case SlaDimension.PRIORITY:
            return told.priority and _PRIORITIES.index(told.priority)
        case SlaDimension.POLICY:
            return told.policy_version_id
        case SlaDimension.AGENT:
            return told.agent_id is None, told.agent_id
        case _:
            return told.period


_COLUMNS: Mapping[SlaDimension, str] = {
    **dict.fromkeys(PERIODS, "width_bucket(clock.judged_at, {starts}) AS period"),
    SlaDimension.KIND: "clock.kind",
    SlaDimension.PRIORITY: "clock.priority",
    SlaDimension.POLICY: "version.latest_id AS policy_version_id",
    SlaDimension.AGENT: "clock.agent_id",
}
_FIGURES = [f"count(*) FILTER (WHERE clock.state = '{state.value}') AS {state.value}" for state in SlaState]
# The index support_sla_clock_by_judgement has this expression.
_JUDGED_AT = "coalesce(c.breached_at, c.met_at, c.started_at)"
# A clock that is not judged is whose the ticket is. One that has become due since it was stored: whose it was then.
_AGENT = (
    "CASE WHEN num_nonnulls(c.breached_at, c.met_at) > 0 THEN c.agent_id"
    " ELSE (SELECT t.assignee_id FROM support_ticket t WHERE t.id = c.ticket_id) END"
)
_AGENT_WHEN_DUE = (
    "(SELECT (e.data ->> 'assignee_id')::uuid FROM support_event e WHERE e.ticket_id = c.ticket_id"
    " AND e.type = 'TicketAssigned' AND e.occurred_at <= c.due_at ORDER BY e.seq DESC LIMIT 1)"
)
# Of a policy, its last version; that tells its name even where it is deleted.
_VERSIONS = (
    " JOIN (SELECT v.id, first_value(v.id) OVER (PARTITION BY v.policy_id ORDER BY v.number DESC) AS latest_id"
    " FROM support_sla_policy_version v WHERE v.organization_id = {organization}) AS version"
    " ON version.id = clock.policy_version_id"
)


def _counting(counted: Periods, by: Sequence[SlaDimension], limit: int, parameters: Parameters) -> str:
    """The statement that counts: what is stored as judged or open, and what has become due since it was stored."""
    organization = parameters.own("organization")
    begin = parameters.bind(counted.starts[0], "timestamptz")
    end = parameters.bind(counted.end, "timestamptz")
    now = parameters.bind(parameters.actor.database.now(), "timestamptz")
    starts = parameters.bind(list(counted.starts), "timestamptz[]") if PERIODS.intersection(by) else ""
    agent, agent_when_due = (_AGENT, _AGENT_WHEN_DUE) if SlaDimension.AGENT in by else ("NULL::uuid", "NULL::uuid")
    clocks = (
        f"SELECT c.kind, c.priority, c.policy_version_id, {agent} AS agent_id, c.state, {_JUDGED_AT} AS judged_at"
        f" FROM support_sla_clock c WHERE c.organization_id = {organization}"
        f" AND {_JUDGED_AT} >= {begin} AND {_JUDGED_AT} < {end} AND (c.state <> 'running' OR c.due_at >= {now})"
        f" UNION ALL SELECT c.kind, c.priority, c.policy_version_id, {agent_when_due}, 'breached', c.due_at"
        f" FROM support_sla_clock c WHERE c.organization_id = {organization} AND c.state = 'running'"
        f" AND c.due_at >= {begin} AND c.due_at < least({end}, {now})"
    )
    columns = [_COLUMNS[each].format(starts=starts) for each in by]
    groups = ", ".join(str(place) for place, _ in enumerate(columns, 1)) or "()"
    versions = _VERSIONS.format(organization=organization) if SlaDimension.POLICY in by else ""
    return (
        f"SELECT {', '.join([*columns, *_FIGURES])} FROM ({clocks}) AS clock{versions} GROUP BY {groups} LIMIT {limit}"
    )
