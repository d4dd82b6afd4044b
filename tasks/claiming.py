"""Whose turn it is: claims due reactions lane by lane, and within a lane in turns of organizations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from models.database import Database
from models.log import Lane
from tasks.leases import FOLLOW_DEATH, Claim, Follower, Terms

# The id before all others: who has had no turn begins there.
NOBODY = UUID(int=0)
_EVERYBODY = UUID(int=2**128 - 1)
# How many rests and leases that are over are looked at in one go.
WAKING = 1_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed reaction, and the lane and organization whose turn it was."""

    claim: Claim
    lane: Lane
    organization_id: UUID


class Turns:
    """Claims what is due of these reactions. It knows whose turn was last; others that claim at once know of theirs."""

    def __init__(self, database: Database, terms: Terms, reactions: Mapping[str, Follower | None]) -> None:
        """`reactions` are the names to be claimed, each with what follows its death."""
        self._database = database
        self._terms = terms
        self._names = sorted(reactions)
        self._followers = {name: follower for name, follower in reactions.items() if follower}
        self._last = dict.fromkeys(Lane, NOBODY)

    async def wake(self) -> None:
        """Have those claimable whose rest is over. After a lost lease there is a rest first, as after a failure.

        Whatever killed a worker may kill more of them, and takes with it all that runs beside it: whoever came back at
        once would be dead after some minutes of that, through no fault of its own.
        """
        terms = self._terms
        rest = (terms.first_delay.total_seconds(), terms.growth, terms.longest_delay.total_seconds())
        while await self._database.fetchval(_WAKE, self._database.now(), WAKING, terms.attempts, *rest) == WAKING:
            continue

    async def claim(self, rooms: Mapping[Lane, int]) -> tuple[list[Turn], int]:
        """Lease at most so many of each lane; also how many were found dead instead.

        Each organization that has something due gets one before any gets a second, beginning after the one whose turn
        was last; its own come oldest first.
        """
        now = self._database.now()
        async with self._database.transaction() as connection:
            await connection.execute(ONE_PLAN)
            rows = await connection.fetch(
                CLAIM,
                [*rooms],
                [self._last[lane] for lane in rooms],
                [*rooms.values()],
                self._names,
                now,
                now + self._terms.lease,
                self._terms.attempts,
                [*self._followers],
                [follower.name for follower in self._followers.values()],
                [follower.lane for follower in self._followers.values()],
            )
        rows.sort(key=lambda row: row["place"])
        for row in rows:
            self._last[Lane(row["lane"])] = row["organization_id"]
        claimed = [row for row in rows if not row["spent"]]
        turns = [
            Turn(Claim(row["id"], row["name"], row["attempts"]), Lane(row["lane"]), row["organization_id"])
            for row in claimed
        ]
        return turns, len(rows) - len(turns)


_WAKE = """
WITH over AS (
    SELECT id, leased_until IS NOT NULL AND begun AND attempts - excused < $3 AS lost FROM support_reaction
    WHERE status = 'due' AND waits AND coalesce(leased_until, due_at) <= $1
    ORDER BY coalesce(leased_until, due_at) LIMIT $2
    FOR UPDATE SKIP LOCKED
), woken AS (
    UPDATE support_reaction r SET
        waits = lost,
        due_at = CASE WHEN lost THEN $1 + interval '1 second' * (1 - random() / 2) * least(
            $4::float8 * $5::float8 ^ (attempts - excused - 1), $6::float8) ELSE due_at END,
        leased_until = CASE WHEN NOT lost THEN leased_until END,
        error = CASE WHEN lost THEN 'No worker came back.' ELSE error END
    FROM over WHERE r.id = over.id
    RETURNING r.id
)
SELECT count(*) FROM woken
"""

# Most of the time next to nothing is due, and PostgreSQL's statistics say so. By them it would read all that is due and
# sort it, for each organization and candidate: a hundred times as long as a claim takes when much is due all at once.
# Hence it is left one plan, which is good however much is due, and which it need not make anew each time.
ONE_PLAN = (
    "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off;"
    " SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
)

# Hops from organization to organization through the index by turn, never past more than there is room for, and reads
# of each no more than a few times its share: enough to fill the room where others are claiming the same. Those are
# locked in their order until the room is full.
#
# A lease that was lost counts as a failure, and after the last attempt it is the end: a reaction that kills its worker
# would kill every worker. One that never began, or was given back (no lease), may always be tried again.
#
# Before this release rows did not wait: hence the due time and the lease are asked for, too. Names that only another
# release knows are walked past.
#
# Rows are compared as wholes, and due times as what no index has: that leaves none to choose but the one by turn.
_CLAIMABLE = """q.status = 'due' AND NOT q.waits AND q.name = ANY($4) AND q.due_at + interval '0' <= $5
    AND (q.leased_until IS NULL OR q.leased_until <= $5)"""
# Of candidates the same is asked as no index of due rows has it: they are found by their ids, however few rows were due
# when PostgreSQL last counted them.
_STILL_CLAIMABLE = _CLAIMABLE.replace("q.status", "coalesce(q.status, '')").replace(
    "NOT q.waits", "NOT coalesce(q.waits, TRUE)"
)
CLAIM = f"""
WITH candidate AS MATERIALIZED (
    SELECT r.id, wanted.lane, wanted.room,
        row_number() OVER (PARTITION BY wanted.lane ORDER BY r.nth, turn.lap, turn.organization_id) AS place
    FROM unnest($1::text[], $2::uuid[], $3::int[]) AS wanted(lane, last, room)
    CROSS JOIN LATERAL (
        SELECT lap, organization_id, count(*) OVER () AS organizations FROM (
            SELECT lap, organization_id FROM (
                VALUES (1, wanted.last, '{_EVERYBODY}'::uuid), (2, '{NOBODY}'::uuid, wanted.last)
            ) AS stretch(lap, after, upto)
            CROSS JOIN LATERAL (
                WITH RECURSIVE hop(organization_id) AS (
                    SELECT stretch.after
                    UNION ALL
                    SELECT (
                        SELECT q.organization_id FROM support_reaction q
                        WHERE {_CLAIMABLE}
                            AND (q.lane, q.organization_id) > (wanted.lane, hop.organization_id)
                            AND (q.lane, q.organization_id) <= (wanted.lane, stretch.upto)
                        ORDER BY q.lane, q.organization_id LIMIT 1
                    ) FROM hop WHERE hop.organization_id IS NOT NULL
                )
                SELECT organization_id FROM hop OFFSET 1 LIMIT wanted.room
            ) AS found
            WHERE organization_id IS NOT NULL
            ORDER BY lap, organization_id LIMIT wanted.room
        ) AS next
    ) AS turn
    CROSS JOIN LATERAL (
        SELECT q.id, row_number() OVER (ORDER BY q.lane, q.organization_id, q.due_at, q.id) AS nth
        FROM support_reaction q
        WHERE {_CLAIMABLE} AND (q.lane, q.organization_id) >= (wanted.lane, turn.organization_id)
            AND (q.lane, q.organization_id, q.due_at) <= (wanted.lane, turn.organization_id, $5)
        ORDER BY q.lane, q.organization_id, q.due_at, q.id
        LIMIT greatest(wanted.room - turn.organizations + 1, 4 * wanted.room / turn.organizations)
    ) AS r
), free AS (
    SELECT locked.* FROM unnest($1::text[], $3::int[]) AS wanted(lane, room)
    CROSS JOIN LATERAL (
        SELECT q.id, candidate.place, q.leased_until IS NOT NULL AND q.begun AND q.attempts - q.excused >= $7 AS spent
        FROM candidate JOIN support_reaction q ON q.id = candidate.id
        WHERE candidate.lane = wanted.lane AND {_STILL_CLAIMABLE}
        ORDER BY candidate.place LIMIT wanted.room
        FOR UPDATE OF q SKIP LOCKED
    ) AS locked
), claimed AS (
    UPDATE support_reaction r SET
        status = CASE WHEN spent THEN 'dead' ELSE 'due' END,
        attempts = CASE WHEN spent THEN attempts ELSE attempts + 1 END,
        excused = excused + (NOT spent AND leased_until IS NOT NULL AND NOT begun)::int,
        begun = FALSE,
        waits = NOT spent,
        leased_until = CASE WHEN NOT spent THEN $6::timestamptz END,
        error = CASE WHEN spent THEN 'No worker came back from the last attempt.' ELSE error END,
        finished_at = CASE WHEN spent THEN $5::timestamptz END
    FROM free WHERE r.id = free.id
    RETURNING r.id, r.organization_id, r.event_id, r.name, r.lane, r.status, r.attempts, free.place, spent
), followed AS (
    {
    FOLLOW_DEATH.format(now="$5::timestamptz", dead="claimed", followers="unnest($8::text[], $9::text[], $10::text[])")
}
)
SELECT id, organization_id, name, lane, attempts, place, spent FROM claimed
"""
