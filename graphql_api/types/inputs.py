"""What clients send with mutations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.actors import Role
from models.lifecycle import TicketPriority, TicketStatus


@strawberry.input(description="An API token to be.")
class ApiTokenInput:
    """See resolvers.tokens.create_api_token."""

    name: str = strawberry.field(description="What it is for, in up to 100 characters.")
    role: Role = strawberry.field(description="What it may do: at most what you may.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself, at most five years from now; null: never."
    )


@strawberry.input(description="A person by address; created as a customer where there is none with it.")
class PersonInput:
    """On whose behalf an agent opens a ticket."""

    email: str = strawberry.field(description="The address, in any case.")
    name: str | None = strawberry.field(default=None, description="The name to give a new customer.")


@strawberry.input(description="A new ticket.")
class CreateTicketInput:
    """Customers give subject, body and category; the rest is for agents."""

    subject: str = strawberry.field(description="What it is about, in a line of at most 300 characters.")
    body: str = strawberry.field(description="The first message, in Markdown; at most 50,000 characters.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="What it is about, from the list.")
    priority: TicketPriority | None = strawberry.field(default=None, description="Agents only; MEDIUM by default.")
    tags: list[str] | None = strawberry.field(default=None, description="Agents only; at most 50.")
    on_behalf_of: PersonInput | None = strawberry.field(
        default=None, description="Agents only: the customer whose ticket it is. You, where left out."
    )


@strawberry.input(description="What to change of a ticket. A field that is left out stays as it is.")
class UpdateTicketInput:
    """Null is a value where it makes sense; a ticket always has a subject and a priority."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    expected_version: int | None = strawberry.field(
        default=None, description="The ticket's version that you have read; CONFLICT if it is another by now."
    )
    subject: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="What it is about, in a line of at most 300 characters."
    )
    priority: strawberry.Maybe[TicketPriority | None] = strawberry.field(default=None, description="How urgent it is.")
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="What it is about, from the list; null: nothing there."
    )
    pending_until: strawberry.Maybe[datetime | None] = strawberry.field(
        default=None,
        description="Until when a PENDING ticket is put off, in the future; null: no longer. Customers don't see it.",
    )


@strawberry.input(description="One change of many tickets. What is left out stays as it is.")
class BulkUpdateInput:
    """The status is given last, so that it sees what the rest of the change has done."""

    ids: list[strawberry.ID] = strawberry.field(description="The tickets, at most 100.")
    expected_versions: list[int | None] | None = strawberry.field(
        default=None,
        description="The version of each ticket that you have read, in the order of the ids; null where any will do.",
    )
    status: strawberry.Maybe[TicketStatus | None] = strawberry.field(
        default=None, description="Where to; see allowedTransitions."
    )
    assignee_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="An active agent or admin; null: nobody."
    )
    priority: strawberry.Maybe[TicketPriority | None] = strawberry.field(
        default=None, description="How urgent they are."
    )
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        default=None, description="What they are about, from the list; null: nothing there."
    )
    add_tags: strawberry.Maybe[list[str] | None] = strawberry.field(default=None, description="Tags to put on each.")
    remove_tags: strawberry.Maybe[list[str] | None] = strawberry.field(
        default=None, description="Tags to take off each."
    )


@strawberry.input(description="A new message on a ticket.")
class AddMessageInput:
    """Customers give ticketId, body and expectedLastMessageId; the rest is for agents."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    body: str | None = strawberry.field(
        default=None,
        description="The text, in Markdown; at most 50,000 characters. May be left out where a canned response or a "
        "draft is sent as it is.",
    )
    internal: bool = strawberry.field(default=False, description="Agents only: a note that no customer ever sees.")
    canned_response_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Agents only: the canned response that it is sent with; counted as a use of it. Variables in the "
        "text are filled; those in a preview's text are filled already.",
    )
    suggestion_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Agents only: the AI's draft that it is sent from, as acceptSuggestion and editSuggestion do.",
    )
    then_status: TicketStatus | None = strawberry.field(
        default=None, description="Agents only: the status to give the ticket in the same step."
    )
    expected_last_message_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The newest message that you have read; CONFLICT if there is a newer one by now, which the "
        "Problem's `missed` then shows.",
    )
