"""Holds what is stored of tickets' clocks against what their events tell: `helpdesk sla verify`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.database import Snapshot
from models.escalation import Recorded, recorded_of, steps_ahead
from models.retelling import MOVING, Retelling, Story, first_category, retold
from models.rows import load, load_all, select
from models.service_level_events import SlaBreached, SlaPolicyApplied
from models.service_levels import SlaClockRow, TicketSla
from models.sla.selection import Book
from models.standing import Standing, as_it_stands, most_urgent, moves_by_itself, next_look, standings
from resolvers.access import operation
from resolvers.stories import TicketStory, Turns, book_for, read_stories

TICKETS_AT_ONCE = 200
# What reckoning itself records, later than what it goes by.
_RECKONED = (SlaPolicyApplied, SlaBreached)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is stored of a ticket and not as its events have it."""

    ticket_id: UUID
    what: str
    stored: object
    told: object


@dataclass(frozen=True, slots=True)
class Verified:
    """Some tickets that were looked at. `behind` have events that no worker has come to yet; they are right so far."""

    tickets: int
    behind: int
    differences: Sequence[Difference]


@operation
async def verify_clocks(actor: Actor, after: UUID | None = None) -> tuple[Verified, UUID | None]:
    """Tell the next tickets' events again, by the pure rule, and compare; give the second value to go on."""
    async with Snapshot.of(actor.database) as snapshot:
        rows = await snapshot.fetch(
            f"{select(TicketSla)} WHERE t.organization_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3",
            actor.organization_id,
            after or UUID(int=0),
            TICKETS_AT_ONCE,
        )
        slas = load_all(TicketSla, rows)
        ids = [sla.id for sla in slas]
        known = await read_stories(snapshot.fetch, actor.organization_id, ids)
        book = await book_for(snapshot.fetch, actor.organization_id, known.values())
        clocks: dict[UUID, list[SlaClockRow]] = defaultdict(list)
        for row in await snapshot.fetch(f"{select(SlaClockRow)} WHERE t.ticket_id = ANY($1)", ids):
            clocks[row["ticket_id"]].append(load(SlaClockRow, row))
    now, turns = actor.database.now(), Turns()
    differences: list[Difference] = []
    behind = 0
    for sla in slas:
        if story := known.get(sla.id):
            behind += any(isinstance(event.fact, MOVING) and event.seq > sla.seq for event in story.story.events)
            differences += _compared(sla, clocks[sla.id], story, book, now)
        await turns.taken()
    return Verified(len(slas), behind, differences), ids[-1] if len(ids) == TICKETS_AT_ONCE else None


def _compared(
    sla: TicketSla, rows: Sequence[SlaClockRow], known: TicketStory, book: Book, now: datetime
) -> Iterator[Difference]:
    """A ticket as of the event that it is reckoned up to, and of now."""
    whole = known.story
    events = [event for event in whole.events if event.seq <= sla.seq or isinstance(event.fact, _RECKONED)]
    story = replace(whole, category_id=first_category(whole), events=events, upto=sla.seq)
    told = retold(story, book)
    # Of somebody who was erased nobody knows the domain any more, and what was chosen by it.
    if whole.domain:
        yield from _differing(sla.id, "promises", _recorded(story), _chosen(story, book))
    stored = {row.position: row.__dict__ for row in rows}
    standing = standings(told, now)
    stands = {each.position: each.columns for each in standing}
    for position in sorted(stored.keys() | stands.keys()):
        yield from _differing(sla.id, f"clock {position}", *_alike(stored.get(position), stands.get(position), now))
    for row in rows:
        recorded = recorded_of(known.said, row.position, row.started_at)
        yield from _differing(sla.id, f"recorded of clock {row.position}", *_said(row, recorded, known.silent_until))
    yield from _differing(sla.id, "reckoned up to", sla.seq, told.seq)
    yield from _differing(
        sla.id,
        "promise now",
        (sla.policy_version_id, sla.calendar_version_id),
        (told.selection.policy_version_id, told.selection.calendar_version_id),
    )
    looks = [at for row in rows if (at := next_look(row))]
    for each in standing:
        if each.position in stored:
            looks += _steps(told, book, each, stored[each.position])
    look = min(looks, default=None)
    yield from _differing(sla.id, "next look", sla.next_at, look)
    ticket = most_urgent([row.__dict__ for row in rows], told.status)
    yield from _differing(sla.id, "ticket", (known.sla_state, known.sla_due_at), ticket)
    yield from _differing(sla.id, "breaches", _breaches(whole), sorted(_announced(rows, known.silent_until)))


def _steps(told: Retelling, book: Book, standing: Standing, stored: Mapping[str, Any]) -> Iterator[datetime]:
    """When steps are due for a clock; those at its breach, once that is stored."""
    for step in steps_ahead(told, book, standing.clock, stored["escalated"]):
        if step.escalation.after_percent is not None or stored["breached_at"]:
            yield step.at


def _breaches(story: Story) -> list[tuple[int, datetime]]:
    """The clocks of which the log says that they ran out, and when."""
    facts = ((event.fact, event.occurred_at) for event in story.events)
    return sorted((fact.position, at) for fact, at in facts if isinstance(fact, SlaBreached))


def _announced(rows: Sequence[SlaClockRow], silent_until: datetime | None) -> Iterator[tuple[int, datetime]]:
    """Those of which it should say so."""
    for row in rows:
        if row.breach_recorded and row.breached_at and (silent_until is None or row.breached_at > silent_until):
            yield row.position, row.breached_at


Columns = Mapping[str, Any] | None


def _alike(stored: Columns, told: Columns, now: datetime) -> tuple[Columns, Columns]:
    """Both as of now, without what only reckoning can tell of the time since."""
    if stored is None or told is None:
        return stored, told
    current = as_it_stands(stored, now)
    kept = {name: current[name] for name in told}
    if moves_by_itself(told):
        told = {**told, "remaining": kept["remaining"]}
    if current["state"] != stored["state"]:
        told = {**told, "agent_id": kept["agent_id"]}
    return kept, told


def _said(row: SlaClockRow, told: Recorded, silent_until: datetime | None) -> tuple[Recorded, Recorded]:
    """What has been recorded of a clock by its row, and by the log, which keeps silent about what an import tells."""
    stored = Recorded(row.warned, row.breach_recorded, row.escalated)
    if silent_until is None:
        return stored, told
    return stored, Recorded(
        warned=row.warned or told.warned,
        breach_recorded=row.breach_recorded or told.breach_recorded,
        escalated={**told.escalated, **row.escalated},
    )


Promises = list[tuple[UUID, UUID | None, UUID | None]]


def _recorded(story: Story) -> Promises:
    """The promises that the log says applied, each with its cause."""
    facts = [event.fact for event in story.events if isinstance(event.fact, SlaPolicyApplied)]
    return [(fact.cause_id, fact.policy_version_id, fact.calendar_version_id) for fact in facts]


def _chosen(story: Story, book: Book) -> Promises:
    """Those that would be chosen if none of them were recorded."""
    events = [event for event in story.events if not isinstance(event.fact, SlaPolicyApplied)]
    told = retold(replace(story, events=events, settled=0), book)
    return [
        (each.cause_id, each.selection.policy_version_id, each.selection.calendar_version_id) for each in told.applied
    ]


def _differing(ticket_id: UUID, what: str, stored: object, told: object) -> Iterator[Difference]:
    if stored != told:
        yield Difference(ticket_id, what, stored, told)
