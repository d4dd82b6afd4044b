"""Signposts to resolvers/articles.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, encode
from graphql_api.mutations.shared import DeletedResult, given, given_value
from graphql_api.types.articles import ArticleType
from graphql_api.types.content_inputs import CreateArticleInput, UpdateArticleInput
from graphql_api.types.problem import DeletedType, ProblemType
from resolvers import articles

ArticleResult = Annotated[
    ArticleType | ProblemType,
    strawberry.union("ArticleResult", description="The article after the change, or a Problem."),
]


@strawberry.type
class ArticleMutations:
    """What agents do with the help centre."""

    @strawberry.mutation(
        description="Create a help-centre article or an internal snippet. `ArticleIndexed` in the feed says when "
        "search and drafts use it."
    )
    async def create_article(
        self, info: Info, input: Annotated[CreateArticleInput, strawberry.argument(description="The new article.")]
    ) -> ArticleResult:
        wanted = articles.ArticleChanges(input.title, input.body, input.kind, input.url, input.category)
        return await info.context.reads.reload(ArticleType, await articles.create_article(info.context.actor, wanted))

    @strawberry.mutation(description="Change an article. Drafts that cite it keep the words that they cited.")
    async def update_article(
        self, info: Info, input: Annotated[UpdateArticleInput, strawberry.argument(description="What to change.")]
    ) -> ArticleResult:
        title, body = given_value(input.title, "title"), given_value(input.body, "body")
        kind, url, category = given_value(input.kind, "kind"), given(input.url), given(input.category)
        wanted = articles.ArticleChanges(title, body, kind, url, category)
        changed = await articles.update_article(
            info.context.actor, decode("art", input.article_id), wanted, input.expected_version
        )
        return await info.context.reads.reload(ArticleType, changed)

    @strawberry.mutation(description="Delete an article. Drafts that cite it keep the words that they cited.")
    async def delete_article(
        self, info: Info, article_id: Annotated[strawberry.ID, strawberry.argument(description="The article.")]
    ) -> DeletedResult:
        gone = await articles.delete_article(info.context.actor, decode("art", article_id))
        return DeletedType(id=strawberry.ID(encode("art", gone)))
