"""Signposts to resolvers/dead_letters.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.types.dead_letters import DeadLetterType
from graphql_api.types.problem import ProblemType
from resolvers import dead_letters

DeadLetterResult = Annotated[
    DeadLetterType | ProblemType,
    strawberry.union("DeadLetterResult", description="The dead letter after the change, or a Problem."),
]
DeadLetterId = Annotated[strawberry.ID, strawberry.argument(description="The dead letter.")]


@strawberry.type
class DeadLetterMutations:
    """What admins do about what has failed for good."""

    @strawberry.mutation(description="Retry what has failed for good, with as many attempts as a new task. For admins.")
    async def retry_dead_letter(self, info: Info, id: DeadLetterId) -> DeadLetterResult:
        retried = await dead_letters.retry_dead_letter(info.context.actor, decode("rct", id))
        return await info.context.reads.reload(DeadLetterType, retried)

    @strawberry.mutation(description="Discard what has failed for good: it is not retried. For admins.")
    async def discard_dead_letter(self, info: Info, id: DeadLetterId) -> DeadLetterResult:
        discarded = await dead_letters.discard_dead_letter(info.context.actor, decode("rct", id))
        return await info.context.reads.reload(DeadLetterType, discarded)
