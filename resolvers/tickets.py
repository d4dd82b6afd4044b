"""What people do with tickets: create them, move them along the life cycle. `assigning.py` gives them to people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor, ActorKind
from models.errors import InvalidInput, NotAllowed, TransitionNotAllowed
from models.events import MessageAdded, TicketClosed, TicketCreated, TicketReopened, TicketResolved, TicketStatusChanged
from models.lifecycle import (
    FINISHED,
    Mover,
    TicketPriority,
    TicketStatus,
    advance,
    allowed_transitions,
    beyond_reopening,
)
from models.rows import new
from models.tickets import BODY_LIMIT, SUBJECT_LIMIT, Category, Ticket, TicketMessage
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access_ticket, look_up, operation
from resolvers.assigning import assign
from resolvers.changes import expect_version, touch
from resolvers.people import find_or_create_customer, who_left
from resolvers.tags import tag_ids, tag_new


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a ticket is made from. Only agents set the fields after `category_id`."""

    subject: str
    body: str
    category_id: UUID | None = None
    priority: TicketPriority | None = None
    tags: Sequence[str] = ()
    on_behalf_of: tuple[str, str | None] | None = None


@operation
async def create_ticket(actor: Actor, wanted: NewTicket) -> UUID:
    """Open a ticket with its first message; returns the ticket's id."""
    if actor.is_customer and (wanted.priority or wanted.tags or wanted.on_behalf_of):
        raise NotAllowed("Priority, tags and the requester are set by agents.")
    names = inputs.tags(wanted.tags, "tags")
    async with organization_write(actor) as write:
        tags = await tag_ids(write, names)
        requester_id, author_id = await _people(write, wanted)
        if wanted.category_id:
            await look_up(write, Category, wanted.category_id, ["category_id"])
        ticket = open_ticket(
            write,
            requester_id=requester_id,
            subject=inputs.line(wanted.subject, "subject", SUBJECT_LIMIT),
            category_id=wanted.category_id,
            priority=wanted.priority or TicketPriority.MEDIUM,
        )
        tag_new(write, ticket, tags)
        # On behalf of a customer, the first message is the customer's.
        kind = actor.kind if author_id == actor.user_id else ActorKind.CUSTOMER
        body = inputs.text(wanted.body, "body", BODY_LIMIT)
        append_message(write, ticket, body, kind=kind, author_id=author_id)
    return ticket.id


async def _people(write: Write, wanted: NewTicket) -> tuple[UUID, UUID]:
    if wanted.on_behalf_of:
        try:
            customer = await find_or_create_customer(write, *wanted.on_behalf_of)
        except InvalidInput as error:
            raise InvalidInput(error.message, ["on_behalf_of", *error.path]) from None
        return customer.id, customer.id
    if write.actor.user_id is None:
        raise InvalidInput("Say on whose behalf the ticket is opened.", ["on_behalf_of"])
    return write.actor.user_id, write.actor.user_id


def open_ticket(
    write: Write,
    *,
    requester_id: UUID,
    subject: str,
    category_id: UUID | None,
    priority: TicketPriority,
    follow_up_of_id: UUID | None = None,
) -> Ticket:
    """A new ticket in the write, with its event; its number comes with the last statement."""
    ticket = new(
        Ticket,
        organization_id=write.actor.organization_id,
        subject=subject,
        requester_id=requester_id,
        category_id=category_id,
        priority=priority,
        follow_up_of_id=follow_up_of_id,
        created_at=write.now,
        updated_at=write.now,
        public_updated_at=write.now,
    )
    write.insert(ticket)
    write.record(TicketCreated(priority=priority, follow_up_of_id=follow_up_of_id), ticket)
    return ticket


def append_message(
    write: Write,
    ticket: Ticket,
    body: str,
    *,
    kind: ActorKind,
    author_id: UUID | None,
    internal: bool = False,
    suggestion_id: UUID | None = None,
) -> TicketMessage:
    """Add a message to a locked or new ticket, with its event. What it does to the status is the caller's business."""
    message = new(
        TicketMessage,
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        author_id=author_id,
        author_kind=kind,
        body=body,
        internal=internal,
        created_at=write.now,
        suggestion_id=suggestion_id,
    )
    write.insert(message)
    public = not internal
    touch(
        write,
        ticket,
        public=public,
        message_count=ticket.message_count + 1,
        last_message_id=message.id,
        **(
            {"public_message_count": ticket.public_message_count + 1, "last_public_message_id": message.id}
            if public
            else {}
        ),
    )
    write.record(MessageAdded(message.id, kind, internal, may_mention="@" in body), ticket)
    return message


def move(write: Write, ticket: Ticket, target: TicketStatus, mover: Mover | None = None) -> None:
    """Take a locked ticket to `target`, if the life cycle lets `mover` (the actor, unless named), and record it."""
    previous = ticket.status
    advance(mover or write.actor.mover, previous, target)
    changes: dict[str, object] = {"status": target}
    if previous is TicketStatus.PENDING:
        changes["pending_until"] = None
    fact: TicketResolved | TicketClosed | TicketReopened | TicketStatusChanged
    if target is TicketStatus.RESOLVED:
        by_ai = write.actor.kind is ActorKind.AI
        changes |= {"resolved_at": write.now, "ai_resolved": ticket.ai_resolved or by_ai}
        fact = TicketResolved(previous=previous)
    elif target is TicketStatus.CLOSED:
        changes["closed_at"] = write.now
        fact = TicketClosed(previous=previous)
    elif previous in FINISHED:
        changes |= {"resolved_at": None, "closed_at": None, "reopen_count": ticket.reopen_count + 1}
        fact = TicketReopened(previous=previous)
    else:
        fact = TicketStatusChanged(previous=previous, status=target)
    touch(write, ticket, public=True, **changes)
    write.record(fact, ticket)


@operation
async def change_ticket_status(
    actor: Actor, ticket_id: UUID | None, status: TicketStatus, expected_version: int | None = None
) -> UUID:
    """Move a ticket along its life cycle; to resolved, closed or back is the same as the verb of that name."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        await give_status(write, ticket, status)
    return ticket.id


async def give_status(write: Write, ticket: Ticket, status: TicketStatus, left: Collection[UUID] | None = None) -> None:
    """Move a locked ticket as its verbs do: back to open only within the window. `left` as in `bring_back`."""
    if ticket.status in FINISHED and status is TicketStatus.OPEN:
        await _within_reopen_window(write, ticket)
        await bring_back(write, ticket, left=left)
    else:
        move(write, ticket, status)


@operation
async def resolve_ticket(actor: Actor, ticket_id: UUID | None, expected_version: int | None = None) -> UUID:
    """Mark the customer's problem solved; the customer may still reopen it."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        move(write, ticket, TicketStatus.RESOLVED)
    return ticket.id


@operation
async def close_ticket(actor: Actor, ticket_id: UUID | None, expected_version: int | None = None) -> UUID:
    """File a ticket."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        move(write, ticket, TicketStatus.CLOSED)
    return ticket.id


@operation
async def reopen_ticket(actor: Actor, ticket_id: UUID | None, expected_version: int | None = None) -> UUID:
    """Bring a resolved or closed ticket back. Customers may until the organization's reopen window is over."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        expect_version(actor, ticket, expected_version)
        if ticket.status not in FINISHED:
            allowed = ", ".join(each.replace("_", " ") for each in allowed_transitions(actor.mover, ticket.status))
            raise TransitionNotAllowed(
                f"Only a resolved or closed ticket can be reopened; this one can become {allowed}."
            )
        await _within_reopen_window(write, ticket)
        await bring_back(write, ticket)
    return ticket.id


async def bring_back(
    write: Write, ticket: Ticket, mover: Mover | None = None, left: Collection[UUID] | None = None
) -> None:
    """Reopen a locked ticket. Where its assignee has left it is nobody's from then on, or nobody would look at it.

    `left` are those who left, where they have been looked up for many tickets at once.
    """
    if left is None:
        left = await assignees_who_left(write, [ticket])
    move(write, ticket, TicketStatus.OPEN, mover)
    if ticket.assignee_id in left:
        assign(write, ticket, None)


async def assignees_who_left(write: Write, tickets: Iterable[Ticket]) -> set[UUID]:
    """Those who finished some of the tickets, and don't answer customers any more."""
    finishers = {ticket.assignee_id for ticket in tickets if ticket.assignee_id and ticket.status in FINISHED}
    return await who_left(write, finishers) if finishers else set()


async def _within_reopen_window(write: Write, ticket: Ticket) -> None:
    if write.actor.is_customer and await reopen_window_is_over(write, ticket):
        raise TransitionNotAllowed(
            "The ticket was closed too long ago to be reopened. Write a message on it: that opens a follow-up ticket."
        )


async def reopen_window_is_over(write: Write, ticket: Ticket) -> bool:
    """Whether a closed ticket has been closed for longer than the organization reopens tickets."""
    if ticket.closed_at is None:
        return False
    days = await write.connection.fetchval(
        "SELECT reopen_window_days FROM support_settings WHERE organization_id = $1", write.actor.organization_id
    )
    return beyond_reopening(ticket.closed_at, days, write.now)
