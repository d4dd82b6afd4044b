"""Signposts to resolvers/tickets.py and resolvers/messages.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given
from graphql_api.mutations.shared import ExpectedVersion, MessageResult, TicketId, TicketResult
from graphql_api.types.inputs import AddMessageInput, CreateTicketInput
from graphql_api.types.tickets import MessageType, TicketType
from models.lifecycle import TicketStatus
from resolvers import assigning, messages, tickets


@strawberry.type
class TicketMutations:
    """What people do with tickets."""

    @strawberry.mutation(description="Create a ticket.")
    async def create_ticket(
        self,
        info: Info,
        input: Annotated[CreateTicketInput, strawberry.argument(description="The new ticket.")],
    ) -> TicketResult:
        wanted = tickets.NewTicket(
            subject=input.subject,
            body=input.body,
            category_id=decode_given("cat", input.category_id, "category", "category_id"),
            priority=input.priority,
            tags=input.tags or (),
            on_behalf_of=(input.on_behalf_of.email, input.on_behalf_of.name) if input.on_behalf_of else None,
        )
        return await info.context.reads.reload(TicketType, await tickets.create_ticket(info.context.actor, wanted))

    @strawberry.mutation(
        description="Add a message or an internal note to a ticket. An agent's public reply moves an OPEN or "
        "PENDING ticket to IN_PROGRESS. A customer's message returns a waiting ticket to the agents "
        "and reopens a resolved or closed one, or creates a follow-up ticket if it was closed too "
        "long ago."
    )
    async def add_message(
        self, info: Info, input: Annotated[AddMessageInput, strawberry.argument(description="The new message.")]
    ) -> MessageResult:
        wanted = messages.NewMessage(
            ticket_id=decode("tkt", input.ticket_id),
            body=input.body,
            internal=input.internal,
            canned_response_id=decode_given("can", input.canned_response_id, "canned response", "canned_response_id"),
            suggestion_id=decode_given("sug", input.suggestion_id, "suggestion", "suggestion_id"),
            then_status=input.then_status,
            expected_last_message_id=decode_given(
                "msg", input.expected_last_message_id, "message", "expected_last_message_id"
            ),
        )
        return await info.context.reads.reload(MessageType, await messages.add_message(info.context.actor, wanted))

    @strawberry.mutation(description="Assign a ticket to an agent, or unassign it. The status stays.")
    async def assign_ticket(
        self,
        info: Info,
        ticket_id: TicketId,
        assignee_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="An active agent or admin; null: nobody.")
        ] = None,
        expected_version: ExpectedVersion = None,
    ) -> TicketResult:
        assignee = decode_given("usr", assignee_id, "user", "assignee_id")
        changed = await assigning.assign_ticket(
            info.context.actor, decode("tkt", ticket_id), assignee, expected_version
        )
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(
        description="Change a ticket's status. RESOLVED, CLOSED, and OPEN for a finished ticket, do the same as "
        "`resolveTicket`, `closeTicket` and `reopenTicket`."
    )
    async def change_ticket_status(
        self,
        info: Info,
        ticket_id: TicketId,
        status: Annotated[TicketStatus, strawberry.argument(description="The new status; see `allowedTransitions`.")],
        expected_version: ExpectedVersion = None,
    ) -> TicketResult:
        changed = await tickets.change_ticket_status(
            info.context.actor, decode("tkt", ticket_id), status, expected_version
        )
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Resolve a ticket. The customer may reopen it.")
    async def resolve_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.resolve_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Close a ticket.")
    async def close_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.close_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(
        description="Reopen a resolved or closed ticket. Customers may do so within the organization's reopen window."
    )
    async def reopen_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.reopen_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)
