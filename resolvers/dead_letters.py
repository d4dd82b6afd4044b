"""Dead letters: reactions that have failed for good and wait for somebody's decision."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.actors import Actor
from models.database import Database, Fetch, Row
from models.errors import AlreadyDecided
from models.log import Reaction, ReactionStatus
from models.reaction_events import DeadLetterDiscarded, DeadLetterRetried
from models.writer import Write, organization_write
from resolvers.access import access, operation


@operation
async def retry_dead_letter(actor: Actor, reaction_id: UUID | None) -> UUID:
    """Have a dead reaction tried again, as often as a new one would be."""
    async with organization_write(actor) as write:
        dead = await _dead(write, reaction_id)
        write.update(
            dead,
            status=ReactionStatus.DUE,
            due_at=write.now,
            waits=False,
            excused=dead.attempts,
            finished_at=None,
        )
        write.record(DeadLetterRetried(dead.id))
    return dead.id


@operation
async def discard_dead_letter(actor: Actor, reaction_id: UUID | None) -> UUID:
    """Let a dead reaction be. Its row goes the way of those that are done."""
    async with organization_write(actor) as write:
        dead = await _dead(write, reaction_id)
        write.update(dead, status=ReactionStatus.DONE, finished_at=write.now)
        write.record(DeadLetterDiscarded(dead.id))
    return dead.id


async def _dead(write: Write, reaction_id: UUID | None) -> Reaction:
    reaction = await access(write, Reaction, reaction_id, ["id"])
    if reaction.status is not ReactionStatus.DEAD:
        raise AlreadyDecided("This is no dead letter any more: it was tried again, or let be.")
    return reaction


async def tickets_of_events(_actor: Actor, fetch: Fetch, event_ids: Sequence[UUID]) -> list[UUID | None]:
    """The ticket that each of these events is about, in their order."""
    rows = await fetch("SELECT id, ticket_id FROM support_event WHERE id = ANY($1)", [*event_ids])
    found = {row["id"]: row["ticket_id"] for row in rows}
    return [found.get(event_id) for event_id in event_ids]


async def dead_letters(database: Database, organization_id: UUID | None = None) -> list[Row]:
    """All that are dead, of one organization or of all, the latest first: for the command line."""
    return await database.fetch(
        "SELECT r.id, r.organization_id, o.slug, r.name, r.event_id, r.attempts, r.finished_at, r.error"
        " FROM support_reaction r JOIN support_organization o ON o.id = r.organization_id"
        " WHERE r.status = 'dead' AND ($1::uuid IS NULL OR r.organization_id = $1) ORDER BY r.finished_at DESC, r.id",
        organization_id,
    )
