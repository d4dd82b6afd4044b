"""Organizations full of odd things: nulls, empty lists, long threads, notes, strange letters, what is gone."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import orjson

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from graphql_api.queries import NODES
from graphql_api.requests import GraphQLRequest
from models.actors import Actor, ActorKind, Role
from models.fields import new_id
from models.lifecycle import TicketPriority, TicketStatus
from models.rows import layout, new
from models.tickets import Category, Ticket, TicketTag
from models.writer import organization_write
from resolvers.tickets import append_message, move, open_ticket, touch
from tests.mutations.drafts import an_article, record
from tests.plans.documents import Pool
from tests.world import World, make_world

ODD = [
    "Ünïcödé 😀",
    'quotes " and \\ slashes',
    "line\nbreaks\ttabs",
    "\u2028 \u007f \x1f",
    "<b>html</b> & more",
    "plain",
]
TICKETS = 30


async def furnish(services: Services) -> tuple[dict[Role, Actor], Pool]:
    """The actors of one organization, and values for arguments from it and from another one."""
    world, other = await make_world(services.database), await make_world(services.database)
    random = Random(7)
    for each in (world, other):
        await _tickets(each, random)
    actors = {
        Role.ADMIN: world.admin,
        Role.AGENT: world.agent,
        Role.ANALYST: world.analyst,
        Role.CUSTOMER: world.customer,
    }
    return actors, await _pool(services, world, other)


async def _tickets(world: World, random: Random) -> None:
    neighbour = await _member(world, ODD[0])
    async with organization_write(world.admin) as write:
        categories = [
            new(
                Category,
                organization_id=world.id,
                name=f"{ODD[each]} {new_id().hex}"[:100],
                description=None if each else "",
                created_at=write.now,
            )
            for each in range(3)
        ]
        for category in categories:
            write.insert(category)
    made: list[Ticket] = []
    for number in range(TICKETS):
        requester = random.choice([world.customer.user_id, world.customer.user_id, neighbour])
        assert requester
        async with organization_write(world.agent) as write:
            ticket = open_ticket(
                write,
                requester_id=requester,
                subject=random.choice(ODD),
                category_id=random.choice([None, *(category.id for category in categories)]),
                priority=random.choice(list(TicketPriority)),
                follow_up_of_id=random.choice(made).id if made and number % 7 == 0 else None,
            )
            for entry in range(random.choice([0, 1, 1, 2, 5])):
                internal = entry > 0 and random.random() < 0.4
                kind = ActorKind.AGENT if internal or random.random() < 0.4 else ActorKind.CUSTOMER
                author = world.agent.user_id if kind is ActorKind.AGENT else requester
                if random.random() < 0.1:
                    kind, author = ActorKind.AI, None
                append_message(
                    write, ticket, random.choice(ODD) + " **bold**", kind=kind, author_id=author, internal=internal
                )
            for tag in random.sample(["billing", "ünïcödé", "vip", "a b"], random.choice([0, 0, 1, 3])):
                write.insert(new(TicketTag, organization_id=world.id, ticket_id=ticket.id, name=tag))
            if random.random() < 0.5:
                touch(write, ticket, public=False, assignee_id=random.choice([world.agent, world.admin]).user_id)
            status = random.choice([*TicketStatus, TicketStatus.OPEN])
            if status is not TicketStatus.OPEN:
                move(write, ticket, status)
                if status is TicketStatus.PENDING:
                    touch(write, ticket, public=False, pending_until=write.now + timedelta(days=1, microseconds=1000))
        made.append(ticket)
        if number % 3 == 0 and ticket.status is TicketStatus.OPEN and ticket.message_count:
            await record(world, {"id": encode("tkt", ticket.id)})
    await an_article(world)


async def _member(world: World, name: str) -> object:
    actor = await world.member(Role.CUSTOMER, name)
    return actor.user_id


async def _pool(services: Services, world: World, other: World) -> Pool:
    ids = ["tkt_", "", "tkt_" + "0" * 32, "nonsense", encode("tkt", new_id()), encode("xyz", new_id())]
    for prefix, kind in NODES.items():
        key = (
            "id" if kind.table is not None and layout(kind.table).table == "support_organization" else "organization_id"
        )
        rows = await services.database.fetch(
            f"SELECT id FROM {layout(kind.table).table} WHERE {key} = ANY($1) LIMIT 12", [world.id, other.id]
        )
        ids += [encode(prefix, row["id"]) for row in rows]
    return Pool(
        ids,
        ["", "nonsense", "W10", *await _cursors(services, world)],
        ["", "billing", "VIP", *ODD],
        [
            "2020-01-01T00:00:00Z",
            services.database.now().isoformat(),
            "9999-12-31T23:59:59.999999Z",
            "not an instant",
        ],
    )


async def _cursors(services: Services, world: World) -> list[str]:
    """Cursors of lists as clients get them."""
    engine = Engine(services.database, services, planned=False)
    found = []
    for text in (
        "{ tickets(first: 5) { edges { cursor node { messages { edges { cursor } } } } } }",
        "{ tickets(first: 5, orderBy: {field: NUMBER, direction: ASC}) { edges { cursor } } }",
        "{ tickets(first: 5, orderBy: {field: UPDATED_AT}) { edges { cursor } } }",
    ):
        body = orjson.loads(
            (await (await engine.prepare(GraphQLRequest(text, None, {}, {}), world.agent)).execute()).body
        )
        level = [body]
        while level:
            item = level.pop()
            if isinstance(item, dict):
                found += [item["cursor"]] if "cursor" in item else []
                level += item.values()
            elif isinstance(item, list):
                level += item
    return found
