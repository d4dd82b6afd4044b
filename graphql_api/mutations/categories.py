"""Signposts to resolvers/categories.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, encode
from graphql_api.mutations.shared import DeletedResult, given, given_value
from graphql_api.types.categories import CategoryType
from graphql_api.types.content_inputs import CreateCategoryInput, UpdateCategoryInput
from graphql_api.types.problem import DeletedType, ProblemType
from resolvers import categories

CategoryResult = Annotated[
    CategoryType | ProblemType,
    strawberry.union("CategoryResult", description="The category after the change, or a Problem."),
]


@strawberry.type
class CategoryMutations:
    """What admins do with the list of categories."""

    @strawberry.mutation(description="Create a category. For admins.")
    async def create_category(
        self, info: Info, input: Annotated[CreateCategoryInput, strawberry.argument(description="The new category.")]
    ) -> CategoryResult:
        made = await categories.create_category(info.context.actor, input.name, input.description)
        return await info.context.reads.reload(CategoryType, made)

    @strawberry.mutation(description="Change a category's name or description. For admins.")
    async def update_category(
        self, info: Info, input: Annotated[UpdateCategoryInput, strawberry.argument(description="What to change.")]
    ) -> CategoryResult:
        name, description = given_value(input.name, "name"), given(input.description)
        wanted = categories.CategoryChanges(name, description)
        category_id = decode("cat", input.category_id)
        changed = await categories.update_category(info.context.actor, category_id, wanted)
        return await info.context.reads.reload(CategoryType, changed)

    @strawberry.mutation(
        description="Delete a category. Its tickets stay as they are and show no category from then on. For admins."
    )
    async def delete_category(
        self, info: Info, category_id: Annotated[strawberry.ID, strawberry.argument(description="The category.")]
    ) -> DeletedResult:
        gone = await categories.delete_category(info.context.actor, decode("cat", category_id))
        return DeletedType(id=strawberry.ID(encode("cat", gone)))
