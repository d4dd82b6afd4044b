"""The SQL of a write's last statement, which writes all rows, numbers the events and bumps the counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

from tortoise.models import Model

from models.log import Event
from models.rows import layout
from models.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table that one part of the last statement writes: `columns` None inserts, () deletes.

    Of `one` row each value travels by itself: PostgreSQL has less to do than with arrays.
    """

    model: type[Model]
    columns: tuple[str, ...] | None
    one: bool = False


# Columns that the last statement fills by itself, and from which column of the counter.
_NUMBERED: dict[type[Model], tuple[str, str]] = {
    Ticket: ("number", "counter.ticket_number - $3"),
    Event: ("seq", "counter.seq - $2"),
}


@cache
def _sent(change: Change) -> tuple[str, ...]:
    if change.columns is None:
        skipped = _NUMBERED.get(change.model, ("", ""))[0]
        return tuple(name for name in layout(change.model).columns if name != skipped)
    return ("id", *change.columns)


def values_of(groups: Mapping[Change, Sequence[Model]]) -> list[object]:
    """What the last statement's parameters for these rows are bound to."""
    values: list[object] = []
    for change, rows in groups.items():
        sent = _sent(change)
        if change.one:
            values += map(rows[0].__dict__.__getitem__, sent)
        else:
            values += [list(map(itemgetter(name), map(vars, rows))) for name in sent]
    return values


# The quota is looked at under the counter's lock, so exactly as many tickets get in as it has room for. A process whose
# clock is behind at the turn of the month counts for the new one.
_USED = "$4::int + CASE WHEN quota_month >= $5::date THEN quota_used ELSE 0 END"
_COUNTED = f", quota_month = greatest(quota_month, $5::date), quota_used = {_USED}"
_QUOTA = "(SELECT monthly_ticket_quota FROM support_settings WHERE organization_id = $1)"
_WITHIN = f" AND ({_USED} <= {_QUOTA}) IS NOT FALSE"


@cache
def statement(changes: tuple[Change, ...], looked: str | None = None, *, counting: bool = False) -> str:
    """The last statement for one shape of write.

    $1 is the organization, $2 the number of events, $3 of new tickets; where tickets count against the quota, $4 says
    how many and $5 in which month. One row's values travel by themselves, those of several as one array a column, so
    their number doesn't matter. Parts of one statement see none of each other's changes, and foreign keys are checked
    when all are done, so the order of the parts is of no account.

    `looked` is the table of a row that is not locked yet; its id and version come last. Where it has another version by
    now, or somebody has locked it, nothing is written: what the last statement waits for is the counter alone. Nor is
    anything written beyond the quota: then there is no `seq`.
    """
    parts = [
        "counter AS (UPDATE support_event_counter SET seq = seq + $2, ticket_number = ticket_number + $3"
        f"{_COUNTED if counting else ''}{' FROM kept' if looked else ''}"
        f" WHERE organization_id = $1{_WITHIN if counting else ''} RETURNING seq, ticket_number)"
    ]
    parameter = 6 if counting else 4
    for position, change in enumerate(changes):
        types = layout(change.model).types
        many = "" if change.one else "[]"
        sent = {name: f"${parameter + place}::{types[name]}{many}" for place, name in enumerate(_sent(change))}
        parameter += len(sent)
        parts.append(f"part_{position} AS ({_part(change, sent, guarded=counting or looked is not None)})")
    if looked:
        same = f"SELECT FROM {looked} WHERE id = ${parameter} AND xmin = ${parameter + 1}"
        parts.insert(0, f"kept AS ({same} FOR NO KEY UPDATE SKIP LOCKED)")
    if counting:
        answer = f"SELECT seq, ticket_number, {_QUOTA} AS quota FROM (SELECT) AS always LEFT JOIN counter ON TRUE"
    else:
        answer = "SELECT seq, ticket_number FROM counter"
    return f"WITH {', '.join(parts)} {answer}"


def _part(change: Change, sent: Mapping[str, str], *, guarded: bool) -> str:
    """One part of the last statement; a guarded one does nothing where the counter is not bumped."""
    table = layout(change.model).table
    sources = ["counter"] if guarded or (change.columns is None and change.model in _NUMBERED) else []
    place = "1"
    if not change.one:
        place = "new.place"
        sources.append(f"unnest({', '.join(sent.values())}) WITH ORDINALITY AS new({', '.join(sent)}, place)")
        sent = {name: f"new.{name}" for name in sent}
    drawn = ", ".join(sources)
    if change.columns is None:
        if change.model in _NUMBERED:
            column, base = _NUMBERED[change.model]
            sent = {**sent, column: f"{base} + {place}"}
        selected = f"SELECT {', '.join(sent.values())}{drawn and f' FROM {drawn}'}"
        return f"INSERT INTO {table} ({', '.join(sent)}) {selected}"
    if not change.columns:
        return f"DELETE FROM {table} AS old{drawn and f' USING {drawn}'} WHERE old.id = {sent['id']}"
    assignments = ", ".join(f"{name} = {sent[name]}" for name in change.columns)
    return f"UPDATE {table} AS old SET {assignments}{drawn and f' FROM {drawn}'} WHERE old.id = {sent['id']}"
