"""Giving tickets to those who work on them, or to nobody."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput
from models.events import TicketAssigned
from models.organizations import Membership
from models.tickets import Ticket
from models.writer import Write, organization_write
from resolvers.access import STAFF, access, access_ticket, operation
from resolvers.changes import expect_version, touch


@operation
async def assign_ticket(
    actor: Actor, ticket_id: UUID | None, assignee_id: UUID | None, expected_version: int | None = None
) -> UUID:
    """Give a ticket to an active agent or admin, or to nobody. The status stays as it is."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        if assignee_id is not None:
            await someone_who_works(write, assignee_id)
        assign(write, ticket, assignee_id)
    return ticket.id


def assign(write: Write, ticket: Ticket, assignee_id: UUID | None) -> None:
    """Give a locked ticket to a member who works, or to nobody."""
    if assignee_id != ticket.assignee_id:
        previous = ticket.assignee_id
        touch(write, ticket, public=False, assignee_id=assignee_id)
        write.record(TicketAssigned(assignee_id=assignee_id, previous_id=previous), ticket)


async def someone_who_works(write: Write, user_id: UUID) -> None:
    """Raise unless the member, locked from here on, is somebody to whom tickets can be given."""
    member = await access(write, Membership, user_id, ["assignee_id"])
    if member.role not in STAFF or member.deactivated_at:
        raise InvalidInput("Tickets are assigned to active agents and admins only.", ["assignee_id"])
