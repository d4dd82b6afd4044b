"""A helpdesk in a time of its own: a server and a worker whose clock the test moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from graphql_api.ids import decode
from models.actors import Actor
from models.database import Database
from models.fact import Change
from models.fields import new_id
from models.lifecycle import TicketPriority
from models.recorded import RecordedEvent
from models.rows import load_all, new, select
from models.service_level_events import BusinessCalendarChanged, SlaPolicyChanged
from models.service_levels import (
    BusinessCalendar,
    BusinessCalendarVersion,
    SlaClockRow,
    SlaPolicy,
    SlaPolicyVersion,
    TicketSla,
)
from models.sla import Calendar, CalendarDefinition, Interval, Policy, PolicyDefinition, Targets
from models.writer import organization_write
from resolvers.reckoning import reckon
from tasks.reactions import REACTIONS
from tests.tasks.parts import Clock, worker_of
from tests.world import Helpdesk

ONLY_SLA = {
    fact: kept
    for fact, specs in REACTIONS.items()
    if (kept := tuple(spec for spec in specs if spec.name in {"sla", "recalculate"}))
}
FRIDAY = datetime(2026, 11, 6, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = Calendar("Europe/Berlin", ((Interval.between("09:00", "18:00"),),) * 5 + ((),) * 2)


def policy(name: str = "Standard", hours: float = 4, **others: Any) -> PolicyDefinition:
    """One that promises all priorities an answer within the hours and a resolution within twice as much."""
    span = timedelta(hours=hours)
    targets = Targets(first_response=span, next_response=span, resolution=2 * span)
    terms = {name: others.pop(name) for name in [*others] if name in Policy.__dataclass_fields__}
    return PolicyDefinition(
        name, Policy(dict.fromkeys(TicketPriority, targets), **terms), **{"is_default": True, **others}
    )


@dataclass
class Desk:
    """An organization, its clients, its clock and its worker."""

    helpdesk: Helpdesk
    clock: Clock
    database: Database

    @property
    def system(self) -> Actor:
        """The organization's timers."""
        return Actor.system(self.database, self.helpdesk.world.id)

    def later(self, span: timedelta) -> datetime:
        """Let time pass."""
        self.clock.now += span
        return self.clock.now

    async def follow(self) -> None:
        """Have a worker run all that follows what has happened."""
        await worker_of(self.database, ONLY_SLA).step(self.system)

    async def look(self, *tickets: Any) -> int:
        """What a timer does; how many tickets changed."""
        return await reckon(self.system, [key(ticket) for ticket in tickets])

    async def promise(self, *definitions: PolicyDefinition | CalendarDefinition, of: UUID | None = None) -> list[UUID]:
        """Policies and calendars, new or (with `of`) another version of one, in one write; their ids."""
        return await promise(self.system, *definitions, of=of)

    async def withdraw(self, policy_id: UUID) -> None:
        """Delete a policy."""
        async with organization_write(self.system) as write:
            version = await write.connection.fetchval(
                "SELECT id FROM support_sla_policy_version WHERE policy_id = $1 ORDER BY number DESC LIMIT 1", policy_id
            )
            write.record(SlaPolicyChanged(policy_id, version, Change.DELETED))

    async def clocks(self, ticket: Any) -> list[SlaClockRow]:
        """The ticket's clocks as they are stored, by their places."""
        rows = await self.database.fetch(
            f"{select(SlaClockRow)} WHERE t.ticket_id = $1 ORDER BY t.position", key(ticket)
        )
        return load_all(SlaClockRow, rows)

    async def sla(self, ticket: Any) -> TicketSla:
        """The ticket's row of service levels."""
        rows = await self.database.fetch(f"{select(TicketSla)} WHERE t.id = $1", key(ticket))
        (found,) = load_all(TicketSla, rows)
        return found

    async def recorded(self, ticket: Any) -> list[RecordedEvent]:
        """What is recorded about the ticket's service levels."""
        rows = await self.database.fetch(
            "SELECT * FROM support_event WHERE ticket_id = $1 AND type LIKE 'Sla%' ORDER BY seq", key(ticket)
        )
        return [RecordedEvent.from_row(row) for row in rows]


def key(ticket: Any) -> UUID:
    """The key of a ticket that a client knows by its id."""
    found = ticket if isinstance(ticket, UUID) else decode("tkt", ticket["id"])
    assert found is not None
    return found


async def promise(
    actor: Actor, *definitions: PolicyDefinition | CalendarDefinition, of: UUID | None = None
) -> list[UUID]:
    """Policies and calendars, new or another version of one, in one write; their ids."""
    async with organization_write(actor) as write:
        return [await enter(write, each, of) for each in definitions]


async def enter(write: Any, definition: PolicyDefinition | CalendarDefinition, of: UUID | None) -> UUID:
    """The same of one policy or calendar, in a write that has begun; its id."""
    is_policy = isinstance(definition, PolicyDefinition)
    table, version_table = (SlaPolicy, SlaPolicyVersion) if is_policy else (BusinessCalendar, BusinessCalendarVersion)
    name = "policy_id" if is_policy else "calendar_id"
    shared = {"organization_id": write.actor.organization_id, "definition": definition.as_json()}
    row_id = of or new_id()
    if of is None:
        beside = {"position": definition.position, "calendar_id": definition.calendar_id} if is_policy else {}
        write.insert(
            new(
                table,
                id=row_id,
                name=definition.name,
                is_default=definition.is_default,
                created_at=write.now,
                updated_at=write.now,
                **shared,
                **beside,
            )
        )
    number = 1 + await write.connection.fetchval(
        f"SELECT count(*) FROM support_{'sla_policy' if is_policy else 'business_calendar'}_version WHERE {name} = $1",
        row_id,
    )
    version = new(version_table, number=number, created_at=write.now, **{name: row_id}, **shared)
    write.insert(version)
    fact = SlaPolicyChanged if is_policy else BusinessCalendarChanged
    write.record(fact(row_id, version.id, Change.UPDATED if of else Change.CREATED))
    return row_id


def calendar(name: str = "Office", hours: Calendar = OFFICE, *, is_default: bool = False) -> CalendarDefinition:
    """A calendar with a name."""
    return CalendarDefinition(name, hours, is_default)


def renamed(definition: PolicyDefinition, name: str) -> PolicyDefinition:
    """The same promise under another name."""
    return replace(definition, name=name)
