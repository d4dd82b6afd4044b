"""The real embedding model, and a knowledge base over an organization's help centre."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from rag.embedding import MiniLmEmbeddings
from rag.index import EmbeddedIndex
from rag.knowledge import KnowledgeBase
from tests.rag.parts import TOKENIZER, HelpCentre, MemoryStore


@pytest.fixture(scope="session")
def embeddings() -> Iterator[MiniLmEmbeddings]:
    """Loading the model takes half a second."""
    model = MiniLmEmbeddings(TOKENIZER)
    yield model
    model.close()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def knowledge(store: MemoryStore, embeddings: MiniLmEmbeddings) -> AsyncIterator[KnowledgeBase]:
    """A knowledge base with an index of its own."""
    base = KnowledgeBase(store, EmbeddedIndex(embeddings.dimensions), embeddings, embeddings.model)
    yield base
    await base.close()


@pytest.fixture
def help_centre(store: MemoryStore, knowledge: KnowledgeBase) -> HelpCentre:
    """An organization without articles."""
    return HelpCentre(store, knowledge)
