"""When tokens and sessions were last used: noted in memory, written together once a minute."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor
from models.database import Database
from models.outages import OUTAGES
from resolvers.sessions import SESSION_LIFE, forget_expired_sessions
from resolvers.throttle import forget_old_tries

log = logging.getLogger(__name__)

PERIOD = timedelta(minutes=1)

# Rows that another process is writing are left to it, so that the two never wait for each other.
_TOKENS = """
UPDATE support_api_token token SET last_used_at = used.at FROM unnest($1::uuid[], $2::timestamptz[]) AS used(id, at)
WHERE token.id = used.id AND token.id IN (
  SELECT id FROM support_api_token WHERE id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)
  AND (token.last_used_at IS NULL OR token.last_used_at <= used.at - $3::interval)
"""
_SESSIONS = """
UPDATE support_session session SET last_used_at = used.at, expires_at = used.at + $4::interval
FROM unnest($1::uuid[], $2::timestamptz[]) AS used(id, at)
WHERE session.id = used.id AND session.id IN (
  SELECT id FROM support_session WHERE id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)
  AND session.last_used_at <= used.at - $3::interval
"""


class LastUses:
    """Keeps requests from waiting for a write that nobody reads soon."""

    def __init__(self) -> None:
        self._tokens: dict[UUID, datetime] = {}
        self._sessions: dict[UUID, datetime] = {}

    def note(self, actor: Actor) -> None:
        """The actor has just come in."""
        if actor.token_id:
            self._tokens[actor.token_id] = actor.database.now()
        if actor.session_id:
            self._sessions[actor.session_id] = actor.database.now()

    async def write(self, database: Database) -> None:
        """Write what has been noted since the last time, and put off the end of the sessions."""
        tokens, self._tokens = self._tokens, {}
        sessions, self._sessions = self._sessions, {}
        if tokens:
            await database.execute(_TOKENS, list(tokens), list(tokens.values()), PERIOD)
        if sessions:
            await database.execute(_SESSIONS, list(sessions), list(sessions.values()), PERIOD, SESSION_LIFE)

    async def keep_writing(self, database: Database) -> None:
        """Write once a minute, and remove what has expired; for as long as the process lives."""
        while True:
            await asyncio.sleep(PERIOD.total_seconds())
            try:
                await self.write(database)
                await forget_expired_sessions(database)
                await forget_old_tries(database)
            except OUTAGES as error:
                # Nobody is shut out for it: the next minute's uses are as good.
                log.warning("Last uses could not be written: %r", error)
