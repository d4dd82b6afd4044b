"""Objects of plain values, as a plan writes them: what is no row, such as a Problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from graphql_api.plans.shapes import Unplanned
from graphql_api.plans.values import writer

if TYPE_CHECKING:
    from graphql_api.plans.compiling import Selected


def plain_object(asked: Mapping[str, Selected], kind: GraphQLObjectType) -> Callable[[Any], Any]:
    """How an object of plain values is written."""
    written: dict[str, Callable[[Any], Any]] = {}
    for key, selected in asked.items():
        if selected.node.name.value == "__typename":
            written[key] = lambda _shown: kind.name
        elif is_leaf_type(get_named_type(selected.field.type)):
            written[key] = _attribute(selected)
        else:
            raise Unplanned(f"{kind.name}.{selected.node.name.value} is no plain value")
    return lambda shown: {key: write(shown) for key, write in written.items()}


def _attribute(selected: Selected) -> Callable[[Any], Any]:
    name, write = selected.field.extensions["strawberry-definition"].python_name, writer(selected.field.type)
    return lambda shown: write(getattr(shown, name))
