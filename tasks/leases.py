"""Who may run a reaction, for how long, and what becomes of it: leases, their settlement, the delay before a retry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.database import Database
from models.log import Lane, ReactionStatus
from models.recorded import RecordedEvent

ERROR_LIMIT = 500
SOONEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lease lasts without being renewed and a reaction in all, how often a reaction is tried, and how long
    it rests after a failure.

    Rests double, so that after an outage none is much longer than the outage was.
    """

    lease: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=5)
    attempts: int = 13
    first_delay: timedelta = timedelta(seconds=2)
    growth: float = 2.0
    longest_delay: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a reaction. `attempt` only ever grows, which tells a claim from those before and after it."""

    reaction_id: UUID
    name: str
    attempt: int


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """The event that a reaction follows whose run has begun, and which try this is, of those that count."""

    event: RecordedEvent
    tries: int


@dataclass(frozen=True, slots=True)
class Follower:
    """What follows the death of a reaction: a reaction to the same event."""

    name: str
    lane: Lane


class Refused(Exception):
    """Raised by a reaction that would fail the same way each time: it is dead at once. The sentence says why."""


def retry_delay(terms: Terms, attempt: int, chance: float) -> timedelta:
    """How long to rest after the attempt failed. `chance`, from 0 to 1, takes off up to a half: failures that came
    together should not come back together."""
    growth: float = terms.growth ** min(attempt - 1, 64)
    seconds = min(terms.first_delay.total_seconds() * growth, terms.longest_delay.total_seconds())
    return timedelta(seconds=seconds * (1 - chance / 2))


async def begin(database: Database, claim: Claim, terms: Terms) -> HeldEvent | None:
    """Begin a claimed reaction's run, with a whole lease: once for a claim, whatever carried it and how often.

    None where the claim is not good any more.
    """
    now = database.now()
    row = await database.fetchrow(_BEGIN, claim.reaction_id, claim.attempt, now, now + terms.lease)
    return HeldEvent(RecordedEvent.from_row(dict(row)), row["tries"]) if row else None


_BEGIN = """
UPDATE support_reaction r SET begun = TRUE, leased_until = $4
FROM support_event e
WHERE r.id = $1 AND r.attempts = $2 AND r.status = 'due' AND r.leased_until > $3 AND NOT r.begun AND e.id = r.event_id
RETURNING e.*, r.attempts - r.excused AS tries
"""


async def renew(database: Database, claims: Sequence[Claim], terms: Terms) -> set[Claim]:
    """Have leases last on; those that did. The others' are over."""
    now = database.now()
    rows = await database.fetch(
        "UPDATE support_reaction r SET leased_until = $4 FROM unnest($1::uuid[], $2::int[]) AS held(id, attempt)"
        " WHERE r.id = held.id AND r.attempts = held.attempt AND r.status = 'due' AND r.leased_until > $3"
        " RETURNING r.id, r.attempts",
        [claim.reaction_id for claim in claims],
        [claim.attempt for claim in claims],
        now,
        now + terms.lease,
    )
    renewed = {(row["id"], row["attempts"]) for row in rows}
    return {claim for claim in claims if (claim.reaction_id, claim.attempt) in renewed}


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


async def bury(database: Database, claim: Claim, error: str, follower: Follower | None = None) -> bool:
    """Mark the reaction dead: it waits for somebody, and what follows its death is planned with it.

    False where the lease went to somebody else.
    """
    return await _settle(database, claim, ReactionStatus.DEAD, error, follower=follower)


async def release(database: Database, claim: Claim) -> bool:
    """Give the lease back unused: whoever claims next may run the reaction at once."""
    return await _settle(database, claim, ReactionStatus.DUE, "Interrupted: its worker was stopped.", excused=True)


# A reaction may die again, after somebody had it tried again: what follows its death then follows anew.
FOLLOW_DEATH = """
INSERT INTO support_reaction (id, organization_id, event_id, name, lane, status, attempts, due_at, created_at)
SELECT gen_random_uuid(), dead.organization_id, dead.event_id, follower.follower, follower.lane, 'due', 0, {now}, {now}
FROM {dead} AS dead JOIN {followers} AS follower(name, follower, lane) ON follower.name = dead.name
WHERE dead.status = 'dead'
ON CONFLICT (event_id, name) DO UPDATE SET
    status = 'due', due_at = {now}, waits = FALSE, leased_until = NULL, excused = support_reaction.attempts,
    error = NULL, finished_at = NULL
"""

_SETTLE = f"""
WITH settled AS (
    UPDATE support_reaction SET
        status = $3::varchar, error = $4, due_at = coalesce($5::timestamptz, due_at), excused = excused + $6::int,
        waits = $5::timestamptz IS NOT NULL, finished_at = CASE WHEN $3::varchar <> 'due' THEN $7::timestamptz END,
        leased_until = NULL
    WHERE id = $1 AND attempts = $2 AND status = 'due' AND leased_until IS NOT NULL
    RETURNING id, organization_id, event_id, name, status
), followed AS (
    {
    FOLLOW_DEATH.format(
        now="$7::timestamptz",
        dead="settled",
        followers="(SELECT $8::text, $9::text, $10::text WHERE $9 IS NOT NULL)",
    )
}
)
SELECT id FROM settled
"""


async def _settle(
    database: Database,
    claim: Claim,
    status: ReactionStatus,
    error: str | None,
    *,
    due_at: datetime | None = None,
    excused: bool = False,
    follower: Follower | None = None,
) -> bool:
    settled = await database.fetchval(
        _SETTLE,
        claim.reaction_id,
        claim.attempt,
        status,
        error and _storable(error),
        due_at,
        int(excused),
        database.now(),
        claim.name,
        follower and follower.name,
        follower and follower.lane,
    )
    return settled is not None


def _storable(error: str) -> str:
    # PostgreSQL takes neither NUL nor lone surrogates, and any text may stand in an exception.
    return error.encode(errors="backslashreplace").decode().replace("\x00", "")[:ERROR_LIMIT]
