"""Tags, and which of them a list holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from graphql_api.reading.reads import Node, RowType, column, count_of
from models.actors import Actor
from models.tickets import Tag, TicketTag
from resolvers.inputs import folded

BY_NAME = Order("name", ("name", "id"))
# A tag that no ticket carries any more is nothing to choose.
_IN_USE = (
    "EXISTS (SELECT 1 FROM support_ticket_tag g WHERE g.organization_id = t.organization_id AND g.name = t.name)",
    None,
)


@strawberry.type(name="Tag", description="A tag on tickets. Customers see none.")
class TagType(RowType, Node):
    """Rows of support_tag."""

    table = Tag
    prefix = "tag"

    name: str = column("name", "The tag, in lower case.")
    ticket_count: int = count_of(TicketTag, "name", "name", "How many tickets have it.")


def tag_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """The conditions of the argument `search`."""
    search: str | None = arguments.get("search")
    return [_IN_USE] if search is None else [_IN_USE, ("strpos(t.name, {}) > 0", folded(search))]
