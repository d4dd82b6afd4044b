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

    @strawberry.mutation(description="Open a ticket.")
    async def create_ticket(
        self,
        info: Info,
        input: Annotated[CreateTicketInput, strawberry.argument(description="The ticket to be.")],
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
        description="Write on a ticket. A public reply of an agent takes an OPEN or PENDING ticket to IN_PROGRESS; a "
        "customer's message gives a waiting ticket back to the agents and brings a finished one back, or opens a "
        "follow-up where it was closed too long ago."
    )
    async def add_message(
        self, info: Info, input: Annotated[AddMessageInput, strawberry.argument(description="The message to be.")]
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

    @strawberry.mutation(description="Give a ticket to an agent, or to nobody. Never changes the status.")
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
        description="Move a ticket along its life cycle. To RESOLVED, to CLOSED or back to OPEN it is the same as "
        "resolveTicket, closeTicket and reopenTicket."
    )
    async def change_ticket_status(
        self,
        info: Info,
        ticket_id: TicketId,
        status: Annotated[TicketStatus, strawberry.argument(description="Where to; see allowedTransitions.")],
        expected_version: ExpectedVersion = None,
    ) -> TicketResult:
        changed = await tickets.change_ticket_status(
            info.context.actor, decode("tkt", ticket_id), status, expected_version
        )
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Mark a ticket resolved. The customer may reopen it.")
    async def resolve_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.resolve_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="File a ticket.")
    async def close_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.close_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(
        description="Bring a resolved or closed ticket back. Customers may within the organization's reopen window."
    )
    async def reopen_ticket(
        self, info: Info, ticket_id: TicketId, expected_version: ExpectedVersion = None
    ) -> TicketResult:
        changed = await tickets.reopen_ticket(info.context.actor, decode("tkt", ticket_id), expected_version)
        return await info.context.reads.reload(TicketType, changed)
