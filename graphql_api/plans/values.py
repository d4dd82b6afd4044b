"""How values are written in an answer's JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLOutputType, get_named_type, is_list_type, is_non_null_type

from graphql_api.plans.shapes import Unplanned
from graphql_api.types.scalars import write_instant

# Scalars whose values asyncpg hands over as JSON writes them.
AS_THEY_ARE = frozenset({"String", "Int", "Float", "Boolean", "ID", "Cursor", "JSON"})


def writer(kind: GraphQLOutputType) -> Callable[[Any], Any]:
    """How values of a type that a function of ours gives are written."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return written(kind, enum_names(named).__getitem__)
    if named.name == "DateTime":
        return written(kind, write_instant)
    if named.name in AS_THEY_ARE:
        return written(kind, lambda value: value)
    raise Unplanned(f"plans don't write {named.name}")


def written(kind: GraphQLOutputType, present: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """How values of a type are written, given how those are that are neither null nor lists."""
    if is_non_null_type(kind):
        inner = written(kind.of_type, present)
        return lambda value: missing() if value is None else inner(value)
    if is_list_type(kind):
        each = written(kind.of_type, present)
        return lambda value: None if value is None else [each(item) for item in value]
    return lambda value: None if value is None else present(value)


_NAMES: dict[str, dict[Any, str]] = {}


def enum_names(kind: Any) -> dict[Any, str]:
    """GraphQL's name of each value, by the text that is stored."""
    if kind.name not in _NAMES:
        _NAMES[kind.name] = {getattr(value.value, "value", value.value): name for name, value in kind.values.items()}
    return _NAMES[kind.name]


def missing() -> Any:
    """What stands where a value must not be null and is: the executor knows what to say of it."""
    raise Unplanned("a value that the schema promises is missing")
