"""The question sets of ../shared/data as organizations of a knowledge base, for the evaluations."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from langchain_core.embeddings import Embeddings

from rag.articles import parse_article
from rag.embedding import MiniLmEmbeddings
from rag.index import EmbeddedIndex
from rag.knowledge import KnowledgeBase
from rag.passages import ArticleChanges, Chunk, packed, unpacked

CHECKOUT = Path(__file__).resolve().parents[1]
DATA = CHECKOUT.parent / "shared" / "data"
TOKENIZER = CHECKOUT / ".cache" / "minilm" / "tokenizer.json"
_NAMES = UUID("8f6f4a52-3a0e-4c57-9c53-6f0f3b1f7f10")


@dataclass(frozen=True, slots=True)
class Text:
    """An article or passage under the name that the labels use."""

    name: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an organization, and which of its texts answer it (none: nothing does)."""

    organization: str
    text: str
    gold: frozenset[str]
    label: str


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Texts by organization, and the questions."""

    name: str
    texts: dict[str, list[Text]]
    questions: list[Question]


def identity(*names: str) -> UUID:
    """The same id for the same names in every run."""
    return uuid5(_NAMES, "/".join(names))


def arduino() -> QuestionSet:
    articles = [parse_article(path.read_text()) for path in sorted((DATA / "arduino_help_center").glob("*.mdx"))]
    texts = [Text(article.id, article.title, article.body) for article in articles]
    rows = _lines(DATA / "arduino_questions.jsonl")
    questions = [Question("arduino", row["question"], frozenset(row["gold"]), row["label"]) for row in rows]
    return QuestionSet("arduino", {"arduino": texts}, questions)


def mtrag() -> QuestionSet:
    """A question is asked with the customer's turn before it, as a ticket's thread would give it."""
    texts: dict[str, list[Text]] = defaultdict(list)
    for row in _lines(DATA / "mtrag_passages.jsonl"):
        texts[row["org"]].append(Text(row["id"], row["title"], row["text"]))
    questions = [
        Question(row["org"], _with_last_turn(row), frozenset(row["gold"]), row["label"])
        for row in _lines(DATA / "mtrag_questions.jsonl")
    ]
    return QuestionSet("mtrag", texts, questions)


class MemoryStore:
    """A chunk store for one run."""

    def __init__(self) -> None:
        self.articles: dict[UUID, dict[UUID, list[Chunk]]] = defaultdict(dict)

    async def version(self, organization_id: UUID) -> int:
        return len(self.articles[organization_id])

    async def changed_since(self, organization_id: UUID, version: int) -> ArticleChanges:
        return ArticleChanges(len(self.articles[organization_id]), self.articles[organization_id])


class RememberedEmbeddings(Embeddings):
    """Keeps what was embedded in a file, so that only the first evaluation takes minutes."""

    def __init__(self, embeddings: MiniLmEmbeddings, file: Path) -> None:
        self._embeddings = embeddings
        self._file = file
        width = 32 + 4 * embeddings.dimensions
        stored = file.read_bytes() if file.exists() else b""
        records = (stored[start : start + width] for start in range(0, len(stored) - width + 1, width))
        self._known = {record[:32]: record[32:] for record in records}

    def embed_query(self, text: str) -> list[float]:
        digest = hashlib.sha256(f"{self._embeddings.model}\0{text}".encode()).digest()
        if digest not in self._known:
            self._known[digest] = packed(self._embeddings.embed_query(text))
            with self._file.open("ab") as file:
                file.write(digest + self._known[digest])
        vector: list[float] = unpacked(self._known[digest]).tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def remembered_embeddings() -> RememberedEmbeddings:
    file = CHECKOUT / ".cache" / "evaluation-vectors.bin"
    return RememberedEmbeddings(MiniLmEmbeddings(TOKENIZER), file)


async def knowledge_of(sets: Iterable[QuestionSet], embeddings: Embeddings) -> KnowledgeBase:
    """A knowledge base that holds every organization of the sets."""
    store = MemoryStore()
    model = MiniLmEmbeddings.model
    knowledge = KnowledgeBase(store, EmbeddedIndex(MiniLmEmbeddings.dimensions), embeddings, model)
    for organization, texts in ((name, texts) for one in sets for name, texts in one.texts.items()):
        for text in texts:
            article_id = identity(organization, text.name)
            prepared = await knowledge.prepare_article(text.title, text.body)
            store.articles[identity(organization)][article_id] = [
                Chunk(
                    id=identity(organization, text.name, str(chunk.position)),
                    article_id=article_id,
                    position=chunk.position,
                    title=text.title,
                    heading=chunk.heading,
                    url=None,
                    text=chunk.text,
                    model=model,
                    embedding=chunk.embedding or b"",
                )
                for chunk in prepared.chunks
            ]
    return knowledge


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _with_last_turn(row: dict[str, Any]) -> str:
    turns = [turn.removeprefix("user: ") for turn in row["history"] if turn.startswith("user: ")]
    return " ".join([*turns[-1:], row["question"]])
