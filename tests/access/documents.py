"""GraphQL documents made from the schema: one call of any root field, and walks over all that can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from graphql_api.schema import CORE_SCHEMA

# The server takes 2,000 tokens; a walk is cut into documents well below.
TOKENS = 1_500

ROOTS: Mapping[str, GraphQLObjectType] = {
    kind: root
    for kind, root in (
        ("query", CORE_SCHEMA.query_type),
        ("mutation", CORE_SCHEMA.mutation_type),
        ("subscription", CORE_SCHEMA.subscription_type),
    )
    if root is not None
}


def root_fields() -> dict[str, str]:
    """Every operation that a client can ask for, and its kind."""
    return {name: kind for kind, root in ROOTS.items() for name in root.fields}


def call(name: str, given: Sequence[str]) -> str:
    """A document that calls a root field with these arguments as variables, and asks for two levels of fields."""
    kind = root_fields()[name]
    field = ROOTS[kind].fields[name]
    declared = ", ".join(f"${each}: {field.args[each].type}" for each in given)
    passed = ", ".join(f"{each}: ${each}" for each in given)
    opening = f"{kind}({declared})" if given else kind
    selection = _selection(get_named_type(field.type), 2)
    return f"{opening} {{ {name}{f'({passed})' if given else ''}{selection} }}"


def walks(arguments: Mapping[str, str], depth: int) -> Iterator[str]:
    """Documents that together ask for every field of Query that is at most so many fields deep.

    `arguments` are those of the root fields that need some, as text.
    """
    for name, field in ROOTS["query"].fields.items():
        yield from _documents(get_named_type(field.type), [f"{name}{arguments.get(name, '')}"], depth)


def subscription(name: str, argument: str, depth: int) -> Iterator[str]:
    """Documents that together ask for all that the events of a subscription lead to."""
    (event,) = {get_named_type(field.type) for field in ROOTS["subscription"].fields.values()}
    for document in _documents(event, [f"{name}{argument}"], depth):
        yield f"subscription {document}"


def _documents(kind: GraphQLNamedType, path: list[str], depth: int) -> Iterator[str]:
    whole = _selection(kind, depth - 1)
    if _tokens(whole) <= TOKENS:
        yield _wrapped(path, whole)
        return
    yield _wrapped(path, _selection(kind, 1))
    for member in _members(kind):
        for name, field in _composite(member):
            inner = f"... on {member.name} {{ {name}" if member is not kind else name
            yield from _documents(get_named_type(field.type), [*path, inner], depth - 1)


def _wrapped(path: list[str], selection: str) -> str:
    opening = " { ".join(path)
    closing = " }" * opening.count("{")
    return f"{{ {opening}{selection}{closing} }}"


@cache
def _selection(kind: GraphQLNamedType, depth: int) -> str:
    """All fields of a type that are at most so many fields deep, in braces; nothing for a leaf."""
    if is_leaf_type(kind):
        return ""
    members = [_fields(member, depth) for member in _members(kind)]
    if list(_members(kind)) == [kind]:
        return f" {{ __typename{''.join(members)} }}"
    named = zip(_members(kind), members, strict=True)
    return f" {{ __typename{''.join(f' ... on {member.name} {{ __typename{text} }}' for member, text in named)} }}"


def _fields(member: GraphQLObjectType, depth: int) -> str:
    leaves = [name for name, field in member.fields.items() if is_leaf_type(get_named_type(field.type))]
    deeper = _composite(member) if depth > 1 else []
    inside = [f"{name}{_selection(get_named_type(field.type), depth - 1)}" for name, field in deeper]
    return "".join(f" {each}" for each in [*leaves, *inside])


def _composite(member: GraphQLObjectType) -> list[tuple[str, GraphQLField]]:
    return [(name, field) for name, field in member.fields.items() if not is_leaf_type(get_named_type(field.type))]


def _members(kind: GraphQLNamedType) -> list[GraphQLObjectType]:
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        return sorted(CORE_SCHEMA.get_possible_types(kind), key=lambda member: member.name)
    return [kind] if isinstance(kind, GraphQLObjectType) else []


def _tokens(text: str) -> int:
    return len(text.replace("...", "").split()) + 50
