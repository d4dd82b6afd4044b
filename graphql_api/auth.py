"""Credentials to Actor."""

from __future__ import annotations

from graphql_api.requests import Credentials, RequestRefused
from models.actors import Actor
from models.database import Database
from resolvers.tokens import actor_of_token


async def authenticate(database: Database, credentials: Credentials) -> Actor | None:
    """The actor that a bearer token stands for; None for no credentials, 401 for bad ones."""
    if credentials.bearer is None:
        return None
    actor = await actor_of_token(database, credentials.bearer)
    if actor is None:
        raise RequestRefused("UNAUTHENTICATED", "This token is unknown, expired or revoked.", 401)
    return actor
