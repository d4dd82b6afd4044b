"""What the knowledge base holds and finds: chunks of articles, and passages with their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from rag.chunks import searchable

_SIMILARITY_SHARE: Final = 0.7
_STRONG_WORD_SCORE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored piece of an article with its vector (float32, little-endian) by `model`."""

    id: UUID
    article_id: UUID
    position: int
    title: str
    heading: str | None
    url: str | None
    text: str
    model: str
    embedding: bytes

    @property
    def searchable(self) -> str:
        return searchable(self.title, self.heading, self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a question found: `similarity` is the cosine of the vectors, `word_score` is BM25."""

    chunk_id: UUID
    article_id: UUID
    position: int
    title: str
    heading: str | None
    url: str | None
    text: str
    similarity: float
    word_score: float

    @classmethod
    def of(cls, chunk: Chunk, similarity: float, word_score: float) -> Passage:
        return cls(
            chunk_id=chunk.id,
            article_id=chunk.article_id,
            position=chunk.position,
            title=chunk.title,
            heading=chunk.heading,
            url=chunk.url,
            text=chunk.text,
            similarity=similarity,
            word_score=word_score,
        )

    @property
    def score(self) -> float:
        """One scale for both, from 0 to 1, that depends on nothing else found: it can be compared between questions.

        Both weights are flat optima on the Arduino and MT-RAG questions (`benchmarks/eval_retrieval.py`).
        """
        by_word = self.word_score / (self.word_score + _STRONG_WORD_SCORE)
        return _SIMILARITY_SHARE * max(self.similarity, 0.0) + (1 - _SIMILARITY_SHARE) * by_word


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """All chunks of each article that changed, none for one that is gone, and the version that this leads to."""

    version: int
    articles: Mapping[UUID, Sequence[Chunk]]


def unit(vector: Sequence[float]) -> NDArray[np.float32]:
    """The vector at length 1, whatever the embeddings give: then a product of two is their cosine."""
    numbers: NDArray[np.float32] = np.asarray(vector, dtype="<f4")
    return numbers / np.float32(max(float(np.linalg.norm(numbers)), 1e-12))


def packed(vector: Sequence[float]) -> bytes:
    """The vector as it is stored."""
    return unit(vector).tobytes()


def unpacked(embedding: bytes) -> NDArray[np.float32]:
    return np.frombuffer(embedding, dtype="<f4")


def best_first(passages: Iterable[Passage], limit: int) -> list[Passage]:
    """By score; equal ones in a fixed order."""
    return sorted(passages, key=lambda passage: (-passage.score, passage.chunk_id))[:limit]
