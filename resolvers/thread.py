"""What a message does to its ticket: notes, replies, customers' messages."""

from __future__ import annotations

from uuid import UUID

from models.actors import ActorKind
from models.lifecycle import FINISHED, Mover, TicketStatus, status_after_agent_message, status_after_customer_message
from models.tickets import Ticket, TicketMessage
from models.writer import Write
from resolvers.access import access_ticket
from resolvers.people import is_active
from resolvers.tickets import append_message, bring_back, move, open_ticket, reopen_window_is_over


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
    """A customer's message: on a waiting or finished ticket it gives the ball back.

    Where the ticket was closed too long ago, it is written on the newest follow-up instead, and opens one where there
    is none.
    """
    author = write.actor.user_id
    while await reopen_window_is_over(write, ticket):
        follow_up = await _newest_follow_up(write, ticket)
        if follow_up is None:
            return append_message(write, _follow_up(write, ticket), body, kind=ActorKind.CUSTOMER, author_id=author)
        ticket = follow_up
    message = append_message(write, ticket, body, kind=ActorKind.CUSTOMER, author_id=author)
    active = ticket.status is TicketStatus.WAITING_ON_CUSTOMER and await is_active(write, ticket.assignee_id)
    after = status_after_customer_message(ticket.status, someone_active_assigned=active)
    if ticket.status in FINISHED:
        await bring_back(write, ticket, Mover.CUSTOMER_MESSAGE)
    elif after is not ticket.status:
        move(write, ticket, after, Mover.CUSTOMER_MESSAGE)
    return message


async def _newest_follow_up(write: Write, ticket: Ticket) -> Ticket | None:
    """The ticket on which the conversation went on, locked; one that this write has opened is the newest."""
    for opened in reversed(write.new_rows(Ticket)):
        if opened.follow_up_of_id == ticket.id:
            return opened
    found = await write.connection.fetchval(
        "SELECT id FROM support_ticket WHERE follow_up_of_id = $1 AND requester_id = $2 AND organization_id = $3"
        " ORDER BY number DESC LIMIT 1",
        ticket.id,
        ticket.requester_id,
        ticket.organization_id,
    )
    return None if found is None else await access_ticket(write, found)


def _follow_up(write: Write, ticket: Ticket) -> Ticket:
    return open_ticket(
        write,
        requester_id=ticket.requester_id,
        subject=ticket.subject,
        category_id=ticket.category_id,
        priority=ticket.priority,
        follow_up_of_id=ticket.id,
    )
