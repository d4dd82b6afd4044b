"""Signposts to resolvers/tokens.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.mutations.shared import ApiTokenCreatedResult, ApiTokenResult
from graphql_api.types.credentials import ApiTokenCreatedType, ApiTokenType
from graphql_api.types.inputs import ApiTokenInput
from resolvers import tokens


@strawberry.type
class CredentialMutations:
    """What lets people and programs in."""

    @strawberry.mutation(
        description="Make a token for a program that acts as you. Its text is in the answer and nowhere else."
    )
    async def create_api_token(
        self, info: Info, input: Annotated[ApiTokenInput, strawberry.argument(description="The token to be.")]
    ) -> ApiTokenCreatedResult:
        actor = info.context.actor
        token_id, text = await tokens.create_api_token(actor, input.name, input.role, input.expires_at)
        return ApiTokenCreatedType(api_token=await info.context.reads.reload(ApiTokenType, token_id), token=text)

    @strawberry.mutation(
        description="End a token: one of yours or, for admins, anybody's. It opens nothing from the next request on."
    )
    async def revoke_api_token(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The token.")]
    ) -> ApiTokenResult:
        revoked = await tokens.revoke_api_token(info.context.actor, decode("tok", id))
        return await info.context.reads.reload(ApiTokenType, revoked)
