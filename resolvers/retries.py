"""Safe retries: what a mutation did is kept under the key that it was sent with, in the mutation's own transaction."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.database import OneTransaction
from models.errors import Conflict, IdempotencyMismatch, InvalidInput
from models.fields import new_id

KEPT_FOR = timedelta(hours=24)
PATH_LIMIT = 200

_FIND = """SELECT request_hash, result FROM support_idempotency_key
 WHERE caller_id = $1 AND name = $2 AND path = $3 AND created_at > $4"""
# One key more, at most ten old ones less: the table can't grow for ever, and no request pays for all the others. An old
# one of the same name is replaced, not removed: parts of a statement see none of each other's changes.
_KEEP = """WITH outlived AS (
  DELETE FROM support_idempotency_key WHERE id IN (
    SELECT id FROM support_idempotency_key WHERE created_at <= $4 AND (caller_id, name, path) <> ($1, $2, $3)
    ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))
INSERT INTO support_idempotency_key AS kept
 (caller_id, name, path, id, organization_id, request_hash, result, created_at) VALUES ($1, $2, $3, $5, $6, $7, $8, $9)
ON CONFLICT (caller_id, name, path) DO UPDATE
 SET request_hash = excluded.request_hash, result = excluded.result, created_at = excluded.created_at"""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The name that a caller gave to a request, and what tells this request from others."""

    name: str
    request_hash: bytes


class Attempt:
    """One try to carry out one field of a keyed request. `actor` acts inside its transaction.

    `kept` is what an earlier try has left, None where there was none.
    """

    def __init__(self, actor: Actor, key: RequestKey, path: str, whole: OneTransaction) -> None:
        self.actor = replace(actor, database=whole)
        self.kept: Any = None
        self._database = whole
        self._request_hash = key.request_hash
        self._name = (_caller(actor), key.name, path)

    async def begin(self) -> None:
        """Find out whether this was done before; raises Conflict while it is being done."""
        # A lock of the transaction, so it also holds where a pooler lends connections a transaction at a time. Looked
        # up by a statement of its own: one that waited for the lock would still see what was there before.
        if not await self._database.fetchval("SELECT pg_try_advisory_xact_lock($1)", _lock_number(self._name)):
            raise Conflict("The same request is being carried out. Ask again when it is done.")
        found = await self._database.fetchrow(_FIND, *self._name, self._database.now() - KEPT_FOR)
        if found and found["request_hash"] != self._request_hash:
            raise IdempotencyMismatch("This idempotency key came with another request before. Take a new key.")
        self.kept = found and found["result"]

    async def keep(self, result: Any) -> None:
        """Store what was done; it is committed together with it."""
        now = self._database.now()
        row = (new_id(), self.actor.organization_id, self._request_hash, result, now)
        await self._database.execute(_KEEP, *self._name, now - KEPT_FOR, *row)


@asynccontextmanager
async def attempt(actor: Actor, key: RequestKey, path: str) -> AsyncIterator[Attempt]:
    """One transaction for the lock, the mutation and the key. What is raised in it leaves no trace: retry at will."""
    if len(path) > PATH_LIMIT:
        raise InvalidInput(f"With an idempotency key an alias has at most {PATH_LIMIT} characters.")
    async with OneTransaction.of(actor.database) as whole:
        made = Attempt(actor, key, path, whole)
        await made.begin()
        yield made


def _caller(actor: Actor) -> UUID:
    caller = actor.token_id or actor.session_id or actor.user_id
    if caller is None:
        raise LookupError("an idempotency key needs somebody who sent it")
    return caller


def _lock_number(name: tuple[object, ...]) -> int:
    """A number that two different names have in common once in 2^64."""
    return int.from_bytes(hashlib.sha256("\n".join(map(str, name)).encode()).digest()[:8], signed=True)
