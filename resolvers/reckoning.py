"""Reckons tickets' clocks: brings what is stored of them, and what the log says of them, up to the log's own end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.escalation import Step, recorded_of, steps_ahead
from models.retelling import Applied, retold
from models.rows import load_all, new, select
from models.service_level_events import SlaBreached, SlaPolicyApplied, SlaWarning
from models.service_levels import SlaClockRow, TicketSla
from models.sla.selection import Book
from models.standing import Standing, most_urgent, next_look, standings, warns
from models.tickets import Ticket
from models.writer import Write, lock_all, organization_write
from resolvers.access import operation
from resolvers.escalating import DueStep, take_steps
from resolvers.stories import TicketStory, Turns, book_for, read_stories


@operation
async def reckon(actor: Actor, ticket_ids: Iterable[UUID]) -> int:
    """Bring tickets' clocks up to the end of the log and to now; how many had to be changed.

    Whatever is new since they were last reckoned is recorded here, exactly once however many reckon at once: by which
    promise the ticket goes, warnings, breaches. It is the same whether every event was followed at once or all of them
    a week later, but for warnings: nobody is warned of what is over. What an import tells of the past is stored, and
    not announced. But for the steps that its policy takes, the ticket itself does not change: neither its version nor
    what customers see of it.
    """
    async with organization_write(actor) as write:
        return await _reckon_all(write, await _lock(write, sorted(set(ticket_ids))))


@operation
async def reckon_due(actor: Actor, ticket_ids: Iterable[UUID]) -> int:
    """The same for those of the tickets with which something is due, and which nobody else has in hand; how many.

    Whoever has one in hand reckons it, to an instant no more than a moment ago: it is due again if that was too early.
    """
    async with organization_write(actor) as write:
        slas = await _claim(write, sorted(set(ticket_ids)))
        if slas:
            await _reckon_all(write, slas)
    return len(slas)


async def _reckon_all(write: Write, slas: Sequence[TicketSla]) -> int:
    ticket_ids = [sla.id for sla in slas]
    tickets = await _lock_tickets(write, ticket_ids)
    found = await read_stories(write.connection.fetch, write.actor.organization_id, ticket_ids)
    book = await book_for(write.connection.fetch, write.actor.organization_id, found.values())
    rows = await _clock_rows(write, ticket_ids)
    due: dict[UUID, list[DueStep]] = defaultdict(list)
    changed, turns = 0, Turns()
    for sla in slas:
        if sla.id in found:
            columns, differs = _reckon(write, sla, found[sla.id], book, rows.get(sla.id, []), due[sla.id])
            changed += differs
            if columns:
                write.update(tickets[sla.id], **columns)
        await turns.taken()
    for ticket_id, steps in due.items():
        if steps:
            await take_steps(write, tickets[ticket_id], steps)
    return changed


_MISSING = """
INSERT INTO support_ticket_sla (id, organization_id, seq)
SELECT t.id, t.organization_id, 0 FROM support_ticket t
WHERE t.id = ANY($1) AND t.organization_id = $2
  AND NOT EXISTS (SELECT FROM support_ticket_sla known WHERE known.id = t.id)
ORDER BY t.id ON CONFLICT (id) DO NOTHING
"""


async def _lock(write: Write, ticket_ids: Sequence[UUID]) -> list[TicketSla]:
    """The tickets' rows of service levels, made where there are none; whoever else reckons one of them waits.

    All rows are made before any is locked, both in the order of their ids, so that nobody waits in a ring.
    """
    await write.connection.execute(_MISSING, ticket_ids, write.actor.organization_id)
    rows = await lock_all(
        write,
        f"{select(TicketSla)} WHERE t.id = ANY($1) AND t.organization_id = $2 ORDER BY t.id",
        ticket_ids,
        write.actor.organization_id,
    )
    return load_all(TicketSla, rows)


async def _claim(write: Write, ticket_ids: Sequence[UUID]) -> list[TicketSla]:
    sql = f"{select(TicketSla)} WHERE t.id = ANY($1) AND t.organization_id = $2 AND t.next_at <= $3 ORDER BY t.id"
    rows = await lock_all(write, sql, ticket_ids, write.actor.organization_id, write.now, wait=False)
    return load_all(TicketSla, rows)


async def _lock_tickets(write: Write, ticket_ids: Sequence[UUID]) -> Mapping[UUID, Ticket]:
    """The tickets, locked before their events are read: whoever is about to answer one has been waited for, or answers
    later than what is recorded here. Else an answer in time could follow the breach that it prevents.
    """
    rows = await lock_all(write, f"{select(Ticket)} WHERE t.id = ANY($1) ORDER BY t.id", ticket_ids)
    return {ticket.id: ticket for ticket in load_all(Ticket, rows)}


async def _clock_rows(write: Write, ticket_ids: Sequence[UUID]) -> Mapping[UUID, list[SlaClockRow]]:
    rows = await write.connection.fetch(f"{select(SlaClockRow)} WHERE t.ticket_id = ANY($1)", ticket_ids)
    found: dict[UUID, list[SlaClockRow]] = defaultdict(list)
    for row in load_all(SlaClockRow, rows):
        found[row.ticket_id].append(row)
    return found


def _reckon(
    write: Write, sla: TicketSla, known: TicketStory, book: Book, rows: Sequence[SlaClockRow], due: list[DueStep]
) -> tuple[dict[str, Any], bool]:
    """Reckon one ticket: its own columns where they are to be written, and whether anything is other than before. Steps
    that are due of its policy are marked as taken, and put to those that are `due`.
    """
    told = retold(known.story, book)
    for each in told.applied:
        _record_promise(write, sla.id, each)
    stands = standings(told, write.now)
    stored = {row.position: row for row in rows}
    gone = [row for position, row in stored.items() if position not in {each.position for each in stands}]
    write.delete(gone)
    differs, is_late, looks = bool(gone), False, list[datetime | None]()
    for standing in stands:
        row = stored.get(standing.position)
        was_late = row is not None and row.breach_recorded
        row, is_other = _store(write, sla, standing, row, known)
        left = steps_ahead(told, book, standing.clock, row.escalated)
        steps = _steps(write, row, left, known.silent_until)
        due += steps.due
        differs |= is_other
        is_late |= row.breach_recorded and not was_late
        looks += [next_look(row), steps.next_at]
    columns = {
        "seq": told.seq,
        "policy_version_id": told.selection.policy_version_id,
        "calendar_version_id": told.selection.calendar_version_id,
        "next_at": min((look for look in looks if look), default=None),
    }
    if any(getattr(sla, name) != value for name, value in columns.items()):
        write.update(sla, **columns)
    state, due_at = most_urgent([each.columns for each in stands], told.status)
    # Written with a breach, whatever they were: whoever has looked at the ticket without a lock must look again.
    is_written = is_late or (known.sla_state, known.sla_due_at) != (state, due_at)
    return {"sla_state": state, "sla_due_at": due_at} if is_written else {}, differs


def _record_promise(write: Write, ticket_id: UUID, applied: Applied) -> None:
    chosen = applied.selection
    fact = SlaPolicyApplied(chosen.policy_version_id, chosen.calendar_version_id, applied.cause_id)
    write.record_about(ticket_id, fact, applied.at)


# Written whenever any column of a clock's row is, so that statements have few shapes.
_FLAGS = ("warned", "breach_recorded")


def _store(
    write: Write, sla: TicketSla, standing: Standing, row: SlaClockRow | None, known: TicketStory
) -> tuple[SlaClockRow, bool]:
    """Have a clock's row say how it stands, and the log what is new; whether the row has changed."""
    if row is None:
        # Its promise may have been withdrawn for a while, and the row with it: what was recorded before stays so.
        recorded = recorded_of(known.said, standing.position, standing.clock.started_at)
        row = new(
            SlaClockRow,
            organization_id=sla.organization_id,
            ticket_id=sla.id,
            position=standing.position,
            **standing.columns,
            **asdict(recorded),
        )
        _announce(write, row, standing, known.silent_until)
        write.insert(row)
        return row, True
    before = dict(row.__dict__)
    row.__dict__.update(standing.columns)
    _announce(write, row, standing, known.silent_until)
    if row.__dict__ == before:
        return row, False
    write.update(row, **standing.columns, **{name: getattr(row, name) for name in _FLAGS})
    return row, True


def _announce(write: Write, row: SlaClockRow, standing: Standing, silent_until: datetime | None) -> None:
    """Record a warning or a breach at its own instant, once; nothing that is still to come by this clock's time."""
    warned_at = warns(row)
    if warned_at is not None and row.due_at is not None and warned_at <= write.now:
        row.warned = True
        at = max(warned_at, standing.clock.promised_at)
        if silent_until is None or at > silent_until:
            write.record_about(row.ticket_id, SlaWarning(row.kind, row.position, row.due_at), at)
    if row.breached_at is not None and row.breached_at <= write.now and not row.breach_recorded:
        row.breach_recorded = True
        if silent_until is None or row.breached_at > silent_until:
            write.record_about(row.ticket_id, SlaBreached(row.kind, row.position, row.due_at), row.breached_at)


@dataclass(frozen=True, slots=True)
class _Steps:
    due: list[DueStep]
    next_at: datetime | None


def _steps(write: Write, row: SlaClockRow, left: Sequence[Step], silent_until: datetime | None) -> _Steps:
    """The steps that are due for a clock, marked as taken, and when the next one is."""
    due = [step for step in left if step.at <= write.now]
    if due:
        write.update(row, escalated={**row.escalated, **{step.name: step.at.isoformat() for step in due}})
    announced = [DueStep(row, step) for step in due if silent_until is None or step.at > silent_until]
    later = (step.at for step in left if step.at > write.now)
    return _Steps(announced, min(later, default=None))


async def is_reckoned(actor: Actor, ticket_id: UUID, seq: int) -> bool:
    """Whether a ticket's clocks are reckoned as far as this place in the log, so that nothing is left to do."""
    return bool(
        await actor.database.fetchval(
            "SELECT seq >= $2 FROM support_ticket_sla WHERE id = $1 AND organization_id = $3",
            ticket_id,
            seq,
            actor.organization_id,
        )
    )
