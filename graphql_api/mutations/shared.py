"""Arguments and results that several mutations share."""

from __future__ import annotations

from typing import Annotated, TypeVar

import strawberry

from graphql_api.types.credentials import ApiTokenCreatedType, ApiTokenType, SessionType, SignedOutType
from graphql_api.types.organizations import UserType
from graphql_api.types.problem import DeletedType, ProblemType
from graphql_api.types.tickets import MessageType, SuggestionType, TicketType
from resolvers.patches import KEEP, Keep

T = TypeVar("T")


def given(maybe: strawberry.Maybe[T]) -> T | Keep:
    """What a patch says of a field that may be null: a value, null, or nothing."""
    return KEEP if maybe is None else maybe.value


def unless_none(value: T | None) -> T | Keep:
    """What a patch says of a field that is never null: a value or nothing."""
    return KEEP if value is None else value


TicketResult = Annotated[
    TicketType | ProblemType, strawberry.union("TicketResult", description="The ticket as it is now, or why not.")
]


@strawberry.type(name="Bulk", description="What became of each of many tickets.")
class BulkType:
    """One result a ticket."""

    results: list[TicketResult] = strawberry.field(description="The results, in the order of the ids.")
    failed: int = strawberry.field(description="How many of them are Problems.")


BulkResult = Annotated[
    BulkType | ProblemType,
    strawberry.union("BulkResult", description="What became of each, or why no ticket was changed at all."),
]
MessageResult = Annotated[
    MessageType | ProblemType, strawberry.union("MessageResult", description="The message, or why there is none.")
]
SuggestionResult = Annotated[
    SuggestionType | ProblemType,
    strawberry.union("SuggestionResult", description="The suggestion as it is now, or why not."),
]

UserResult = Annotated[
    UserType | ProblemType, strawberry.union("UserResult", description="The person as they are now, or why not.")
]
SessionResult = Annotated[
    SessionType | ProblemType, strawberry.union("SessionResult", description="Your session, or why there is none.")
]
SignedOutResult = Annotated[
    SignedOutType | ProblemType, strawberry.union("SignedOutResult", description="That you are out, or why not.")
]
ApiTokenResult = Annotated[
    ApiTokenType | ProblemType, strawberry.union("ApiTokenResult", description="The token as it is now, or why not.")
]
ApiTokenCreatedResult = Annotated[
    ApiTokenCreatedType | ProblemType,
    strawberry.union("ApiTokenCreatedResult", description="The new token with its text, or why there is none."),
]
DeletedResult = Annotated[
    DeletedType | ProblemType, strawberry.union("DeletedResult", description="That it is gone, or why not.")
]

Tags = Annotated[
    list[str], strawberry.argument(description="At most 50, of 50 characters each. Case makes no difference.")
]
TicketId = Annotated[strawberry.ID, strawberry.argument(description="The ticket.")]
SuggestionId = Annotated[strawberry.ID, strawberry.argument(description="The draft.")]
ExpectedVersion = Annotated[
    int | None,
    strawberry.argument(description="The ticket's version that you have read; CONFLICT if it is another by now."),
]
