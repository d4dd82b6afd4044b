"""Business failures as part of a mutation's result."""

from __future__ import annotations

import strawberry

from graphql_api.types import enums as enums
from models.errors import Code


@strawberry.type(name="Problem", description="Why something was not done. Nothing was changed.")
class ProblemType:
    """A HelpdeskError, for clients."""

    code: Code = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong and what to do about it, for people.")
    path: list[str] = strawberry.field(description="Where in the input, from the outside in; empty: all of it.")


@strawberry.type(name="Deleted", description="Something is gone.")
class DeletedType:
    """What is left of a row."""

    id: strawberry.ID = strawberry.field(description="The id that it had.")
