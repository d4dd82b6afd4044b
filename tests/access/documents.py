"""GraphQL documents made from the schema: one call of any root field, and walks over all that can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
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


def call(name: str, given: Iterable[str]) -> str:
    """A document that calls a root field with these arguments as variables, and asks for two levels of fields."""
    opening, path = _opening(name, given)
    kind = get_named_type(ROOTS[root_fields()[name]].fields[name].type)
    return f"{opening} {_wrapped([path], _selection(kind, 2))}"


def bare(name: str, given: Iterable[str]) -> str:
    """A document that calls a root field with these arguments as variables, and asks for nothing of what it finds."""
    opening, path = _opening(name, given)
    kind = get_named_type(ROOTS[root_fields()[name]].fields[name].type)
    return f"{opening} {{ {path}{'' if is_leaf_type(kind) else ' { __typename }'} }}"


def walks(name: str, given: Iterable[str], depth: int) -> Iterator[str]:
    """Documents that together ask for every field that is at most so many fields deep, the root field being the first.

    The root field's arguments are variables, so that the server knows a document again.
    """
    opening, path = _opening(name, given)
    kind = get_named_type(ROOTS[root_fields()[name]].fields[name].type)
    for document in _documents(kind, [path], depth):
        yield f"{opening} {document}"


def _opening(name: str, given: Iterable[str]) -> tuple[str, str]:
    kind = root_fields()[name]
    types = {each: ROOTS[kind].fields[name].args[each].type for each in given}
    if not types:
        return kind, name
    declared = ", ".join(f"${each}: {type_}" for each, type_ in types.items())
    passed = ", ".join(f"{each}: ${each}" for each in types)
    return f"{kind}({declared})", f"{name}({passed})"


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
    if isinstance(kind, GraphQLObjectType):
        return f" {{ __typename{_fields(kind, depth)} }}"
    # Fields of one name and several types may not share their place in the answer.
    members = (f" ... on {member.name} {{{_fields(member, depth, f'{member.name}_')} }}" for member in _members(kind))
    return f" {{ __typename{''.join(members)} }}"


def _fields(member: GraphQLObjectType, depth: int, alias: str = "") -> str:
    leaves = [name for name, field in _asked(member) if is_leaf_type(get_named_type(field.type))]
    deeper = _composite(member) if depth > 1 else []
    inside = [(name, _selection(get_named_type(field.type), depth - 1)) for name, field in deeper]
    every = [*((name, "") for name in leaves), *inside]
    return "".join(f" {alias}{name}: {name}{rest}" if alias else f" {name}{rest}" for name, rest in every)


def _composite(member: GraphQLObjectType) -> list[tuple[str, GraphQLField]]:
    return [(name, field) for name, field in _asked(member) if not is_leaf_type(get_named_type(field.type))]


def _asked(member: GraphQLObjectType) -> list[tuple[str, GraphQLField]]:
    """The fields that need no argument."""
    return [
        (name, field)
        for name, field in member.fields.items()
        if not any(is_required_argument(each) for each in field.args.values())
    ]


def _members(kind: GraphQLNamedType) -> list[GraphQLObjectType]:
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        return sorted(CORE_SCHEMA.get_possible_types(kind), key=lambda member: member.name)
    return [kind] if isinstance(kind, GraphQLObjectType) else []


def _tokens(text: str) -> int:
    return len(text.replace("...", "").split()) + 50
