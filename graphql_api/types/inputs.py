"""What clients send with mutations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.actors import Role
from models.lifecycle import TicketPriority, TicketStatus


@strawberry.input(description="A new API token.")
class ApiTokenInput:
    """See resolvers.tokens.create_api_token."""

    name: str = strawberry.field(description="What it is for, in up to 100 characters.")
    role: Role = strawberry.field(description="The role in which it acts: at most yours.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it expires, at most five years from now; null: never."
    )


@strawberry.input(description="A person by e-mail address; created as a customer if unknown.")
class PersonInput:
    """On whose behalf an agent opens a ticket."""

    email: str = strawberry.field(description="The e-mail address; case makes no difference.")
    name: str | None = strawberry.field(default=None, description="The name of a new customer.")


@strawberry.input(description="A new ticket.")
class CreateTicketInput:
    """Customers give subject, body and category; the rest is for agents."""

    subject: str = strawberry.field(description="What it is about, in one line of at most 300 characters.")
    body: str = strawberry.field(description="The first message, in Markdown; at most 50,000 characters.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="Its category.")
    priority: TicketPriority | None = strawberry.field(default=None, description="Agents only; MEDIUM by default.")
    tags: list[str] | None = strawberry.field(default=None, description="Agents only; at most 50.")
    on_behalf_of: PersonInput | None = strawberry.field(
        default=None, description="Agents only: the customer whose ticket it is. You, if left out."
    )


@strawberry.input(description="What to change about a ticket; what is left out stays.")
class UpdateTicketInput:
    """Null is a value where it makes sense; a ticket always has a subject and a priority."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    expected_version: int | None = strawberry.field(
        default=None, description="The ticket's version that you have read; `CONFLICT` if it has changed since."
    )
    subject: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="What it is about, in one line of at most 300 characters."
    )
    priority: strawberry.Maybe[TicketPriority | None] = strawberry.field(default=None, description="How urgent it is.")
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="Its category; null: none."
    )
    pending_until: strawberry.Maybe[datetime | None] = strawberry.field(
        default=None,
        description="Until when to snooze a PENDING ticket, in the future: it is OPEN again from then on. Null: "
        "no longer. Customers don't see it.",
    )


@strawberry.input(description="One change of many tickets. What is left out stays as it is.")
class BulkUpdateInput:
    """The status is given last, so that it sees what the rest of the change has done."""

    ids: list[strawberry.ID] = strawberry.field(description="The tickets, at most 100.")
    expected_versions: list[int | None] | None = strawberry.field(
        default=None,
        description="The version of each ticket that you have read, in the order of the ids; null for any version.",
    )
    status: strawberry.Maybe[TicketStatus | None] = strawberry.field(
        default=None, description="The new status; see `allowedTransitions`."
    )
    assignee_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="An active agent or admin; null: nobody."
    )
    priority: strawberry.Maybe[TicketPriority | None] = strawberry.field(
        default=None, description="How urgent they are."
    )
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="Their category; null: none."
    )
    add_tags: strawberry.Maybe[list[str] | None] = strawberry.field(default=None, description="Tags to add to each.")
    remove_tags: strawberry.Maybe[list[str] | None] = strawberry.field(
        default=None, description="Tags to remove from each."
    )


@strawberry.input(description="A new message on a ticket.")
class AddMessageInput:
    """Customers give ticketId, body and expectedLastMessageId; the rest is for agents."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    body: str | None = strawberry.field(
        default=None,
        description="The text, in Markdown; at most 50,000 characters. May be left out if a canned response or a "
        "draft is sent unchanged.",
    )
    internal: bool = strawberry.field(
        default=False, description="Agents only: an internal note, which no customer ever sees."
    )
    canned_response_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Agents only: the canned response that is used; this counts as a use. Variables in the text "
        "are filled in. In the text of a preview they are filled in already.",
    )
    suggestion_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Agents only: the AI's draft that is sent, as `acceptSuggestion` and `editSuggestion` do.",
    )
    then_status: TicketStatus | None = strawberry.field(
        default=None, description="Agents only: the status to give the ticket in the same step."
    )
    expected_last_message_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The newest message that you have read. If there is a newer one, nothing is sent, and the "
        "Problem (`CONFLICT`) shows in `missed` what you have not read.",
    )
