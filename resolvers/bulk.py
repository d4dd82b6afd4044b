"""One change of many tickets, each for itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.actors import Actor
from models.errors import HelpdeskError, InvalidInput, NotFound
from models.lifecycle import TicketStatus
from models.tickets import Ticket, TicketTag
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access_tickets, operation
from resolvers.assigning import assign, someone_who_works
from resolvers.changes import TicketChanges, change, expect_version, known_category
from resolvers.patches import KEEP, Keep
from resolvers.tags import known_tags, retag, tag_ids, tags_on
from resolvers.tickets import assignees_who_left, give_status

TICKETS_LIMIT = 100


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What to change of every ticket: its own fields, its tags, its assignee, and its status last of all."""

    fields: TicketChanges = field(default_factory=TicketChanges)
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    assignee_id: UUID | Keep | None = KEEP
    status: TicketStatus | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a bulk change needs beside the tickets: all that they have and get in common, read once for all."""

    tickets: Mapping[UUID, Ticket]
    tags: Mapping[UUID, Sequence[TicketTag]]
    adding: Mapping[str, UUID]
    removing: Mapping[str, UUID]
    left: Collection[UUID]


@operation
async def update_tickets(
    actor: Actor,
    ticket_ids: Sequence[UUID | None],
    wanted: BulkChange,
    expected_versions: Sequence[int | None] | None = None,
) -> list[UUID | HelpdeskError]:
    """Change many tickets by the rules of the single verbs; tells of each, in order, its id or why it stays as it was.

    What is wrong with the change itself is raised, and then no ticket is changed. All are one transaction, which locks
    them in the order of their ids and bumps the organization's counter once.
    """
    _in_bounds(ticket_ids, expected_versions)
    async with organization_write(actor) as write:
        found = await _find(write, {each for each in ticket_ids if each}, wanted)
        outcomes: dict[UUID | None, UUID | HelpdeskError] = {}
        for ticket_id, version in zip(ticket_ids, expected_versions or [None] * len(ticket_ids), strict=True):
            if ticket_id not in outcomes:
                outcomes[ticket_id] = await _one(write, found, ticket_id, wanted, version)
    return [outcomes[ticket_id] for ticket_id in ticket_ids]


def _in_bounds(ticket_ids: Sequence[UUID | None], expected_versions: Sequence[int | None] | None) -> None:
    if len(ticket_ids) > TICKETS_LIMIT:
        raise InvalidInput(f"At most {TICKETS_LIMIT} tickets at a time.", ["ids"])
    if expected_versions is not None and len(expected_versions) != len(ticket_ids):
        raise InvalidInput("Give one version for each ticket, or none at all.", ["expected_versions"])


async def _find(write: Write, ticket_ids: set[UUID], wanted: BulkChange) -> Found:
    adding, removing = inputs.tags(wanted.add_tags, "add_tags"), inputs.tags(wanted.remove_tags, "remove_tags")
    if not set(adding).isdisjoint(removing):
        raise InvalidInput("A tag can't come and go at once.", ["remove_tags"])
    tickets = await access_tickets(write, ticket_ids)
    found = Found(
        tickets,
        tags=await tags_on(write, [*tickets]) if adding or removing else {},
        # No ticket, no tag: what is to be on none of them does not come into being.
        adding=await tag_ids(write, adding if tickets else []),
        removing=await known_tags(write, removing),
        left=await assignees_who_left(write, tickets.values()) if wanted.status is TicketStatus.OPEN else (),
    )
    await known_category(write, wanted.fields)
    if isinstance(wanted.assignee_id, UUID):
        await someone_who_works(write, wanted.assignee_id)
    return found


async def _one(
    write: Write, found: Found, ticket_id: UUID | None, wanted: BulkChange, expected_version: int | None
) -> UUID | HelpdeskError:
    """Change one ticket whole, or tell why not."""
    part = write.part()
    ticket = found.tickets.get(ticket_id) if ticket_id else None
    try:
        if ticket is None:
            raise NotFound("ticket", ["ids"])
        expect_version(write.actor, ticket, expected_version)
        change(part, ticket, wanted.fields)
        retag(part, ticket, found.tags.get(ticket.id, ()), found.adding, found.removing, "add_tags")
        if wanted.assignee_id is not KEEP:
            assign(part, ticket, wanted.assignee_id)
        if wanted.status is not None:
            await give_status(part, ticket, wanted.status, found.left)
    except HelpdeskError as refusal:
        return refusal
    write.take_over(part)
    return ticket.id
