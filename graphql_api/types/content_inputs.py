"""What clients send to change what an organization keeps beside its tickets."""

from __future__ import annotations

import strawberry


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    """Admins only."""

    name: str = strawberry.field(
        description="The name, at most 100 characters; no other category's, whatever the case of the letters."
    )
    description: str | None = strawberry.field(default=None, description="When to choose it, at most 1,000 characters.")


@strawberry.input(description="What to change of a category; what is left out stays.")
class UpdateCategoryInput:
    """Admins only."""

    category_id: strawberry.ID = strawberry.field(description="The category.")
    name: str | None = strawberry.field(default=None, description="Another name.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="When to choose it; null takes the description away."
    )
