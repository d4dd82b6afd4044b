"""The search index in this process: Qdrant's local mode for vectors, BM25 for words, a collection per organization."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Final, Protocol
from uuid import UUID

from qdrant_client import QdrantClient
from qdrant_client.models import Distance, PointIdsList, PointStruct, VectorParams

from rag.passages import ArticleChanges, Chunk, Passage, best_first, unit, unpacked
from rag.words import WordIndex

CANDIDATES: Final = 20
"""Taken by vector and by word; each then gets both scores. More of them changed no ranking that was measured."""


class SearchIndex(Protocol):
    """An index over the chunks of many organizations. Each call names its organization and reaches no other."""

    async def ping(self) -> None:
        """Come back if it can be asked; raises what keeps it from answering."""

    async def version(self, organization_id: UUID) -> int:
        """The version of the organization's articles that was applied last; 0 for one never seen."""

    async def apply(self, organization_id: UUID, changes: ArticleChanges) -> None:
        """Replaces the chunks of each changed article. Doing it twice is doing it once."""

    async def search(
        self,
        organization_id: UUID,
        question: str,
        vector: Sequence[float],
        limit: int,
        without: frozenset[UUID] = frozenset(),
    ) -> list[Passage]:
        """The best passages of the organization but those of articles in `without`, best first."""

    async def close(self) -> None:
        """Lets go of threads and connections."""


@dataclass(slots=True)
class _Shelf:
    """What one organization has in the index, beside the vectors."""

    collection: str
    version: int = 0
    chunks: dict[UUID, Chunk] = field(default_factory=dict)
    of_article: dict[UUID, list[UUID]] = field(default_factory=dict)
    words: WordIndex[UUID] = field(default_factory=WordIndex)


class EmbeddedIndex:
    """Lives in memory and is built again by each process. All work is done in one thread, off the event loop.

    A collection per organization, because local mode checks a filter in Python, point by point. Words are searched by
    our own index, because local mode walks every sparse vector: 50 ms for 1,600 chunks instead of a quarter of one.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._client = QdrantClient(":memory:")
        self._shelves: dict[UUID, _Shelf] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search-index")

    async def ping(self) -> None:
        """It is here as long as we are."""

    async def version(self, organization_id: UUID) -> int:
        shelf = self._shelves.get(organization_id)
        return shelf.version if shelf else 0

    async def apply(self, organization_id: UUID, changes: ArticleChanges) -> None:
        """Article by article, so that a search meanwhile waits for one of them at most."""
        run = asyncio.get_running_loop().run_in_executor
        for article_id, chunks in changes.articles.items():
            await run(self._worker, self._replace, organization_id, article_id, chunks)
        await run(self._worker, self._reach, organization_id, changes.version)

    async def search(
        self,
        organization_id: UUID,
        question: str,
        vector: Sequence[float],
        limit: int,
        without: frozenset[UUID] = frozenset(),
    ) -> list[Passage]:
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._worker, self._search, organization_id, question, vector, limit, without)

    async def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)
        self._client.close()

    def _shelf(self, organization_id: UUID) -> _Shelf:
        """The one way to an organization's chunks and vectors."""
        shelf = self._shelves.get(organization_id)
        if shelf is None:
            shelf = self._shelves[organization_id] = _Shelf(organization_id.hex)
            # Stored vectors have length 1; local mode's cosine would measure every one of them again for each question.
            vectors = VectorParams(size=self._dimensions, distance=Distance.DOT)
            self._client.create_collection(shelf.collection, vectors_config=vectors)
        return shelf

    def _reach(self, organization_id: UUID, version: int) -> None:
        self._shelf(organization_id).version = version

    def _replace(self, organization_id: UUID, article_id: UUID, chunks: Sequence[Chunk]) -> None:
        shelf = self._shelf(organization_id)
        if gone := shelf.of_article.pop(article_id, []):
            self._client.delete(shelf.collection, PointIdsList(points=list(gone)))
        for chunk_id in gone:
            del shelf.chunks[chunk_id]
            shelf.words.remove(chunk_id)
        if not chunks:
            return
        points = [PointStruct(id=str(chunk.id), vector=unpacked(chunk.embedding).tolist()) for chunk in chunks]
        self._client.upsert(shelf.collection, points)
        shelf.of_article[article_id] = [chunk.id for chunk in chunks]
        for chunk in chunks:
            shelf.chunks[chunk.id] = chunk
            shelf.words.put(chunk.id, chunk.searchable)

    def _search(
        self,
        organization_id: UUID,
        question: str,
        vector: Sequence[float],
        limit: int,
        without: frozenset[UUID],
    ) -> list[Passage]:
        shelf = self._shelf(organization_id)
        asked = unit(vector)
        ignored = {chunk_id for article_id in without for chunk_id in shelf.of_article.get(article_id, ())}
        # A filter would cost more than what it spares: local mode checks it point by point.
        wanted = CANDIDATES + len(ignored)
        nearest = self._client.query_points(shelf.collection, query=asked, limit=wanted, with_payload=False).points
        near = [(UUID(str(point.id)), point.score) for point in nearest]
        similarity = dict([pair for pair in near if pair[0] not in ignored][:CANDIDATES])
        by_word = {key: score for key, score in shelf.words.scores(question).items() if key not in ignored}
        for chunk_id in nlargest(CANDIDATES, by_word, key=by_word.__getitem__):
            if chunk_id not in similarity:
                similarity[chunk_id] = float(unpacked(shelf.chunks[chunk_id].embedding) @ asked)
        passages = (
            Passage.of(shelf.chunks[chunk_id], near, by_word.get(chunk_id, 0.0))
            for chunk_id, near in similarity.items()
        )
        return best_first(passages, limit)
