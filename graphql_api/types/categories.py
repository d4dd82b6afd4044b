"""What tickets are about."""

from __future__ import annotations

import strawberry

from graphql_api.reading.reads import Node, RowType, column
from models.tickets import Category


@strawberry.type(name="Category", description="What a ticket is about: an entry of the organization's list.")
class CategoryType(RowType, Node):
    """Rows of support_category."""

    table = Category
    prefix = "cat"

    name: str = column("name", "The category's name.")
    description: str | None = column("description", "When to choose it.")
