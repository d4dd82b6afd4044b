"""What customers say of how their tickets were resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.actors import Actor, ActorKind
from models.database import Row
from models.errors import AlreadyDecided, InvalidInput
from models.rows import load, new, select
from models.satisfaction_events import SatisfactionSubmitted
from models.tickets import Satisfaction, Ticket
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access_ticket, operation
from resolvers.patches import KEEP, Keep, differing, kept

COMMENT_LIMIT = 2_000
CHANGEABLE_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer says: 1, the worst, to 5. A comment may be added, changed and taken away again."""

    rating: int
    comment: str | Keep | None = KEEP


@operation
async def submit_satisfaction(
    actor: Actor, ticket_id: UUID | None, given: Rating, resolution_id: UUID | None = None
) -> UUID:
    """Rate how a ticket was resolved: the last time, unless another resolution is named.

    There is one rating of each resolution. For seven days giving another changes it; what is the same is no change.
    """
    rating, comment = _one_to_five(given.rating), _comment(given.comment)
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        resolution = await _resolution(write, ticket, resolution_id)
        known = await _rating_of(write, resolution)
        if known is None:
            return await _rate(write, ticket, resolution, rating, kept(comment, None))
        changes = differing(known, rating=rating, comment=comment)
        if changes:
            if write.now > known.created_at + CHANGEABLE_FOR:
                raise AlreadyDecided(f"A rating can be changed for {CHANGEABLE_FOR.days} days; this one is older.")
            previous = known.rating
            write.update(known, changed_at=write.now, **changes)
            write.record(_submitted(known, previous), ticket)
    return known.id


async def _rate(write: Write, ticket: Ticket, resolution: Row, rating: int, comment: str | None) -> UUID:
    row = new(
        Satisfaction,
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        resolution_id=resolution["id"],
        agent_id=await _rated_agent(write, ticket, resolution),
        rating=rating,
        comment=comment,
        created_at=write.now,
    )
    write.insert(row)
    write.record(_submitted(row, None), ticket)
    return row.id


def _submitted(row: Satisfaction, previous: int | None) -> SatisfactionSubmitted:
    if row.resolution_id is None:
        raise LookupError(f"rating {row.id} is of no resolution")
    return SatisfactionSubmitted(row.id, row.resolution_id, row.rating, previous, row.agent_id)


async def _resolution(write: Write, ticket: Ticket, resolution_id: UUID | None) -> Row:
    """The event by which the ticket was resolved."""
    found = await write.connection.fetchrow(
        "SELECT id, actor_kind, actor_id, occurred_at FROM support_event WHERE ticket_id = $1 AND organization_id = $2"
        " AND type = 'TicketResolved' AND id = coalesce($3, id) ORDER BY seq DESC LIMIT 1",
        ticket.id,
        ticket.organization_id,
        resolution_id,
    )
    if found is None:
        raise InvalidInput("Only a ticket that was resolved can be rated.", ["ticket_id"])
    return found


async def _rating_of(write: Write, resolution: Row) -> Satisfaction | None:
    row = await write.connection.fetchrow(f"{select(Satisfaction)} WHERE t.resolution_id = $1", resolution["id"])
    return None if row is None else load(Satisfaction, row)


async def _rated_agent(write: Write, ticket: Ticket, resolution: Row) -> UUID | None:
    """Whose work is rated: of the agents the last one who answered, else whoever resolved it. Customers rate the
    answers that they got, not who tidied up after them. The AI's resolution is the AI's: no agent is judged by it."""
    if resolution["actor_kind"] == ActorKind.AI:
        return None
    answered: UUID | None = await write.connection.fetchval(
        "SELECT author_id FROM support_ticket_message WHERE ticket_id = $1 AND author_kind = 'agent' AND NOT internal"
        " AND created_at <= $2 ORDER BY created_at DESC, id DESC LIMIT 1",
        ticket.id,
        resolution["occurred_at"],
    )
    resolver: UUID | None = resolution["actor_id"] if resolution["actor_kind"] == ActorKind.AGENT else None
    return answered or resolver


def _one_to_five(rating: int) -> int:
    if not 1 <= rating <= 5:
        raise InvalidInput("A rating is 1, the worst, to 5.", ["rating"])
    return rating


def _comment(given: str | Keep | None) -> str | Keep | None:
    """What to keep as the comment; of one that is blank, nothing."""
    if given is KEEP or given is None or not given.strip():
        return given if given is KEEP else None
    return inputs.text(given, "comment", COMMENT_LIMIT)
