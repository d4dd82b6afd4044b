"""The knowledge base: prepares articles for storage, keeps the index in step with what is stored, answers searches."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from langchain_core.embeddings import Embeddings

from rag.chunks import split_article
from rag.index import SearchIndex
from rag.passages import ArticleChanges, Passage, packed
from rag.words import plain_question

logger = logging.getLogger(__name__)


class ChunkStore(Protocol):
    """Where articles, chunks and vectors are kept; the index is only built from it.

    An organization's version grows with every change to its articles, deletions too.
    """

    async def version(self, organization_id: UUID) -> int:
        """The version now; 0 for an organization without articles."""

    async def changed_since(self, organization_id: UUID, version: int) -> ArticleChanges:
        """Every article changed or deleted after `version`, and the version that this leads to, in one snapshot."""


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    """A chunk at its position, ready to be stored; no embedding means that it is stored already under this hash."""

    position: int
    heading: str | None
    text: str
    text_hash: str
    embedding: bytes | None


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """All chunks of an article in order, and the hashes of stored ones that it no longer has."""

    model: str
    chunks: tuple[PreparedChunk, ...]
    gone: frozenset[str]

    @property
    def embedded(self) -> int:
        """How many chunks are new."""
        return sum(chunk.embedding is not None for chunk in self.chunks)


Progress = Callable[[int, int], None]
"""Told how many of how many new chunks are embedded."""


class KnowledgeBase:
    """One per process. `model` names the embeddings with their version; vectors of another model are never searched."""

    def __init__(self, store: ChunkStore, index: SearchIndex, embeddings: Embeddings, model: str) -> None:
        self.embeddings = embeddings
        self.model = model
        self._store = store
        self.index = index
        self._refreshing: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def prepare_article(
        self, title: str, body: str, stored: Collection[str] = (), progress: Progress | None = None
    ) -> PreparedArticle:
        """Splits the article and embeds the chunks whose hash is not among the `stored` ones. Stores nothing."""
        split = await asyncio.to_thread(split_article, title, body)
        chunks = {chunk.text_hash(self.model): chunk for chunk in split}
        new = [text_hash for text_hash in chunks if text_hash not in stored]
        embeddings: dict[str, bytes] = {}
        for done, text_hash in enumerate(new, 1):
            (vector,) = await self.embeddings.aembed_documents([chunks[text_hash].searchable])
            embeddings[text_hash] = packed(vector)
            if progress:
                progress(done, len(new))
        prepared = (
            PreparedChunk(position, chunk.heading, chunk.text, text_hash, embeddings.get(text_hash))
            for position, (text_hash, chunk) in enumerate(chunks.items())
        )
        return PreparedArticle(self.model, tuple(prepared), frozenset(stored) - chunks.keys())

    async def search(
        self, organization_id: UUID, question: str, limit: int = 8, *, without: frozenset[UUID] = frozenset()
    ) -> list[Passage]:
        """The passages that may answer, best first, as of the articles stored when it is asked; none of the articles in
        `without`."""
        question = plain_question(question)
        if not question:
            return []
        await self.refresh(organization_id)
        vector = await self.embeddings.aembed_query(question)
        return await self.index.search(organization_id, question, vector, limit, without)

    async def refresh(self, organization_id: UUID) -> None:
        """Brings the index up to what is stored. Searches do it; at start it saves the first one the wait."""
        async with self._refreshing[organization_id]:
            known = await self.index.version(organization_id)
            if known == await self._store.version(organization_id):
                return
            changes = await self._store.changed_since(organization_id, known)
            await self.index.apply(organization_id, self._searchable(changes))

    async def close(self) -> None:
        await self.index.close()

    def _searchable(self, changes: ArticleChanges) -> ArticleChanges:
        """Without chunks by another model: they are found again once their article is prepared by this one."""
        articles = {
            article_id: [chunk for chunk in chunks if chunk.model == self.model]
            for article_id, chunks in changes.articles.items()
        }
        ignored = sum(map(len, changes.articles.values())) - sum(map(len, articles.values()))
        if ignored:
            logger.warning("%d chunks have vectors of another model than %s: not searched.", ignored, self.model)
        return ArticleChanges(changes.version, articles)
