"""Business failures as part of a mutation's result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import strawberry

from graphql_api.context import Info
from graphql_api.types import enums as enums
from graphql_api.types.tickets import MessageType
from models.errors import Code


async def _missed(root: ProblemType, info: Info) -> list[MessageType]:
    # Read when it is asked for, so that a Problem costs nobody else a statement.
    found = await asyncio.gather(*(info.context.reads.one(MessageType, key) for key in root.missed_ids))
    return [message for message in found if message]


@strawberry.type(name="Problem", description="Why something was not done. Nothing was changed.")
class ProblemType:
    """A HelpdeskError, for clients."""

    code: Code = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong and what to do about it, for people.")
    path: list[str] = strawberry.field(
        description="The path of the argument or input field, outermost first; empty if it concerns all of them."
    )
    missed_ids: strawberry.Private[Sequence[UUID]] = ()
    missed: list[MessageType] = strawberry.field(
        resolver=_missed,
        description="With `addMessage`'s CONFLICT: the messages since `expectedLastMessageId`, oldest first, at "
        "most the newest 20; for customers without notes. Empty with every other problem.",
    )


@strawberry.type(name="Deleted", description="Something was deleted.")
class DeletedType:
    """What is left of a row."""

    id: strawberry.ID = strawberry.field(description="Its id.")
