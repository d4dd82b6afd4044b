"""Arguments and results that several mutations share."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import strawberry

from graphql_api.types.problem import DeletedType, ProblemType
from graphql_api.types.tickets import MessageType, TicketType
from models.errors import InvalidInput
from resolvers.patches import KEEP, Keep

T = TypeVar("T")


def given(maybe: strawberry.Maybe[T]) -> T | Keep:
    """What a patch says of a field that may be null: a value, null, or nothing."""
    return KEEP if maybe is None else maybe.value


def given_value(maybe: strawberry.Maybe[T | None], field: str) -> T | Keep:
    """What a patch says of a field that is never null: a value or nothing. Null is refused, not passed over."""
    if maybe is None:
        return KEEP
    if maybe.value is None:
        raise InvalidInput("This is never null: leave it out to keep it as it is.", [field])
    return maybe.value


def given_list(maybe: strawberry.Maybe[list[Any] | None], field: str) -> list[Any] | Keep:
    """What a patch says of a list of inputs that is never null: each as its operation wants it, or nothing."""
    inputs = given_value(maybe, field)
    return KEEP if inputs is KEEP else [each.wanted() for each in inputs]


TicketResult = Annotated[
    TicketType | ProblemType, strawberry.union("TicketResult", description="The ticket after the change, or a Problem.")
]
MessageResult = Annotated[
    MessageType | ProblemType, strawberry.union("MessageResult", description="The message, or a Problem.")
]
DeletedResult = Annotated[
    DeletedType | ProblemType,
    strawberry.union("DeletedResult", description="The id of what was deleted, or a Problem."),
]

Tags = Annotated[
    list[str], strawberry.argument(description="At most 50, of 50 characters each. Case makes no difference.")
]
TicketId = Annotated[strawberry.ID, strawberry.argument(description="The ticket.")]
ExpectedVersion = Annotated[
    int | None,
    strawberry.argument(description="The ticket's version that you have read; `CONFLICT` if it has changed since."),
]
