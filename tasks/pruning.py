"""Removes the rows of reactions that were done long ago; those that are dead are kept until somebody decides."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from models.database import Database
from models.outages import AWAY

BATCH = 1_000
EVERY = timedelta(hours=1)

_log = logging.getLogger(__name__)


async def keep_pruning(database: Database, kept: timedelta) -> None:
    """Prune every hour, for ever. Any number of processes may: each removes what no other does."""
    while True:
        try:
            await prune(database, kept)
        except AWAY as error:
            _log.warning("Reactions of long ago could not be removed: %r", error)
        await asyncio.sleep(EVERY.total_seconds())


async def prune(database: Database, kept: timedelta) -> int:
    """Remove reactions that were done before so long; how many.

    None is planned anew: up to where an organization's log has been planned is kept apart from them.
    """
    removed = 0
    while batch := await database.fetchval(_PRUNE, database.now() - kept, BATCH):
        removed += batch
    return removed


_PRUNE = """
WITH old AS (
    SELECT id FROM support_reaction WHERE status = 'done' AND finished_at < $1
    ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM support_reaction r USING old WHERE r.id = old.id RETURNING r.id
)
SELECT count(*) FROM removed
"""
