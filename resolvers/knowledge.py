"""The help centre as search needs it: articles imported, cut into stored chunks, read back by those that search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.assistance import Article, ArticleChunk
from models.database import Database
from models.errors import Conflict, NotFound
from models.events import ArticleChanged, ArticleIndexed
from models.fact import Change
from models.rows import load, load_all, new, select
from models.writer import Write, lock_organization, organization_write
from rag.articles import ArticleFile
from rag.knowledge import PreparedArticle, PreparedChunk
from rag.passages import ArticleChanges, Chunk
from resolvers.access import access, look_up, operation


@dataclass(frozen=True, slots=True)
class ImportedArticles:
    """What an import came to. Those added and changed are still to be indexed, which follows their events."""

    added: tuple[UUID, ...]
    changed: tuple[UUID, ...]
    unchanged: int


@operation
async def import_articles(actor: Actor, files: Iterable[ArticleFile]) -> ImportedArticles:
    """Add articles, or bring those of the same external id up to date, in one write; what is unchanged stays untouched.

    The caller chooses how many come at once. Of two files with one id the last counts.
    """
    wanted = {file.id: file for file in files}
    async with organization_write(actor) as write:
        known = await _known_articles(write, wanted)
        added = [_add(write, file) for name, file in wanted.items() if name not in known]
        changed = [article.id for name, article in known.items() if _bring_up_to_date(write, article, wanted[name])]
        for change, ids in ((Change.CREATED, added), (Change.UPDATED, changed)):
            for article_id in ids:
                write.record(ArticleChanged(article_id=article_id, change=change))
    return ImportedArticles(tuple(added), tuple(changed), unchanged=len(known) - len(changed))


async def _known_articles(write: Write, wanted: Iterable[str]) -> Mapping[str, Article]:
    # Two imports at once would both find an article missing: the second waits for the first.
    await lock_organization(write)
    rows = await write.connection.fetch(
        f"{select(Article)} WHERE t.organization_id = $1 AND t.external_id = ANY($2) FOR NO KEY UPDATE",
        write.actor.organization_id,
        list(wanted),
    )
    return {row["external_id"]: load(Article, row) for row in rows}


def _add(write: Write, file: ArticleFile) -> UUID:
    article = new(
        Article,
        organization_id=write.actor.organization_id,
        external_id=file.id,
        created_at=write.now,
        updated_at=write.now,
        **_columns(file),
    )
    write.insert(article)
    return article.id


def _bring_up_to_date(write: Write, article: Article, file: ArticleFile) -> bool:
    columns = _columns(file)
    if all(getattr(article, name) == value for name, value in columns.items()):
        return False
    write.update(article, version=article.version + 1, updated_at=write.now, **columns)
    return True


def _columns(file: ArticleFile) -> dict[str, str | None]:
    return {
        "title": file.title,
        "body": file.body,
        "url": file.source,
        "category": file.category,
        "section": file.section,
    }


@dataclass(frozen=True, slots=True)
class IndexableArticle:
    """An article as an indexer reads it: `version` is what it read, `stored` are the hashes of the chunks there are."""

    version: int
    title: str
    body: str
    stored: frozenset[str]


async def indexable_article(actor: Actor, article_id: UUID) -> IndexableArticle | None:
    """The article as it is now; None where it was removed."""
    try:
        article = await look_up(actor, Article, article_id)
    except NotFound:
        return None
    rows = await actor.database.fetch("SELECT text_hash FROM support_article_chunk WHERE article_id = $1", article_id)
    stored = frozenset(row["text_hash"] for row in rows)
    return IndexableArticle(article.version, article.title, article.body, stored)


@operation
async def index_article(actor: Actor, article_id: UUID, version: int | None, prepared: PreparedArticle | None) -> bool:
    """Make the article's chunks what was prepared from this version of it, both None for one that is removed.

    False, and nothing is written, where the article is another by now: its own event brings it up to date.
    """
    async with organization_write(actor) as write:
        try:
            article = await access(write, Article, article_id)
        except NotFound:
            article = None
        if (article.version if article else None) != version:
            return False
        if article and prepared:
            await _replace_chunks(write, article, prepared)
            write.update(article, indexed_at=write.now)
        write.record(ArticleIndexed(article_id=article_id))
    return True


async def _replace_chunks(write: Write, article: Article, prepared: PreparedArticle) -> None:
    wanted = {chunk.text_hash: chunk for chunk in prepared.chunks}
    await write.connection.execute(
        "DELETE FROM support_article_chunk WHERE article_id = $1 AND text_hash <> ALL($2)", article.id, list(wanted)
    )
    rows = await write.connection.fetch(f"{select(ArticleChunk)} WHERE t.article_id = $1", article.id)
    kept = {chunk.text_hash: chunk for chunk in load_all(ArticleChunk, rows)}
    moved = [chunk for text_hash, chunk in kept.items() if chunk.position != wanted[text_hash].position]
    if moved:
        # A position is taken until the row that has it moves on, so all of them step aside first.
        await write.connection.execute(
            "UPDATE support_article_chunk SET position = -1 - position WHERE id = ANY($1)",
            [chunk.id for chunk in moved],
        )
    for chunk in moved:
        write.update(chunk, position=wanted[chunk.text_hash].position)
    for text_hash, prepared_chunk in wanted.items():
        if text_hash not in kept:
            _insert_chunk(write, article, prepared_chunk, prepared.model)


def _insert_chunk(write: Write, article: Article, chunk: PreparedChunk, model: str) -> None:
    if chunk.embedding is None:
        raise Conflict("Somebody else indexed the article meanwhile. Index it again.")
    write.insert(
        new(
            ArticleChunk,
            organization_id=article.organization_id,
            article_id=article.id,
            position=chunk.position,
            heading=chunk.heading,
            text=chunk.text,
            text_hash=chunk.text_hash,
            model=model,
            embedding=chunk.embedding,
        )
    )


class PostgresChunks:
    """The chunks of every organization, for search indexes to be built from. A version is the log's seq of the last
    ArticleIndexed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self, organization_id: UUID) -> int:
        seq = await self._database.fetchval(
            "SELECT seq FROM support_event WHERE organization_id = $1 AND type = $2 ORDER BY seq DESC LIMIT 1",
            organization_id,
            ArticleIndexed.__name__,
        )
        return seq or 0

    async def changed_since(self, organization_id: UUID, version: int) -> ArticleChanges:
        # One statement, one snapshot: chunks are never newer than the version that they are handed out as.
        rows = await self._database.fetch(_CHANGED_SINCE, organization_id, version, ArticleIndexed.__name__)
        articles: dict[UUID, list[Chunk]] = {row["changed_id"]: [] for row in rows}
        for row in rows:
            if row["id"]:
                articles[row["changed_id"]].append(
                    Chunk(
                        id=row["id"],
                        article_id=row["changed_id"],
                        position=row["position"],
                        title=row["title"],
                        heading=row["heading"],
                        url=row["url"],
                        text=row["text"],
                        model=row["model"],
                        embedding=row["embedding"],
                    )
                )
        return ArticleChanges(max((row["seq"] for row in rows), default=version), articles)


_CHANGED_SINCE = """
SELECT changed.id AS changed_id, changed.seq,
       chunk.id, chunk.position, article.title, chunk.heading, article.url, chunk.text, chunk.model, chunk.embedding
FROM (
    SELECT (data ->> 'article_id')::uuid AS id, max(seq) AS seq FROM support_event
    WHERE organization_id = $1 AND seq > $2 AND type = $3 GROUP BY 1
) changed
LEFT JOIN support_article article ON article.id = changed.id AND article.organization_id = $1
LEFT JOIN support_article_chunk chunk ON chunk.article_id = article.id
ORDER BY changed.id, chunk.position
"""
