"""node and nodes"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from graphql_api.queries import NODES as NODE_TYPES
from models.actors import Role
from models.fields import new_id
from models.organizations import Membership
from models.rows import new
from models.writer import organization_write
from resolvers.access import SCOPES
from tests.access.things import things_of
from tests.client import GraphQLErrors
from tests.schema.test_schema import definition_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def one_of_each(helpdesk: Helpdesk) -> dict[str, str]:
    """An id of every type that has ids, visible to its organization's admin."""
    things = await things_of(helpdesk, role=Role.ADMIN)
    return {definition_of(kind).name: things[prefix] for prefix, kind in NODE_TYPES.items()}


async def test_everything_with_an_id_is_found_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = await one_of_each(helpdesk)

    for kind, each in ids.items():
        assert (await helpdesk.admin.query(NODE, id=each))["node"] == {"__typename": kind, "id": each}


async def test_every_type_of_node_has_been_tried(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    types = await helpdesk.agent.query('{ __type(name: "Node") { possibleTypes { name } } }')

    assert {each["name"] for each in types["__type"]["possibleTypes"]} == set(await one_of_each(helpdesk))


async def test_a_customer_finds_what_customers_see(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = await one_of_each(helpdesk)

    found = [each for each in (await helpdesk.customer.query(NODES, ids=[*ids.values()]))["nodes"] if each]

    assert {each["__typename"] for each in found} == {
        definition_of(kind).name for kind in NODE_TYPES.values() if SCOPES[kind.table].customer
    } - {"Notification"}  # There is one, and it is somebody else's.


async def test_nodes_keep_the_order_of_their_ids(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ids, theirs = await one_of_each(helpdesk), await one_of_each(other)
    wanted = [
        ids["Suggestion"],
        "tkt_" + "0" * 32,
        ids["Ticket"],
        *theirs.values(),
        ids["User"],
        ids["Ticket"],
        "",
        ids["Ticket"].upper(),
        ids["Ticket"].replace("tkt", "msg"),
        ids["Ticket"].replace("tkt", "evt"),
        "tkt_" + ids["Ticket"],
    ]

    found = (await helpdesk.agent.query(NODES, ids=wanted))["nodes"]

    shown: list[Any] = [None] * len(wanted)
    after = 3 + len(theirs)
    for position, kind in ((0, "Suggestion"), (2, "Ticket"), (after, "User"), (after + 1, "Ticket")):
        shown[position] = {"__typename": kind, "id": ids[kind]}
    assert found == shown
    assert (await helpdesk.agent.query(NODES, ids=[]))["nodes"] == []


async def test_a_hundred_ids_are_looked_up_at_a_time_and_no_more(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = [encode("tkt", new_id()) for _ in range(100)]

    assert (await helpdesk.agent.query(NODES, ids=ids))["nodes"] == [None] * 100
    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.agent.query(NODES, ids=[*ids, ids[0]])

    (error,) = refusal.value.errors
    assert error["message"] == "At most 100 ids at a time."
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["ids"]}


async def test_a_colleague_is_found_and_another_customer_is_not(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    async with organization_write(world.admin) as write:
        neighbour = new(
            Membership,
            organization_id=world.id,
            user_id=None,
            role="customer",
            name="A neighbour",
            email="neighbour@example.test",
            created_at=write.now,
        )
        write.insert(neighbour)
    wanted = encode("usr", neighbour.id)

    assert (await helpdesk.agent.query(NODE, id=wanted))["node"]["id"] == wanted
    assert (await helpdesk.customer.query(NODE, id=wanted))["node"] is None
