"""Credentials to Actor: by a statement, or from memory and then proved by the first statement that reads for them."""

from __future__ import annotations

from graphql_api.recalled import Door, Recalled
from graphql_api.recent import Recent
from graphql_api.requests import Credentials, RequestRefused
from models.actors import Actor
from models.database import Database, Row
from resolvers.last_uses import LastUses
from resolvers.sessions import SIGNED_IN, signed_in
from resolvers.tokens import OWNER, owner, token_hash

CALLERS_REMEMBERED = 10_000
TOKENS, SESSIONS = Door(OWNER, owner), Door(SIGNED_IN, signed_in)


class Callers:
    """Who comes in. What was last found of each is remembered, by the hash of what they showed."""

    def __init__(self, database: Database, last_uses: LastUses) -> None:
        self._database = database
        self._last_uses = last_uses
        self._known: Recent[tuple[Door, bytes], Row] = Recent(CALLERS_REMEMBERED)

    async def authenticate(self, credentials: Credentials) -> Actor | None:
        """The actor that a bearer token or a cookie stands for now; None for no credentials, 401 for a bad token.

        A bad cookie is no credentials: a page can't take it away from its browser, and must still be able to sign in.
        """
        shown = _shown(credentials)
        if shown is None:
            return None
        row = await self.look_up(*shown)
        if row is None:
            if credentials.bearer is not None:
                raise RequestRefused("UNAUTHENTICATED", "This token is unknown, expired or revoked.", 401)
            return None
        actor = shown[0].actor(self._database, row)
        self._last_uses.note(actor)
        return actor

    async def look_up(self, door: Door, hashed: bytes) -> Row | None:
        """What the database has of a token or session; the next request begins with it."""
        row = await self._database.fetchrow(door.statement, hashed, self._database.now())
        if row is None:
            self._known.forget((door, hashed))
        else:
            self._known.keep((door, hashed), row)
        return row

    def recall(self, credentials: Credentials) -> Recalled | None:
        """Whoever the credentials stood for last time. Nothing may be said to them before `Recalled.still_holds`."""
        shown = _shown(credentials)
        row = self._known.get(shown) if shown else None
        return None if shown is None or row is None else Recalled(self._database, self.look_up, shown, row)


def _shown(credentials: Credentials) -> tuple[Door, bytes] | None:
    if credentials.bearer is not None:
        return TOKENS, token_hash(credentials.bearer)
    if credentials.cookie is not None:
        return SESSIONS, token_hash(credentials.cookie)
    return None
