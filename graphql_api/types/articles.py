"""The help centre."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.reading.reads import HIDDEN, Node, RowType, column
from graphql_api.types import enums as enums
from models.assistance import Article, ArticleKind


@strawberry.type(name="Article", description="A page of the help centre, or an internal snippet.")
class ArticleType(RowType, Node):
    """Rows of support_article."""

    table = Article
    prefix = "art"

    kind: ArticleKind = column("kind", "Who may read it.", enum=ArticleKind)
    title: str = column("title", "The title.")
    body: str = column("body", "The text, in Markdown.")
    url: str | None = column("url", "Where customers read it.")
    category: str | None = column("category", "Its section of the help centre.")
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    created_at: datetime = column("created_at", "When it was written.")
    updated_at: datetime = column("updated_at", "When its text last changed.")
    indexed_at: datetime | None = column(
        "indexed_at", "When its text was last indexed for search and drafts; null: not yet.", customer=HIDDEN
    )
