"""Relay's rules: for node, nodes and every connection that the schema has, whichever that are"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from graphql_api.queries import NODES
from graphql_api.schema import CORE_SCHEMA
from models.actors import Role
from resolvers.access import PERMITTED
from tests.access.calls import arguments
from tests.access.documents import root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

PAGE_ARGUMENTS = {"first": "Int", "after": "String", "last": "Int", "before": "String"}


def objects() -> Iterator[GraphQLObjectType]:
    for kind in CORE_SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield kind


CONNECTIONS = [kind for kind in objects() if kind.name.endswith("Connection")]
FIELDS = [
    pytest.param(kind, name, id=f"{kind.name}.{name}")
    for kind in objects()
    for name, field in kind.fields.items()
    if get_named_type(field.type) in CONNECTIONS
]


def kind_of(field: GraphQLField) -> str:
    return str(field.type)


def test_page_info() -> None:
    page_info = CORE_SCHEMA.type_map["PageInfo"]
    assert isinstance(page_info, GraphQLObjectType)

    assert {name: kind_of(field) for name, field in page_info.fields.items()} == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda kind: kind.name)
def test_a_connection_has_edges_and_page_info(connection: GraphQLObjectType) -> None:
    name = connection.name.removesuffix("Connection")
    edge = CORE_SCHEMA.type_map[f"{name}Edge"]
    assert isinstance(edge, GraphQLObjectType)

    assert kind_of(connection.fields["pageInfo"]) == "PageInfo!"
    assert is_list_type(get_nullable_type(connection.fields["edges"].type))
    assert get_named_type(connection.fields["edges"].type) is edge
    assert kind_of(edge.fields["cursor"]) == "String!"
    node = get_nullable_type(edge.fields["node"].type)
    assert not is_list_type(node) and get_named_type(connection.fields["nodes"].type) is node
    assert kind_of(connection.fields["totalCount"]) == "Int!"


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_field_with_a_connection_takes_pages(kind: GraphQLObjectType, name: str) -> None:
    given = kind.fields[name].args

    assert {each: str(given[each].type) for each in PAGE_ARGUMENTS if each in given} == PAGE_ARGUMENTS
    assert isinstance(kind.fields[name].type, GraphQLNonNull)


def test_node_and_nodes() -> None:
    assert CORE_SCHEMA.query_type
    node, nodes = CORE_SCHEMA.query_type.fields["node"], CORE_SCHEMA.query_type.fields["nodes"]
    interface = CORE_SCHEMA.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)

    assert {name: kind_of(field) for name, field in interface.fields.items()} == {"id": "ID!"}
    assert (kind_of(node), {name: str(each.type) for name, each in node.args.items()}) == ("Node", {"id": "ID!"})
    assert (kind_of(nodes), {name: str(each.type) for name, each in nodes.args.items()}) == (
        "[Node]!",
        {"ids": "[ID!]!"},
    )


async def test_every_type_of_node_is_found_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk, role=Role.ADMIN)
    ids = [things[prefix] for prefix in NODES]
    text = "query($id: ID!, $ids: [ID!]!) { node(id: $id) { __typename id } nodes(ids: $ids) { __typename id } }"

    found = [(await helpdesk.admin.query(text, id=each, ids=ids)) for each in ids]

    assert [each["node"]["id"] for each in found] == ids
    assert found[0]["nodes"] == [each["node"] for each in found]
    interface = CORE_SCHEMA.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    kinds = {kind.name for kind in CORE_SCHEMA.get_possible_types(interface)}
    assert {each["node"]["__typename"] for each in found} == kinds


def parents() -> Iterator[tuple[str, str, str]]:
    """Every field with a connection as a query with `%s` where the page goes, and how the query begins."""
    for param in FIELDS:
        kind, name = param.values
        required = [each for each, declared in kind.fields[name].args.items() if is_required_argument(declared)]
        if kind is CORE_SCHEMA.query_type:
            yield name, "", name
        elif not required and any(kind.name == each for each in node_types()):
            yield f"{kind.name}.{name}", kind.name, name


def node_types() -> set[str]:
    interface = CORE_SCHEMA.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    return {kind.name for kind in CORE_SCHEMA.get_possible_types(interface)}


async def page(by: Client, helpdesk: Helpdesk, things: Any, kind: str, name: str, given: dict[str, Any]) -> Any:
    """One page of a connection, at the root or on the thing of its type."""
    root, variables, declared = CORE_SCHEMA.query_type, {**given}, dict(PAGE_ARGUMENTS)
    assert root
    if not kind:
        # Every row, not only what the usual call asks for: a filter would hide what is there.
        field = root.fields[name]
        for each, value in arguments(name, things).items():
            if is_required_argument(field.args[each]):
                variables[each], declared[each] = value, str(field.args[each].type)
    names = [each for each in declared if each in variables]
    opening = ", ".join(f"${each}: {declared[each]}" for each in names)
    passed = ", ".join(f"{each}: ${each}" for each in names)
    field_text = f"{name}({passed}) {{ edges {{ cursor node {{ __typename }} }} nodes {{ __typename }} totalCount"
    field_text += " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
    if not kind:
        return (await by.query(f"query({opening}) {{ {field_text} }}", **variables))[name]
    prefix = next(each for each, shown in NODES.items() if shown.__strawberry_definition__.name == kind)  # type: ignore[attr-defined]
    text = f"query($id: ID!, {opening}) {{ node(id: $id) {{ ... on {kind} {{ {field_text} }} }} }}"
    return (await by.query(text, id=things[prefix], **variables))["node"][name]


@pytest.mark.parametrize(("kind", "name"), [pytest.param(kind, name, id=label) for label, kind, name in parents()])
async def test_a_connection_is_walked_page_by_page(a_helpdesk: Make, kind: str, name: str) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk, role=Role.ADMIN)
    await things_of(helpdesk, role=Role.ADMIN)
    by = helpdesk.admin
    assert kind or (Role.ADMIN in PERMITTED[snake(name)] and root_fields()[name] == "query")

    whole = await page(by, helpdesk, things, kind, name, {"first": 100})
    cursors = [edge["cursor"] for edge in whole["edges"]]

    assert len(set(cursors)) == len(cursors) == len(whole["nodes"]) == whole["totalCount"]
    assert whole["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }
    assert await walked(by, helpdesk, things, kind, name, forward=True) == cursors
    assert await walked(by, helpdesk, things, kind, name, forward=False) == cursors


async def walked(
    by: Client, helpdesk: Helpdesk, things: Any, kind: str, name: str, *, forward: bool, size: int = 1
) -> list[str]:
    """All cursors of a connection, a page at a time, from its start or from its end."""
    found: list[str] = []
    length, edge = ("first", "after") if forward else ("last", "before")
    more, cursor = ("hasNextPage", "endCursor") if forward else ("hasPreviousPage", "startCursor")
    given: dict[str, Any] = {length: size}
    while True:
        shown = await page(by, helpdesk, things, kind, name, given)
        cursors = [each["cursor"] for each in shown["edges"]]
        found = [*found, *cursors] if forward else [*cursors, *found]
        if not shown["pageInfo"][more]:
            return found
        assert len(cursors) == size
        given[edge] = shown["pageInfo"][cursor]
