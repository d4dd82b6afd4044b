"""How often somebody may try to get in, or act by a link: counted in the database, so that processes count together."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from math import ceil

from models.database import Database
from models.errors import RateLimited
from models.links import Link
from models.writer import Write

TRIES = 10
WINDOW = timedelta(minutes=1)

_TO_GET_IN = "Too many tries to get in."
_BY_LINK = "Too much at once by this link."

# A window begins with its first try and ends a minute later, however often somebody tries meanwhile: nobody can keep
# another's account shut for longer than that by being refused.
_COUNT = """
INSERT INTO support_sign_in_throttle AS counted (id, since, tries) VALUES ($1, $2, 1)
ON CONFLICT (id) DO UPDATE SET
  tries = CASE WHEN counted.since <= $3 THEN 1 ELSE least(counted.tries + 1, $4) END,
  since = CASE WHEN counted.since <= $3 THEN $2 ELSE counted.since END
RETURNING since, tries
"""
_FORGET = """
DELETE FROM support_sign_in_throttle WHERE id IN (
  SELECT id FROM support_sign_in_throttle WHERE since <= $1 ORDER BY since LIMIT 10000 FOR UPDATE SKIP LOCKED)
"""


async def count_address(database: Database, address: str) -> None:
    """Count a try from an address; raises RateLimited for those beyond ten a minute, failed or not."""
    await _count(database, f"address {address}", _TO_GET_IN)


async def count_account(database: Database, email: str) -> None:
    """Count a try at an account, whether there is one or not; raises RateLimited for those beyond ten a minute.

    To be counted after the address, so that one address alone can't use up an account's tries for long.
    """
    await _count(database, _account(email), _TO_GET_IN)


async def count_link(database: Database, link: Link) -> None:
    """Count what somebody does by a link about a ticket; raises RateLimited beyond ten times a minute.

    A link that was made up must be refused before: each that is counted is a row.
    """
    await _count(database, f"link {link.purpose} {link.ids}", _BY_LINK)


async def _count(database: Database, key: str, refusal: str) -> None:
    now = database.now()
    row = await database.fetchrow(_COUNT, _hashed(key), now, now - WINDOW, TRIES + 1)
    if row is None:
        raise LookupError("an upsert returns its row")
    if row["tries"] > TRIES:
        seconds = max(1, ceil((row["since"] + WINDOW - now).total_seconds()))
        raise RateLimited(f"{refusal} Try again in {seconds} seconds.", seconds)


def _account(email: str) -> str:
    return f"account {email}"


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


async def forget_account(write: Write, email: str) -> None:
    """Remove what tells that somebody tried to get in with this address."""
    await write.connection.execute("DELETE FROM support_sign_in_throttle WHERE id = $1", _hashed(_account(email)))


async def forget_old_tries(database: Database) -> None:
    """Remove what no longer counts."""
    await database.execute(_FORGET, database.now() - WINDOW)
