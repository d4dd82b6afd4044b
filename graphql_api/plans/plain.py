"""Plain values and objects of them, as a plan writes them: what is no row, such as a Problem."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from graphql_api.plans.selections import Selected, Selections
from graphql_api.plans.shapes import Unplanned
from graphql_api.plans.values import writer, written


def plain(selections: Selections, selected: Selected) -> Callable[[Any], Any]:
    """How a value or an object that a function of ours gives is written."""
    kind = selected.field.type
    named = get_named_type(kind)
    if is_leaf_type(named):
        return writer(kind)
    if not isinstance(named, GraphQLObjectType):
        raise Unplanned(f"{named.name} is no object")
    return written(kind, plain_object(selections.subfields(named, selected), named))


def plain_object(
    asked: Mapping[str, Selected], kind: GraphQLObjectType, later: Collection[str] = ()
) -> Callable[[Any], Any]:
    """How an object of plain values is written; those keys that are filled `later` are empty lists at first."""
    fields: dict[str, Callable[[Any], Any]] = {}
    for key, selected in asked.items():
        if selected.node.name.value == "__typename":
            fields[key] = lambda _shown: kind.name
        elif key in later:
            fields[key] = lambda _shown: []
        elif is_leaf_type(get_named_type(selected.field.type)) and _declared(selected).is_basic_field:
            fields[key] = _attribute(selected)
        else:
            raise Unplanned(f"{kind.name}.{selected.node.name.value} is no plain value")
    return lambda shown: {key: write(shown) for key, write in fields.items()}


def _declared(selected: Selected) -> Any:
    return selected.field.extensions["strawberry-definition"]


def _attribute(selected: Selected) -> Callable[[Any], Any]:
    name, write = _declared(selected).python_name, writer(selected.field.type)
    return lambda shown: write(getattr(shown, name))
