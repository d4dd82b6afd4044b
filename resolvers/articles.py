"""The help centre and the organization's own snippets: written, rewritten, removed, searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.assistance import Article, ArticleKind
from models.errors import InvalidInput
from models.events import ArticleChanged
from models.fact import Change
from models.rows import new
from models.writer import organization_write
from rag.knowledge import KnowledgeBase
from rag.passages import Passage
from resolvers import inputs
from resolvers.access import Parameters, access, operation
from resolvers.patches import KEEP, Keep, differing, expect_version

TITLE_LIMIT = 300
TEXT_LIMIT = 200_000
CATEGORY_LIMIT = 200
QUESTION_LIMIT = 1_000
PASSAGES_LIMIT = 20


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """What to change of an article, or what a new one is made of."""

    title: str | Keep = KEEP
    body: str | Keep = KEEP
    kind: ArticleKind | Keep = KEEP
    url: str | Keep | None = KEEP
    category: str | Keep | None = KEEP


@operation
async def create_article(actor: Actor, wanted: ArticleChanges) -> UUID:
    """One more article or snippet. Searches find it once it is indexed, which follows its event."""
    columns = {name: value for name, value in _columns(wanted).items() if value is not KEEP}
    async with organization_write(actor) as write:
        stamps = {"created_at": write.now, "updated_at": write.now}
        article = new(Article, organization_id=actor.organization_id, **stamps, **columns)
        write.insert(article)
        write.record(ArticleChanged(article_id=article.id, change=Change.CREATED))
    return article.id


@operation
async def update_article(
    actor: Actor, article_id: UUID | None, wanted: ArticleChanges, expected_version: int | None = None
) -> UUID:
    """Rewrite an article. Drafts that cite it keep the words that they cited."""
    columns = _columns(wanted)
    async with organization_write(actor) as write:
        article = await access(write, Article, article_id)
        expect_version("article", article.version, expected_version)
        changes = differing(article, **columns)
        if changes:
            write.update(article, version=article.version + 1, updated_at=write.now, **changes)
            write.record(ArticleChanged(article_id=article.id, change=Change.UPDATED))
    return article.id


@operation
async def delete_article(actor: Actor, article_id: UUID | None) -> UUID:
    """Remove an article. Drafts that cite it keep the words that they cited, and no longer lead to it."""
    async with organization_write(actor) as write:
        article = await access(write, Article, article_id)
        # Foreign keys would do both, but in the last statement, while others wait for the log's counter.
        await write.connection.execute(
            "UPDATE support_suggestion_source SET article_id = NULL WHERE article_id = $1", article.id
        )
        await write.connection.execute("DELETE FROM support_article_chunk WHERE article_id = $1", article.id)
        write.delete([article])
        write.record(ArticleChanged(article_id=article.id, change=Change.DELETED))
    return article.id


def _columns(wanted: ArticleChanges) -> dict[str, Any]:
    """The columns that are wanted, checked and in the form that is stored; KEEP where nothing was said."""
    url, category = wanted.url, wanted.category
    return {
        "title": KEEP if wanted.title is KEEP else inputs.line(wanted.title, "title", TITLE_LIMIT),
        "body": KEEP if wanted.body is KEEP else inputs.text(wanted.body, "body", TEXT_LIMIT),
        "kind": wanted.kind,
        "url": inputs.web_address(url, "url") if isinstance(url, str) else url,
        "category": inputs.line(category, "category", CATEGORY_LIMIT) if isinstance(category, str) else category,
    }


@operation
async def search_articles(actor: Actor, knowledge: KnowledgeBase, query: str, first: int) -> list[Passage]:
    """The passages that may answer a question, the best first, of the articles that the actor may read."""
    question = inputs.text(query, "query", QUESTION_LIMIT)
    if not 1 <= first <= PASSAGES_LIMIT:
        raise InvalidInput(f"A search finds 1 to {PASSAGES_LIMIT} passages.", ["first"])
    hidden = await _hidden(actor)
    passages = await knowledge.search(actor.organization_id, question, first, without=frozenset(hidden))
    visible = await _visible(actor, [passage.article_id for passage in passages])
    return [passage for passage in passages if passage.article_id in visible]


async def _hidden(actor: Actor) -> list[UUID]:
    """The organization's articles that the actor may not read, so that they take no place among what is found."""
    if not actor.is_customer:
        return []
    parameters = Parameters(actor)
    organization = parameters.bind(actor.organization_id, "uuid")
    rows = await actor.database.fetch(
        f"SELECT t.id FROM support_article t WHERE t.organization_id = {organization}"
        f" AND NOT ({parameters.scope(Article)})",
        *parameters.values,
    )
    return [row["id"] for row in rows]


async def _visible(actor: Actor, article_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the articles that are there now for the actor to read: an index learns of it a moment later."""
    parameters = Parameters(actor)
    rows = await actor.database.fetch(
        f"SELECT t.id FROM support_article t WHERE t.id = ANY({parameters.bind(article_ids)})"
        f" AND {parameters.scope(Article)}",
        *parameters.values,
    )
    return {row["id"] for row in rows}
