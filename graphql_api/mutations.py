"""Mutation: signposts. The stories are in resolvers/."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given
from graphql_api.types.inputs import AddMessageInput, CreateTicketInput
from graphql_api.types.problem import ProblemType
from graphql_api.types.tickets import MessageType, SuggestionType, TicketType
from models.lifecycle import TicketStatus
from resolvers import messages, suggestions, tickets

TicketResult = Annotated[
    TicketType | ProblemType, strawberry.union("TicketResult", description="The ticket as it is now, or why not.")
]
MessageResult = Annotated[
    MessageType | ProblemType, strawberry.union("MessageResult", description="The message, or why there is none.")
]
SuggestionResult = Annotated[
    SuggestionType | ProblemType,
    strawberry.union("SuggestionResult", description="The suggestion as it is now, or why not."),
]

TicketId = Annotated[strawberry.ID, strawberry.argument(description="The ticket.")]
SuggestionId = Annotated[strawberry.ID, strawberry.argument(description="The draft.")]
ExpectedVersion = Annotated[
    int | None,
    strawberry.argument(description="The ticket's version that you have read; CONFLICT if it is another by now."),
]


@strawberry.type(description="Everything that can be changed. Each field is a transaction of its own.")
class Mutation:
    """One verb, one operation of the same name."""

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
        changed = await tickets.assign_ticket(info.context.actor, decode("tkt", ticket_id), assignee, expected_version)
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

    @strawberry.mutation(description="Ask the AI for a draft. SuggestionReady in the feed says when it is there.")
    async def suggest_reply(self, info: Info, ticket_id: TicketId) -> SuggestionResult:
        asked = await suggestions.suggest_reply(info.context.actor, decode("tkt", ticket_id))
        return await info.context.reads.reload(SuggestionType, asked)

    @strawberry.mutation(description="Send a draft as it is.")
    async def accept_suggestion(self, info: Info, suggestion_id: SuggestionId) -> MessageResult:
        sent = await suggestions.accept_suggestion(info.context.actor, decode("sug", suggestion_id))
        return await info.context.reads.reload(MessageType, sent)

    @strawberry.mutation(description="Send a draft in your own words. How much you changed is kept.")
    async def edit_suggestion(
        self,
        info: Info,
        suggestion_id: SuggestionId,
        body: Annotated[str, strawberry.argument(description="What to send, in Markdown.")],
    ) -> MessageResult:
        sent = await suggestions.edit_suggestion(info.context.actor, decode("sug", suggestion_id), body)
        return await info.context.reads.reload(MessageType, sent)

    @strawberry.mutation(description="Put a draft aside.")
    async def dismiss_suggestion(
        self,
        info: Info,
        suggestion_id: SuggestionId,
        reason: Annotated[str | None, strawberry.argument(description="Why, for those who improve the AI.")] = None,
    ) -> SuggestionResult:
        dismissed = await suggestions.dismiss_suggestion(info.context.actor, decode("sug", suggestion_id), reason)
        return await info.context.reads.reload(SuggestionType, dismissed)
