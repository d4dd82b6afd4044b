"""The ticket's thread: replies, notes, and what a message does to the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor, ActorKind
from models.errors import Conflict, NotAllowed
from models.lifecycle import (
    Mover,
    TicketStatus,
    status_after_agent_message,
    status_after_customer_message,
)
from models.tickets import BODY_LIMIT, Ticket, TicketMessage
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access_ticket, operation
from resolvers.people import is_active
from resolvers.tickets import append_message, move, open_ticket, reopen_window_is_over


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a message is made from. `then_status` moves the ticket in the same step."""

    ticket_id: UUID | None
    body: str
    internal: bool = False
    then_status: TicketStatus | None = None
    expected_last_message_id: UUID | None = None


@operation
async def add_message(actor: Actor, wanted: NewMessage) -> UUID:
    """Write on a ticket; returns the message's id. On a ticket closed for too long a customer opens a follow-up."""
    body = inputs.text(wanted.body, "body", BODY_LIMIT)
    if actor.is_customer and (wanted.internal or wanted.then_status):
        raise NotAllowed("Internal notes and the status are set by agents.")
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, wanted.ticket_id)
        _expect_last_message(actor, ticket, wanted.expected_last_message_id)
        if wanted.internal:
            message = note(write, ticket, body)
        elif actor.is_customer:
            message = await customer_message(write, ticket, body)
        else:
            message = reply(write, ticket, body)
        # The message may have taken it there, or found it there.
        if wanted.then_status and wanted.then_status is not ticket.status:
            move(write, ticket, wanted.then_status)
    return message.id


def _expect_last_message(actor: Actor, ticket: Ticket, expected: UUID | None) -> None:
    last = ticket.last_public_message_id if actor.is_customer else ticket.last_message_id
    if expected is not None and expected != last:
        raise Conflict("Somebody wrote on this ticket after the message that you answer. Read the thread again.")


def note(write: Write, ticket: Ticket, body: str) -> TicketMessage:
    """An internal note: the customer's view of the ticket does not move, nor does the status."""
    return append_message(write, ticket, body, kind=ActorKind.AGENT, author_id=write.actor.user_id, internal=True)


def reply(write: Write, ticket: Ticket, body: str, suggestion_id: UUID | None = None) -> TicketMessage:
    """An agent's or the AI's public message."""
    actor = write.actor
    message = append_message(write, ticket, body, kind=actor.kind, author_id=actor.user_id, suggestion_id=suggestion_id)
    if actor.kind is ActorKind.AGENT:
        if ticket.first_responded_at is None:
            write.update(ticket, first_responded_at=write.now)
        after = status_after_agent_message(ticket.status)
        if after is not ticket.status:
            move(write, ticket, after)
    return message


async def customer_message(write: Write, ticket: Ticket, body: str) -> TicketMessage:
    """A customer's message: on a waiting or finished ticket it gives the ball back, or opens a follow-up."""
    author = write.actor.user_id
    if await reopen_window_is_over(write, ticket):
        ticket = open_ticket(
            write,
            requester_id=ticket.requester_id,
            subject=ticket.subject,
            category_id=ticket.category_id,
            priority=ticket.priority,
            follow_up_of_id=ticket.id,
        )
        return append_message(write, ticket, body, kind=ActorKind.CUSTOMER, author_id=author)
    message = append_message(write, ticket, body, kind=ActorKind.CUSTOMER, author_id=author)
    active = ticket.status is TicketStatus.WAITING_ON_CUSTOMER and await is_active(write, ticket.assignee_id)
    after = status_after_customer_message(ticket.status, someone_active_assigned=active)
    if after is not ticket.status:
        move(write, ticket, after, mover=Mover.CUSTOMER_MESSAGE)
    return message
