"""What people write on tickets, in their own words or out of what was written before."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput, MessagesMissed, NotAllowed, NotFound
from models.lifecycle import TicketStatus
from models.tickets import BODY_LIMIT, Ticket, TicketMessage
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import Parameters, access_ticket, look_up, operation
from resolvers.canned_responses import count_use, text_to_send
from resolvers.suggestions import send_draft, undecided_draft
from resolvers.thread import customer_message, note, reply
from resolvers.tickets import give_status

MISSED_LIMIT = 20
_EXPECTED = ("expected_last_message_id",)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a message is made from. `then_status` moves the ticket in the same step.

    Without a body the canned response or the draft is sent as it is.
    """

    ticket_id: UUID | None
    body: str | None = None
    internal: bool = False
    canned_response_id: UUID | None = None
    suggestion_id: UUID | None = None
    then_status: TicketStatus | None = None
    expected_last_message_id: UUID | None = None


@operation
async def add_message(actor: Actor, wanted: NewMessage) -> UUID:
    """Write on a ticket; returns the message's id. On a ticket closed for too long a customer opens a follow-up."""
    _make_sense(actor, wanted)
    body = None if wanted.body is None else inputs.text(wanted.body, "body", BODY_LIMIT)
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, wanted.ticket_id)
        await _expect_last_message(write, ticket, wanted.expected_last_message_id)
        if wanted.suggestion_id:
            draft = await undecided_draft(write, ticket, wanted.suggestion_id, ["suggestion_id"])
            message = send_draft(write, ticket, draft, body or draft.body or "")
        elif wanted.canned_response_id:
            text = await text_to_send(write, ticket, wanted.canned_response_id, body)
            message = await _written(write, ticket, text, internal=wanted.internal)
            write.update(message, canned_response_id=wanted.canned_response_id)
        else:
            message = await _written(write, ticket, body or "", internal=wanted.internal)
        # The message may have taken it there, or found it there.
        if wanted.then_status and wanted.then_status is not ticket.status:
            await give_status(write, ticket, wanted.then_status)
        if wanted.canned_response_id:
            await count_use(write, ticket, wanted.canned_response_id)
    return message.id


def _make_sense(actor: Actor, wanted: NewMessage) -> None:
    if actor.is_customer and (wanted.internal or wanted.then_status):
        raise NotAllowed("Internal notes and the status are set by agents.")
    if actor.is_customer and (wanted.canned_response_id or wanted.suggestion_id):
        raise NotAllowed("Canned responses and drafts are sent by agents.")
    if wanted.canned_response_id and wanted.suggestion_id:
        raise InvalidInput(
            "A message is sent from a canned response or from a draft, not from both.", ["suggestion_id"]
        )
    if wanted.suggestion_id and wanted.internal:
        raise InvalidInput("A draft answers the customer: it can't be an internal note.", ["internal"])
    if wanted.body is None and not (wanted.canned_response_id or wanted.suggestion_id):
        raise InvalidInput("This can't be empty.", ["body"])


async def _expect_last_message(write: Write, ticket: Ticket, expected: UUID | None) -> None:
    """Raise MessagesMissed where the ticket's newest message is another, as far as the actor sees messages."""
    last = ticket.last_public_message_id if write.actor.is_customer else ticket.last_message_id
    if expected is None or expected == last:
        return
    read = await look_up(write, TicketMessage, expected, _EXPECTED)
    if read.ticket_id != ticket.id:
        raise NotFound("message", _EXPECTED)
    parameters = Parameters(write.actor)
    place = f"({parameters.bind(read.created_at)}::timestamptz, {parameters.bind(read.id)}::uuid)"
    # Clocks of two processes may differ by a little: what was written last was missed, wherever its time puts it.
    rows = await write.connection.fetch(
        f"SELECT t.id FROM support_ticket_message t WHERE t.ticket_id = {parameters.bind(ticket.id)}"
        f" AND ((t.created_at, t.id) > {place} OR t.id = {parameters.bind(last)})"
        f" AND {parameters.scope(TicketMessage)} ORDER BY t.created_at DESC, t.id DESC LIMIT {MISSED_LIMIT}",
        *parameters.values,
    )
    raise MessagesMissed([row["id"] for row in reversed(rows)])


async def _written(write: Write, ticket: Ticket, body: str, *, internal: bool) -> TicketMessage:
    if internal:
        return note(write, ticket, body)
    if write.actor.is_customer:
        return await customer_message(write, ticket, body)
    return reply(write, ticket, body)
