"""Random lives of tickets, written through the real writer: imported with their pasts, then worked on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor, ActorKind
from models.database import Database
from models.lifecycle import FINISHED, Mover, TicketPriority, TicketStatus, allowed_transitions
from models.lifecycle import status_after_agent_message as after_agent
from models.lifecycle import status_after_customer_message as after_customer
from models.sla import Calendar, ExtraDay, Interval, Policy, PolicyDefinition, Targets
from models.sla.definitions import CalendarDefinition, Condition
from resolvers.bulk import BulkChange, update_tickets
from resolvers.changes import TicketChanges
from resolvers.imports import ImportedTicket, Moved, Person, Said, Step, import_tickets
from tests.sla.desks import promise
from tests.tasks.parts import Clock

AT_ONCE = 200
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
SPANS = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=9)]
TAGS = ["vip", "billing", "beta"]
PRIORITIES = list(TicketPriority)


def a_calendar(chance: random.Random, *, is_default: bool) -> CalendarDefinition:
    """Hours of some zone, with a few dates of their own."""
    opens = chance.choice(["00:00", "08:30", "09:00"])
    hours = (Interval.between(opens, "12:30"), Interval.between("13:00", chance.choice(["17:00", "24:00"])))
    weekly = tuple(hours if day < chance.choice([5, 5, 7]) else () for day in range(7))
    extra = (ExtraDay(datetime(2026, 10, 25).date(), (Interval.between("01:00", "04:00"),)),)
    return CalendarDefinition("Hours", Calendar(chance.choice(ZONES), weekly, frozenset(), extra), is_default)


def a_policy(chance: random.Random, name: str, **others: object) -> PolicyDefinition:
    """Promises from none at all to nine days."""
    spans = [None, timedelta(), *SPANS, *SPANS]
    targets = {each: Targets(*(chance.choice(spans) for _ in range(3))) for each in PRIORITIES}
    pauses = chance.choice([frozenset(), frozenset({TicketStatus.WAITING_ON_CUSTOMER, TicketStatus.PENDING})])
    terms = Policy(targets, chance.choice(SPANS[:3]), pauses, chance.random() < 0.3, chance.random() < 0.5)
    return PolicyDefinition(name, terms, **others)  # type: ignore[arg-type]


def a_past(chance: random.Random, number: int, begins: datetime, now: datetime) -> ImportedTicket:
    """A ticket with up to ten steps, each of which its life cycle allows."""
    created = begins + chance.random() * (now - begins) * 0.9
    steps: list[Step] = []
    status, at = TicketStatus.OPEN, created
    for _ in range(chance.randrange(10)):
        at += chance.choice(SPANS) * chance.random()
        if at >= now:
            break
        step, status = _step(chance, at.replace(microsecond=at.microsecond // 1000 * 1000), status)
        steps.append(step)
    return ImportedTicket(
        external_id=str(number),
        requester=Person(f"somebody@{chance.choice(['example.test', 'gold.test'])}"),
        subject="It broke",
        body="Please help.",
        created_at=created.replace(microsecond=created.microsecond // 1000 * 1000),
        priority=chance.choice(PRIORITIES),
        tags=[tag for tag in TAGS if chance.random() < 0.2],
        steps=steps,
    )


def _step(chance: random.Random, at: datetime, status: TicketStatus) -> tuple[Step, TicketStatus]:
    kind = chance.choice([ActorKind.CUSTOMER, ActorKind.AGENT, ActorKind.AI, ActorKind.SYSTEM])
    internal = kind is ActorKind.AGENT and chance.random() < 0.2
    onward = allowed_transitions(Mover.AGENT, status)
    if onward and chance.random() < 0.4:
        moved = chance.choice(onward)
        return Moved(at, ActorKind.AGENT, moved, "agent@example.test"), moved
    email = "agent@example.test" if kind is ActorKind.AGENT else None
    if kind is ActorKind.CUSTOMER:
        status = after_customer(status, someone_active_assigned=False)
    elif kind is ActorKind.AGENT and not internal:
        status = after_agent(status)
    return Said(at, kind, "Hm.", email, internal), status


def batches(ids: Sequence[UUID], size: int = 100) -> Iterator[Sequence[UUID]]:
    """A few at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


async def import_pasts(actor: Actor, chance: random.Random, numbers: range) -> None:
    """Tickets with pasts of half a year."""
    now = actor.database.now()
    begins = now - timedelta(days=180)
    for start in range(0, len(numbers), AT_ONCE):
        pasts = [a_past(chance, number, begins, now) for number in numbers[start : start + AT_ONCE]]
        outcome = await import_tickets(actor, pasts)
        assert not outcome.refused, outcome.refused[:3]


async def promises(actor: Actor, chance: random.Random) -> tuple[UUID, UUID]:
    """A policy for some tags, one for a domain, a default one and hours; the last two of these."""
    (hours,) = await promise(actor, a_calendar(chance, is_default=True))
    tag_id = await actor.database.fetchval(
        "SELECT id FROM support_tag WHERE organization_id = $1 AND name = 'vip'", actor.organization_id
    )
    conditions = [] if tag_id is None else [Condition(tags=frozenset({tag_id}))]
    policies = await promise(
        actor,
        a_policy(chance, "Vips", conditions=tuple(conditions)),
        a_policy(chance, "Gold", position=1, conditions=(Condition(domains=frozenset({"gold.test"})),)),
        a_policy(chance, "Others", position=2, is_default=True, calendar_id=hours),
    )
    return policies[-1], hours


async def work_on(agent: Actor, chance: random.Random, clock: Clock, ids: Sequence[UUID]) -> None:
    """One change for every hundred tickets, minutes apart."""
    for some in batches(ids):
        clock.now += chance.choice(SPANS) * chance.random() / 10
        clock.now = clock.now.replace(microsecond=clock.now.microsecond // 1000 * 1000)
        await update_tickets(agent, some, _change(chance))


def _change(chance: random.Random) -> BulkChange:
    match chance.randrange(5):
        case 0:
            return BulkChange(add_tags=[chance.choice(TAGS)])
        case 1:
            return BulkChange(remove_tags=[chance.choice(TAGS)])
        case 2:
            return BulkChange(TicketChanges(priority=chance.choice(PRIORITIES)), add_tags=[chance.choice(TAGS)])
        case 3:
            return BulkChange(status=TicketStatus.OPEN if chance.random() < 0.5 else TicketStatus.IN_PROGRESS)
        case _:
            return BulkChange(status=chance.choice([TicketStatus.WAITING_ON_CUSTOMER, *FINISHED]))


async def ticket_ids(database: Database, organization_id: UUID) -> list[UUID]:
    """All of an organization's tickets."""
    rows = await database.fetch("SELECT id FROM support_ticket WHERE organization_id = $1 ORDER BY id", organization_id)
    return [row["id"] for row in rows]
