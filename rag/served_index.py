"""The search index on a Qdrant server: one collection for all organizations, shared by all processes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid5

import numpy as np
from qdrant_client import AsyncQdrantClient
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from qdrant_client.models import (
    Distance,
    FieldCondition,
    Filter,
    FilterSelector,
    HasIdCondition,
    IdfCorpusParams,
    KeywordIndexParams,
    KeywordIndexType,
    MatchAny,
    MatchValue,
    Modifier,
    PointStruct,
    ScoredPoint,
    SearchParams,
    SparseVector,
    SparseVectorParams,
    VectorParams,
)

from models.errors import Unavailable
from rag.index import CANDIDATES
from rag.passages import ArticleChanges, Chunk, Passage, best_first, unit, unpacked
from rag.words import term_id, term_weights, terms

_TEXT: Final = "text"
_WORDS: Final = "words"
_BATCH: Final = 200


class ServedIndex:
    """Survives its processes: what one applied, the others find. Any of them may apply the same changes again.

    A collection is named by its model, so a new model starts with an empty one and never meets vectors of the old.
    """

    def __init__(self, client: AsyncQdrantClient, model: str, dimensions: int) -> None:
        self._client = client
        self._dimensions = dimensions
        self._prepared = False
        self._collection = f"support_article_chunk_{hashlib.sha256(model.encode()).hexdigest()[:12]}"

    async def _prepare(self) -> None:
        """Make the collection unless it is there. All else does it first: a server that is away at start may come."""
        if self._prepared:
            return
        async with self._reaching_server():
            if not await self._client.collection_exists(self._collection):
                await self._create()
                tenant = KeywordIndexParams(type=KeywordIndexType.KEYWORD, is_tenant=True)
                await self._client.create_payload_index(self._collection, "organization_id", field_schema=tenant)
                plain = KeywordIndexParams(type=KeywordIndexType.KEYWORD)
                await self._client.create_payload_index(self._collection, "article_id", field_schema=plain)
        self._prepared = True

    async def _create(self) -> None:
        try:
            await self._client.create_collection(
                self._collection,
                vectors_config={_TEXT: VectorParams(size=self._dimensions, distance=Distance.COSINE)},
                sparse_vectors_config={_WORDS: SparseVectorParams(modifier=Modifier.IDF)},
            )
        except UnexpectedResponse as refusal:
            if refusal.status_code != HTTPStatus.CONFLICT:  # another process was faster
                raise

    async def ping(self) -> None:
        async with self._reaching_server():
            await self._client.collection_exists(self._collection)

    async def version(self, organization_id: UUID) -> int:
        await self._prepare()
        async with self._reaching_server():
            found = await self._client.retrieve(self._collection, [_marker(organization_id)])
        return int((found[0].payload or {})["version"]) if found else 0

    async def apply(self, organization_id: UUID, changes: ArticleChanges) -> None:
        """New chunks come before old ones go, so that a search meanwhile misses nothing; the version comes last."""
        await self._prepare()
        points = [_point(organization_id, chunk) for chunks in changes.articles.values() for chunk in chunks]
        changed = FieldCondition(key="article_id", match=MatchAny(any=[str(key) for key in changes.articles]))
        stale = _of(organization_id, changed)
        if points:
            stale.must_not = [HasIdCondition(has_id=[point.id for point in points])]
        async with self._reaching_server():
            for start in range(0, len(points), _BATCH):
                await self._client.upsert(self._collection, points[start : start + _BATCH])
            await self._client.delete(self._collection, FilterSelector(filter=stale))
            payload = {"organization_id": str(organization_id), "version": changes.version}
            marker = PointStruct(id=_marker(organization_id), vector={}, payload=payload)
            await self._client.upsert(self._collection, [marker])

    async def search(
        self,
        organization_id: UUID,
        question: str,
        vector: Sequence[float],
        limit: int,
        without: frozenset[UUID] = frozenset(),
    ) -> list[Passage]:
        """Two trips: the candidates by vector and by word, then the word scores of those found by vector alone."""
        await self._prepare()
        searched = _of(organization_id)
        if without:
            searched.must_not = [FieldCondition(key="article_id", match=MatchAny(any=[str(key) for key in without]))]
        async with self._reaching_server():
            near = await self._client.query_points(
                self._collection, query=list(vector), using=_TEXT, query_filter=searched, limit=CANDIDATES
            )
            worded = await self._by_word(organization_id, question, searched, CANDIDATES)
            word_scores = {point.id: point.score for point in worded}
            unworded = HasIdCondition(has_id=[point.id for point in near.points if point.id not in word_scores])
            for point in await self._by_word(organization_id, question, _of(organization_id, unworded), CANDIDATES):
                word_scores[point.id] = point.score
        found = {point.id: (point, point.score) for point in near.points}
        for point in worded:
            found.setdefault(point.id, (point, _cosine(point, vector)))
        passages = (
            _passage(point, similarity, word_scores.get(key, 0.0)) for key, (point, similarity) in found.items()
        )
        return best_first(passages, limit)

    async def close(self) -> None:
        await self._client.close()

    @asynccontextmanager
    async def _reaching_server(self) -> AsyncIterator[None]:
        try:
            yield
        except (ResponseHandlingException, UnexpectedResponse) as error:
            if isinstance(error, UnexpectedResponse) and error.status_code == HTTPStatus.NOT_FOUND:
                # It has come back without its data: whoever asks next makes the collection and fills it again.
                self._prepared = False
            raise Unavailable("The search index can't be reached; trying again later is right.") from error

    async def _by_word(
        self, organization_id: UUID, question: str, searched: Filter, limit: int
    ) -> Sequence[ScoredPoint]:
        """By BM25; how rare a word is counts within the organization only."""
        numbers = sorted({term_id(term) for term in terms(question)})
        if not numbers:
            return []
        answer = await self._client.query_points(
            self._collection,
            query=SparseVector(indices=numbers, values=[1.0] * len(numbers)),
            using=_WORDS,
            query_filter=searched,
            search_params=SearchParams(idf=IdfCorpusParams(corpus=_of(organization_id))),
            limit=limit,
            with_vectors=[_TEXT],
        )
        return answer.points


def _of(organization_id: UUID, *conditions: FieldCondition | HasIdCondition) -> Filter:
    """The one filter every request goes through: this organization's points."""
    own = FieldCondition(key="organization_id", match=MatchValue(value=str(organization_id)))
    return Filter(must=[own, *conditions])


def _marker(organization_id: UUID) -> str:
    """The id of the point that remembers how far an organization was applied. It has no vectors: no search finds it."""
    return str(uuid5(organization_id, "version"))


def _point(organization_id: UUID, chunk: Chunk) -> PointStruct:
    weights = {term_id(term): weight for term, weight in term_weights(terms(chunk.searchable)).items()}
    words = SparseVector(indices=sorted(weights), values=[weights[number] for number in sorted(weights)])
    return PointStruct(
        id=str(chunk.id),
        vector={_TEXT: unpacked(chunk.embedding).tolist(), _WORDS: words},
        payload={
            "organization_id": str(organization_id),
            "article_id": str(chunk.article_id),
            "position": chunk.position,
            "title": chunk.title,
            "heading": chunk.heading,
            "url": chunk.url,
            "text": chunk.text,
        },
    )


def _passage(point: ScoredPoint, similarity: float, word_score: float) -> Passage:
    payload = point.payload or {}
    return Passage(
        chunk_id=UUID(str(point.id)),
        article_id=UUID(payload["article_id"]),
        position=payload["position"],
        title=payload["title"],
        heading=payload["heading"],
        url=payload["url"],
        text=payload["text"],
        similarity=similarity,
        word_score=word_score,
    )


def _cosine(point: ScoredPoint, vector: Sequence[float]) -> float:
    stored = point.vector[_TEXT] if isinstance(point.vector, dict) else []
    return float(np.asarray(stored) @ unit(vector))
