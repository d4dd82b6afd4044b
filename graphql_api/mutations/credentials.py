"""Signposts to resolvers/sessions.py, resolvers/invitations.py and resolvers/tokens.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from graphql_api.context import Context, Info
from graphql_api.ids import decode
from graphql_api.transport.addresses import address_of
from graphql_api.transport.cookies import no_cookie, require_cookies, session_cookie
from graphql_api.types.credentials import ApiTokenCreatedType, ApiTokenType, SessionType, SignedOutType
from graphql_api.types.inputs import ApiTokenInput
from graphql_api.types.organizations import OrganizationType, UserType
from graphql_api.types.problem import ProblemType
from models.errors import NotFound
from resolvers import invitations, sessions, tokens

SessionResult = Annotated[
    SessionType | ProblemType, strawberry.union("SessionResult", description="Your session, or a Problem.")
]
SignedOutResult = Annotated[
    SignedOutType | ProblemType,
    strawberry.union("SignedOutResult", description="When the session ended, or a Problem."),
]
ApiTokenResult = Annotated[
    ApiTokenType | ProblemType,
    strawberry.union("ApiTokenResult", description="The token after the change, or a Problem."),
]
ApiTokenCreatedResult = Annotated[
    ApiTokenCreatedType | ProblemType,
    strawberry.union("ApiTokenCreatedResult", description="The new token with its text, or a Problem."),
]


async def _begun(context: Context, begun: sessions.Begun) -> SessionType:
    """Go on as whoever has signed in, and give them their cookie; of two in one request the last one counts."""
    actor = begun.actor
    context.become(actor)
    context.sender = replace(context.sender, cookie=begun.cookie)
    context.add_header(*session_cookie(context.sender, begun.cookie))
    user = await context.reads.one(UserType, actor.user_id)
    organization = await context.reads.one(OrganizationType, actor.organization_id)
    if user is None or organization is None or actor.expires_at is None:
        raise NotFound("user")
    return SessionType(user=user, organization=organization, expires_at=actor.expires_at)


@strawberry.type
class CredentialMutations:
    """What lets people and programs in."""

    @strawberry.mutation(
        description="Sign in: the answer sets the cookie `helpdesk_session`. Ten tries a minute per network "
        "address and per account, failed or not. Needs no credentials; only over HTTP."
    )
    async def sign_in(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's e-mail address.")],
        password: Annotated[str, strawberry.argument(description="Its password.")],
        organization: Annotated[
            str | None, strawberry.argument(description="The organization's slug, for people who belong to several.")
        ] = None,
    ) -> SessionResult:
        sender, services = info.context.sender, info.context.services
        require_cookies(sender)
        address = address_of(sender, services.settings.trusted_proxies)
        attempt = sessions.Attempt(email, password, address, organization, sender.cookie)
        return await _begun(info.context, await sessions.sign_in(services.database, services.passwords, attempt))

    @strawberry.mutation(
        description="Accept an invitation: choose a password, join, and sign in as `signIn` does. People who "
        "already have a password here must give that one. Needs no credentials; only over HTTP."
    )
    async def accept_invitation(
        self,
        info: Info,
        token: Annotated[str, strawberry.argument(description="The invitation's token: `hi_...`.")],
        password: Annotated[str, strawberry.argument(description="12 to 128 characters; any will do.")],
    ) -> SessionResult:
        sender, services = info.context.sender, info.context.services
        require_cookies(sender)
        address = address_of(sender, services.settings.trusted_proxies)
        wanted = invitations.Acceptance(token, password, address, sender.cookie)
        begun = await invitations.accept_invitation(services.database, services.passwords, wanted)
        return await _begun(info.context, begun)

    @strawberry.mutation(description="Sign out: end your session and remove its cookie. Only over HTTP.")
    async def sign_out(self, info: Info) -> SignedOutResult:
        context = info.context
        require_cookies(context.sender)
        await sessions.sign_out(context.actor)
        context.add_header(*no_cookie(context.sender))
        return SignedOutType(at=context.services.database.now())

    @strawberry.mutation(
        description="Create a token for a program that acts as you. Its text is in the answer and nowhere else."
    )
    async def create_api_token(
        self, info: Info, input: Annotated[ApiTokenInput, strawberry.argument(description="The new token.")]
    ) -> ApiTokenCreatedResult:
        actor = info.context.actor
        token_id, text = await tokens.create_api_token(actor, input.name, input.role, input.expires_at)
        return ApiTokenCreatedType(api_token=await info.context.reads.reload(ApiTokenType, token_id), token=text)

    @strawberry.mutation(
        description="Revoke a token: one of yours or, for admins, anybody's. It is refused from the next request "
        "on. A token can't revoke one that may do more than itself."
    )
    async def revoke_api_token(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The token.")]
    ) -> ApiTokenResult:
        revoked = await tokens.revoke_api_token(info.context.actor, decode("tok", id))
        return await info.context.reads.reload(ApiTokenType, revoked)
