"""Signposts to resolvers/canned_responses.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, encode
from graphql_api.mutations.shared import DeletedResult, given, given_value
from graphql_api.types.canned_responses import CannedResponseType
from graphql_api.types.content_inputs import CreateCannedResponseInput, UpdateCannedResponseInput
from graphql_api.types.problem import DeletedType, ProblemType
from resolvers import canned_responses

CannedResponseResult = Annotated[
    CannedResponseType | ProblemType,
    strawberry.union("CannedResponseResult", description="The canned response after the change, or a Problem."),
]


@strawberry.type
class CannedResponseMutations:
    """What agents do with the answers that they share."""

    @strawberry.mutation(description="Create a canned response for all agents. Send it with `addMessage`.")
    async def create_canned_response(
        self,
        info: Info,
        input: Annotated[CreateCannedResponseInput, strawberry.argument(description="The new canned response.")],
    ) -> CannedResponseResult:
        made = await canned_responses.create_canned_response(
            info.context.actor, input.title, input.shortcut, input.body, input.folder
        )
        return await info.context.reads.reload(CannedResponseType, made)

    @strawberry.mutation(description="Change a canned response. Messages sent with it stay as they are.")
    async def update_canned_response(
        self,
        info: Info,
        input: Annotated[UpdateCannedResponseInput, strawberry.argument(description="What to change.")],
    ) -> CannedResponseResult:
        title, shortcut = given_value(input.title, "title"), given_value(input.shortcut, "shortcut")
        body, folder = given_value(input.body, "body"), given(input.folder)
        wanted = canned_responses.CannedResponseChanges(title=title, shortcut=shortcut, body=body, folder=folder)
        changed = await canned_responses.update_canned_response(
            info.context.actor, decode("can", input.canned_response_id), wanted, input.expected_version
        )
        return await info.context.reads.reload(CannedResponseType, changed)

    @strawberry.mutation(description="Delete a canned response. Messages sent with it stay and no longer refer to it.")
    async def delete_canned_response(
        self,
        info: Info,
        canned_response_id: Annotated[strawberry.ID, strawberry.argument(description="The canned response.")],
    ) -> DeletedResult:
        gone = await canned_responses.delete_canned_response(info.context.actor, decode("can", canned_response_id))
        return DeletedType(id=strawberry.ID(encode("can", gone)))
