"""Credentials to Actor."""

from __future__ import annotations

from graphql_api.requests import Credentials, RequestRefused
from models.actors import Actor
from models.database import Database
from resolvers.last_uses import LastUses
from resolvers.sessions import actor_of_session
from resolvers.tokens import actor_of_token


async def authenticate(database: Database, last_uses: LastUses, credentials: Credentials) -> Actor | None:
    """The actor that a bearer token or a cookie stands for; None for no credentials, 401 for a bad token.

    A bad cookie is no credentials: a page can't take it away from its browser, and must still be able to sign in.
    """
    if credentials.bearer is not None:
        actor = await actor_of_token(database, credentials.bearer)
        if actor is None:
            raise RequestRefused("UNAUTHENTICATED", "This token is unknown, expired or revoked.", 401)
    elif credentials.cookie is not None:
        actor = await actor_of_session(database, credentials.cookie)
    else:
        actor = None
    if actor:
        last_uses.note(actor)
    return actor
