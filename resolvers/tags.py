"""Tags: words that agents put on tickets. Each has an id in its organization, by which events name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput
from models.events import TicketTagged
from models.fields import new_id
from models.rows import load_all, new, select
from models.tickets import Ticket, TicketTag
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access_ticket, operation
from resolvers.changes import touch


async def tag_ids(write: Write, names: Iterable[str]) -> dict[str, UUID]:
    """The ids of tags, in the order of their names; a tag that is new in the organization gets one.

    Where two writes bring the same new tag, one waits for the other. So a write asks once for all its tags, with the
    locks on its tickets taken and none on people yet, and the names are stored in one order: nobody waits in a ring.
    """
    wanted = sorted(set(names))
    found = await known_tags(write, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        await write.connection.execute(
            "INSERT INTO support_tag (id, organization_id, name) SELECT made.id, $1, made.name"
            " FROM unnest($2::uuid[], $3::text[]) AS made(id, name) ON CONFLICT (organization_id, name) DO NOTHING",
            write.actor.organization_id,
            [new_id() for _ in missing],
            missing,
        )
        # Not RETURNING: a tag that somebody else has brought meanwhile must come back too.
        found |= await known_tags(write, missing)
    return {name: found[name] for name in wanted}


async def known_tags(write: Write, names: list[str]) -> dict[str, UUID]:
    """The ids of those of the tags that the organization knows, in the order of their names."""
    if not names:
        return {}
    rows = await write.connection.fetch(
        "SELECT name, id FROM support_tag WHERE organization_id = $1 AND name = ANY($2) ORDER BY name",
        write.actor.organization_id,
        names,
    )
    return {row["name"]: row["id"] for row in rows}


def tag_new(write: Write, ticket: Ticket, tags: Mapping[str, UUID]) -> None:
    """Put tags, with their ids, on a ticket that this write has made."""
    if tags:
        _attach(write, ticket, tags)
        write.record(TicketTagged(added=tuple(tags.values())), ticket)


def _attach(write: Write, ticket: Ticket, names: Iterable[str]) -> None:
    for name in names:
        write.insert(new(TicketTag, organization_id=ticket.organization_id, ticket_id=ticket.id, name=name))


@operation
async def add_ticket_tags(actor: Actor, ticket_id: UUID | None, tags: Iterable[str]) -> UUID:
    """Put tags on a ticket; those that are there already stay."""
    names = inputs.tags(tags, "tags")
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        adding = await tag_ids(write, names)
        retag(write, ticket, (await tags_on(write, [ticket.id]))[ticket.id], adding, {})
    return ticket.id


@operation
async def remove_ticket_tags(actor: Actor, ticket_id: UUID | None, tags: Iterable[str]) -> UUID:
    """Take tags off a ticket; those that are not there are nothing to take."""
    names = inputs.tags(tags, "tags")
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        removing = await known_tags(write, names)
        retag(write, ticket, (await tags_on(write, [ticket.id]))[ticket.id], {}, removing)
    return ticket.id


async def tags_on(write: Write, ticket_ids: Sequence[UUID]) -> Mapping[UUID, list[TicketTag]]:
    """The tags of locked tickets."""
    rows = await write.connection.fetch(f"{select(TicketTag)} WHERE t.ticket_id = ANY($1)", ticket_ids)
    found: dict[UUID, list[TicketTag]] = {ticket_id: [] for ticket_id in ticket_ids}
    for tag in load_all(TicketTag, rows):
        found[tag.ticket_id].append(tag)
    return found


def retag(
    write: Write,
    ticket: Ticket,
    on: Iterable[TicketTag],
    adding: Mapping[str, UUID],
    removing: Mapping[str, UUID],
    field: str = "tags",
) -> None:
    """Change the tags of a locked ticket that has those in `on`, and record those that really came or went.

    `field` is where a client said what to add.
    """
    present = {tag.name: tag for tag in on}
    added = {name: tag_id for name, tag_id in adding.items() if name not in present}
    removed = {name: tag_id for name, tag_id in removing.items() if name in present}
    if not added and not removed:
        return
    if len(present) + len(added) - len(removed) > inputs.TAGS_LIMIT:
        raise InvalidInput(f"A ticket has at most {inputs.TAGS_LIMIT} tags.", [field])
    _attach(write, ticket, added)
    write.delete(present[name] for name in removed)
    touch(write, ticket, public=False)
    write.record(TicketTagged(added=tuple(added.values()), removed=tuple(removed.values())), ticket)
