"""Vectors come from a model on this machine and never hold up the event loop."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest

from rag.embedding import MiniLmEmbeddings, TokenizerMissing
from tests.rag.parts import TOKENIZER

LONG = "The lamp remembers the brightness that you chose last. " * 40


class WatchedEmbeddings(MiniLmEmbeddings):
    """Remembers which threads did the work."""

    def __init__(self, tokenizer: Path) -> None:
        super().__init__(tokenizer)
        self.threads: set[int] = set()

    def embed_query(self, text: str) -> list[float]:
        self.threads.add(threading.get_ident())
        return super().embed_query(text)


def test_vectors_are_normalized_and_alike_for_texts_of_like_meaning(embeddings: MiniLmEmbeddings) -> None:
    vectors = np.array(
        embeddings.embed_documents(["My lamp is broken", "The lamp does not work", "Where is my invoice?"])
    )

    assert vectors.shape == (3, embeddings.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1])
    assert vectors[0] @ vectors[1] > 0.5 > 0.3 > vectors[0] @ vectors[2]


async def test_the_same_text_has_the_same_vector_however_it_is_asked_for(embeddings: MiniLmEmbeddings) -> None:
    alone = embeddings.embed_query("My lamp stays dark")

    assert await embeddings.aembed_query("My lamp stays dark") == alone
    assert (await embeddings.aembed_documents([LONG, "My lamp stays dark"]))[1] == alone


async def test_text_without_words_has_a_vector_too(embeddings: MiniLmEmbeddings) -> None:
    assert len(await embeddings.aembed_query("")) == embeddings.dimensions


async def test_all_work_is_done_in_one_other_thread() -> None:
    watched = WatchedEmbeddings(TOKENIZER)

    await asyncio.gather(watched.aembed_query("a"), watched.aembed_documents(["b", "c"]), watched.aembed_query("d"))

    watched.close()
    assert len(watched.threads) == 1
    assert threading.get_ident() not in watched.threads


async def test_a_question_does_not_wait_for_the_end_of_an_import(embeddings: MiniLmEmbeddings) -> None:
    done: list[str] = []

    async def embed(name: str, texts: list[str]) -> None:
        await embeddings.aembed_documents(texts)
        done.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(embed("import", [LONG] * 8))
        group.create_task(embed("question", ["Why is my lamp dark?"]))

    assert done == ["question", "import"]


def test_a_missing_tokenizer_is_told_with_what_to_do(tmp_path: Path) -> None:
    missing = tmp_path / "tokenizer.json"

    with pytest.raises(TokenizerMissing, match=r"needs its tokenizer at .*tokenizer.json: run `make install`."):
        MiniLmEmbeddings(missing)
