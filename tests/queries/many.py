"""Tickets by the dozen for tests of lists: made in a few writes, so that many of them share an instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.actors import Actor, ActorKind, Role
from models.fields import new_id
from models.lifecycle import TicketPriority
from models.rows import new
from models.tickets import Category, Ticket, TicketTag
from models.writer import organization_write
from resolvers.changes import touch
from resolvers.tickets import append_message, open_ticket
from tests.world import World


async def many_tickets(world: World, count: int, at_once: int = 15, requester: Actor | None = None) -> list[Ticket]:
    """Tickets of the customer; those of one write have one instant of creation and, but for notes, of change."""
    made: list[Ticket] = []
    while len(made) < count:
        async with organization_write(world.agent) as write:
            for _ in range(min(at_once, count - len(made))):
                ticket = open_ticket(
                    write,
                    requester_id=_id(requester or world.customer),
                    subject="One of many",
                    category_id=None,
                    priority=TicketPriority.MEDIUM,
                )
                append_message(
                    write, ticket, "Help!", kind=ActorKind.CUSTOMER, author_id=_id(requester or world.customer)
                )
                made.append(ticket)
    return made


async def furnished(world: World, count: int, requesters: Sequence[Actor]) -> None:
    """Tickets with a requester, an assignee, a category, tags and an answer each, seldom the same as the last one's."""
    async with organization_write(world.admin) as write:
        categories = [
            new(Category, organization_id=world.id, name=new_id().hex, created_at=write.now) for _ in range(5)
        ]
        for category in categories:
            write.insert(category)
    authors = [await world.member(Role.AGENT) for _ in range(3)]
    for each in range(count):
        (ticket,) = await many_tickets(world, 1, requester=requesters[each % len(requesters)])
        author, assignee = authors[each % len(authors)], [world.agent, world.admin][each % 2]
        async with organization_write(author) as write:
            for tag in ("always", f"tag {each}"):
                write.insert(new(TicketTag, organization_id=world.id, ticket_id=ticket.id, name=tag))
            append_message(write, ticket, "Try this.", kind=ActorKind.AGENT, author_id=_id(author))
            touch(
                write,
                ticket,
                public=False,
                assignee_id=_id(assignee),
                category_id=categories[each % len(categories)].id,
            )


async def order_of(world: World, columns: Sequence[str], *, descending: bool) -> list[UUID]:
    """The organization's tickets, sorted here and not by the database."""
    rows: list[Any] = await world.database.fetch("SELECT * FROM support_ticket WHERE organization_id = $1", world.id)
    rows.sort(key=lambda row: [row[column] for column in columns], reverse=descending)
    return [row["id"] for row in rows]


def _id(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id
