"""Changes of a ticket's own fields: subject, priority, category, and until when it is put off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput
from models.events import TicketField, TicketSnoozed, TicketUpdated
from models.lifecycle import TicketPriority, TicketStatus
from models.tickets import SUBJECT_LIMIT, Category, Ticket
from models.writer import Write, organization_write
from resolvers import inputs, patches
from resolvers.access import access_ticket, look_up, operation
from resolvers.patches import KEEP, Keep, differing


@dataclass(frozen=True, slots=True)
class TicketChanges:
    """What to change of a ticket. Subject and priority can't be taken away, whatever a client sends."""

    subject: str | Keep | None = KEEP
    priority: TicketPriority | Keep | None = KEEP
    category_id: UUID | Keep | None = KEEP
    pending_until: datetime | Keep | None = KEEP


@operation
async def update_ticket(
    actor: Actor, ticket_id: UUID | None, changes: TicketChanges, expected_version: int | None = None
) -> UUID:
    """Change a ticket's own fields. What is the same as before is no change."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        await known_category(write, changes)
        change(write, ticket, changes)
    return ticket.id


async def known_category(write: Write, changes: TicketChanges) -> None:
    """Raise NotFound where the changes name a category that is none of the organization's."""
    if isinstance(changes.category_id, UUID):
        await look_up(write, Category, changes.category_id, ["category_id"])


def change(write: Write, ticket: Ticket, changes: TicketChanges) -> None:
    """Change a locked ticket, and record what customers see of it apart from what they don't."""
    different = differing(
        ticket,
        subject=_subject(changes.subject),
        priority=_priority(changes.priority),
        category_id=changes.category_id,
    )
    if different:
        previous = {"priority": ticket.priority, "category_id": ticket.category_id}
        touch(write, ticket, public=True, **different)
        write.record(_updated(ticket, previous, different.keys()), ticket)
    _put_off(write, ticket, changes.pending_until)


def _updated(ticket: Ticket, previous: Mapping[str, Any], columns: Collection[str]) -> TicketUpdated:
    fact = TicketUpdated(fields=tuple(_FIELDS[column] for column in columns))
    if "priority" in columns:
        fact = replace(fact, priority=ticket.priority, previous_priority=previous["priority"])
    if "category_id" in columns:
        fact = replace(fact, category_id=ticket.category_id, previous_category_id=previous["category_id"])
    return fact


_FIELDS = {
    "subject": TicketField.SUBJECT,
    "priority": TicketField.PRIORITY,
    "category_id": TicketField.CATEGORY,
}


def _subject(wanted: str | Keep | None) -> str | Keep:
    if wanted is None:
        raise InvalidInput("A ticket has a subject.", ["subject"])
    return wanted if wanted is KEEP else inputs.line(wanted, "subject", SUBJECT_LIMIT)


def _priority(wanted: TicketPriority | Keep | None) -> TicketPriority | Keep:
    if wanted is None:
        raise InvalidInput("A ticket has a priority.", ["priority"])
    return wanted


def _put_off(write: Write, ticket: Ticket, wanted: datetime | Keep | None) -> None:
    """Until when a pending ticket is put off: staff's business, so it is a fact of its own."""
    if wanted is KEEP:
        return
    # Instants are stored as the API shows them, to the millisecond.
    until = wanted and wanted.replace(microsecond=wanted.microsecond // 1000 * 1000)
    if until == ticket.pending_until:
        return
    if until is not None and ticket.status is not TicketStatus.PENDING:
        raise InvalidInput("Only a pending ticket can be put off.", ["pending_until"])
    if until is not None and until <= write.now:
        raise InvalidInput("A ticket is put off until an instant in the future.", ["pending_until"])
    touch(write, ticket, public=False, pending_until=until)
    write.record(TicketSnoozed(pending_until=until), ticket)


def touch(write: Write, ticket: Ticket, *, public: bool, **changes: object) -> None:
    """Change a ticket. Its version moves by one a write; the customer's, only with what the customer may see."""
    stamps: dict[str, object] = {"updated_at": write.now}
    if not write.has_changed(ticket, "version"):
        stamps["version"] = ticket.version + 1
    if public:
        stamps["public_updated_at"] = write.now
        if not write.has_changed(ticket, "public_version"):
            stamps["public_version"] = ticket.public_version + 1
    write.update(ticket, **stamps, **changes)


def expect_version(actor: Actor, ticket: Ticket, expected: int | None) -> None:
    """Raise Conflict where the caller read an older version than the one that is locked now."""
    patches.expect_version("ticket", ticket.public_version if actor.is_customer else ticket.version, expected)
