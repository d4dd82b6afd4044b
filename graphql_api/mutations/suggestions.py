"""Signposts to resolvers/suggestions.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.mutations.shared import MessageResult, TicketId
from graphql_api.types.problem import ProblemType
from graphql_api.types.tickets import MessageType, SuggestionType
from resolvers import suggestions

SuggestionResult = Annotated[
    SuggestionType | ProblemType,
    strawberry.union("SuggestionResult", description="The suggestion after the change, or a Problem."),
]
SuggestionId = Annotated[strawberry.ID, strawberry.argument(description="The draft.")]


@strawberry.type
class SuggestionMutations:
    """What agents do with the AI's drafts."""

    @strawberry.mutation(
        description="Ask the AI for a draft reply. `SuggestionReady` in the feed says when it is finished."
    )
    async def suggest_reply(self, info: Info, ticket_id: TicketId) -> SuggestionResult:
        asked = await suggestions.suggest_reply(info.context.actor, decode("tkt", ticket_id))
        return await info.context.reads.reload(SuggestionType, asked)

    @strawberry.mutation(description="Send a draft unchanged.")
    async def accept_suggestion(self, info: Info, suggestion_id: SuggestionId) -> MessageResult:
        sent = await suggestions.accept_suggestion(info.context.actor, decode("sug", suggestion_id))
        return await info.context.reads.reload(MessageType, sent)

    @strawberry.mutation(description="Send an edited draft. How much you changed is recorded.")
    async def edit_suggestion(
        self,
        info: Info,
        suggestion_id: SuggestionId,
        body: Annotated[str, strawberry.argument(description="What to send, in Markdown.")],
    ) -> MessageResult:
        sent = await suggestions.edit_suggestion(info.context.actor, decode("sug", suggestion_id), body)
        return await info.context.reads.reload(MessageType, sent)

    @strawberry.mutation(description="Dismiss a draft.")
    async def dismiss_suggestion(
        self,
        info: Info,
        suggestion_id: SuggestionId,
        reason: Annotated[
            str | None, strawberry.argument(description="Why, at most 1,000 characters; for those who improve the AI.")
        ] = None,
    ) -> SuggestionResult:
        dismissed = await suggestions.dismiss_suggestion(info.context.actor, decode("sug", suggestion_id), reason)
        return await info.context.reads.reload(SuggestionType, dismissed)
