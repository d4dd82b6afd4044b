"""What a ticket asks, as the AI reads it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor, ActorKind
from models.lifecycle import TicketStatus
from models.tickets import Ticket
from resolvers.access import look_up

MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Question:
    """The subject and the customer's last public messages, oldest first, and what decides whether to answer them."""

    text: str
    status: TicketStatus
    suggestions_enabled: bool


async def ticket_question(actor: Actor, ticket_id: UUID) -> Question:
    """The ticket's question as it stands now. What agents wrote, notes above all, is no part of it."""
    ticket = await look_up(actor, Ticket, ticket_id)
    rows = await actor.database.fetch(
        "SELECT m.body FROM support_ticket_message m WHERE m.ticket_id = $1 AND m.organization_id = $2"
        " AND m.author_kind = $3 AND NOT m.internal ORDER BY m.created_at DESC, m.id DESC LIMIT $4",
        ticket.id,
        actor.organization_id,
        ActorKind.CUSTOMER,
        MESSAGES,
    )
    enabled = await actor.database.fetchval(
        "SELECT suggestions_enabled FROM support_settings WHERE organization_id = $1", actor.organization_id
    )
    text = "\n\n".join([ticket.subject, *(row["body"] for row in reversed(rows))])
    return Question(text, ticket.status, suggestions_enabled=bool(enabled))
