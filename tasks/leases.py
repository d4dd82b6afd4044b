"""Who may run a reaction, for how long, and what becomes of it: claims, their settlement, the delay before a retry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.database import Database
from models.log import ReactionStatus
from models.recorded import RecordedEvent

ERROR_LIMIT = 500
SOONEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a claim lasts, how often a reaction is tried, and how long it rests after a failure."""

    lease: timedelta = timedelta(minutes=5)
    attempts: int = 8
    first_delay: timedelta = timedelta(seconds=2)
    growth: float = 4.0
    longest_delay: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a reaction. `attempt` only ever grows, which tells a claim from those before and after it."""

    reaction_id: UUID
    name: str
    attempt: int


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """The event that a claimed reaction follows, until when the claim is good, and which try this is that counts."""

    event: RecordedEvent
    leased_until: datetime
    tries: int


class Refused(Exception):
    """Raised by a reaction that would fail the same way each time: it is dead at once. The sentence says why."""


def retry_delay(terms: Terms, attempt: int, chance: float) -> timedelta:
    """How long to rest after the attempt failed. `chance`, from 0 to 1, takes off up to a half: failures that came
    together should not come back together."""
    growth: float = terms.growth ** min(attempt - 1, 64)
    seconds = min(terms.first_delay.total_seconds() * growth, terms.longest_delay.total_seconds())
    return timedelta(seconds=seconds * (1 - chance / 2))


# A lease that ran out counts as a failure, and after the last attempt it is the end: a reaction that kills its worker
# would kill every worker. One that was given back (no lease) may always be tried again.
_CLAIM = """
WITH candidate AS (
    SELECT id, leased_until IS NOT NULL AND attempts - excused >= $3 AS spent
    FROM support_reaction
    WHERE status = 'due' AND due_at <= $1::timestamptz AND (leased_until IS NULL OR leased_until <= $1)
        AND name = ANY($4)
    ORDER BY due_at, id LIMIT $5
    FOR UPDATE SKIP LOCKED
)
UPDATE support_reaction r SET
    status = CASE WHEN spent THEN 'dead' ELSE 'due' END,
    attempts = CASE WHEN spent THEN attempts ELSE attempts + 1 END,
    leased_until = CASE WHEN spent THEN NULL ELSE $2::timestamptz END,
    error = CASE WHEN spent THEN 'No worker came back from the last attempt.' ELSE error END,
    finished_at = CASE WHEN spent THEN $1::timestamptz END
FROM candidate WHERE r.id = candidate.id
RETURNING r.id, r.name, r.attempts, r.due_at, spent
"""


async def claim_due(database: Database, terms: Terms, names: Collection[str], most: int) -> tuple[list[Claim], int]:
    """Lease up to `most` due reactions of these names, oldest first; also how many were found dead instead."""
    now = database.now()
    rows = await database.fetch(_CLAIM, now, now + terms.lease, terms.attempts, list(names), most)
    rows.sort(key=lambda row: (row["due_at"], row["id"]))
    claims = [Claim(row["id"], row["name"], row["attempts"]) for row in rows if not row["spent"]]
    return claims, len(rows) - len(claims)


async def held_event(database: Database, claim: Claim) -> HeldEvent | None:
    """What the claim is about; None where its time is over or somebody else holds the lease by now."""
    row = await database.fetchrow(
        "SELECT e.*, r.leased_until, r.attempts - r.excused AS tries"
        " FROM support_reaction r JOIN support_event e ON e.id = r.event_id"
        " WHERE r.id = $1 AND r.attempts = $2 AND r.status = 'due' AND r.leased_until > $3",
        claim.reaction_id,
        claim.attempt,
        database.now(),
    )
    return HeldEvent(RecordedEvent.from_row(dict(row)), row["leased_until"], row["tries"]) if row else None


async def finish(database: Database, claim: Claim) -> bool:
    """Mark the reaction done; False where the lease went to somebody else."""
    return await _settle(database, claim, ReactionStatus.DONE, None)


async def fail(database: Database, claim: Claim, delay: timedelta, error: str) -> bool:
    """Have the reaction tried again after a rest; False where the lease went to somebody else."""
    return await _settle(database, claim, ReactionStatus.DUE, error, due_at=database.now() + delay)


async def put_off(database: Database, claim: Claim, until: datetime) -> bool:
    """Have the reaction run again then, as if it had not been tried; False where the lease went to somebody else."""
    # One that always says "now" must not spin.
    due_at = max(until, database.now() + SOONEST)
    return await _settle(database, claim, ReactionStatus.DUE, None, due_at=due_at, excused=True)


async def bury(database: Database, claim: Claim, error: str) -> bool:
    """Mark the reaction dead: it waits for somebody. False where the lease went to somebody else."""
    return await _settle(database, claim, ReactionStatus.DEAD, error)


async def release(database: Database, claim: Claim) -> bool:
    """Give the lease back unused: whoever claims next may run the reaction at once."""
    return await _settle(database, claim, ReactionStatus.DUE, "Interrupted: its worker was stopped.", excused=True)


_SETTLE = """
UPDATE support_reaction SET
    status = $3::varchar, error = $4, due_at = coalesce($5::timestamptz, due_at), excused = excused + $6::int,
    finished_at = CASE WHEN $3 <> 'due' THEN $7::timestamptz END, leased_until = NULL
WHERE id = $1 AND attempts = $2 AND status = 'due' AND leased_until IS NOT NULL RETURNING id
"""


async def _settle(
    database: Database,
    claim: Claim,
    status: ReactionStatus,
    error: str | None,
    *,
    due_at: datetime | None = None,
    excused: bool = False,
) -> bool:
    kept = error and _storable(error)
    settled = await database.fetchval(
        _SETTLE, claim.reaction_id, claim.attempt, status, kept, due_at, int(excused), database.now()
    )
    return settled is not None


def _storable(error: str) -> str:
    # PostgreSQL takes neither NUL nor lone surrogates, and any text may stand in an exception.
    return error.encode(errors="backslashreplace").decode().replace("\x00", "")[:ERROR_LIMIT]
