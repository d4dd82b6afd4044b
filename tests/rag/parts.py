"""Organizations with help centres in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from rag.knowledge import KnowledgeBase, PreparedArticle
from rag.passages import ArticleChanges, Chunk

TOKENIZER = Path(__file__).parents[2] / ".cache" / "minilm" / "tokenizer.json"


class MemoryStore:
    """Articles and chunks of organizations, with a version per organization and a memory of what was deleted."""

    def __init__(self) -> None:
        self.changes_read = 0
        self._versions: dict[UUID, int] = {}
        self._articles: dict[UUID, dict[UUID, tuple[int, list[Chunk]]]] = {}

    async def version(self, organization_id: UUID) -> int:
        return self._versions.get(organization_id, 0)

    async def changed_since(self, organization_id: UUID, version: int) -> ArticleChanges:
        self.changes_read += 1
        await asyncio.sleep(0)
        articles = self._articles.get(organization_id, {})
        changed = {article_id: chunks for article_id, (changed_at, chunks) in articles.items() if changed_at > version}
        return ArticleChanges(await self.version(organization_id), changed)

    def put(self, organization_id: UUID, article_id: UUID, chunks: list[Chunk]) -> None:
        """The article's chunks from now on; none when it is deleted."""
        self._versions[organization_id] = version = self._versions.get(organization_id, 0) + 1
        self._articles.setdefault(organization_id, {})[article_id] = (version, chunks)


class HelpCentre:
    """One organization's articles, as an agent would keep them."""

    def __init__(self, store: MemoryStore, knowledge: KnowledgeBase) -> None:
        self.id = uuid4()
        self.store = store
        self.knowledge = knowledge

    async def write(self, title: str, body: str, article_id: UUID | None = None) -> UUID:
        """Stores the article, a new one or another text of an old one."""
        article_id = article_id or uuid4()
        prepared = await self.knowledge.prepare_article(title, body)
        self.store.put(self.id, article_id, chunks_of(article_id, title, prepared))
        return article_id

    def delete(self, article_id: UUID) -> None:
        self.store.put(self.id, article_id, [])

    async def search(self, question: str) -> list[str]:
        """The titles found, best first."""
        passages = await self.knowledge.search(self.id, question)
        return list(dict.fromkeys(passage.title for passage in passages))


def chunks_of(article_id: UUID, title: str, prepared: PreparedArticle) -> list[Chunk]:
    """What storing a freshly prepared article gives."""
    return [
        Chunk(
            id=uuid4(),
            article_id=article_id,
            position=chunk.position,
            title=title,
            heading=chunk.heading,
            url=f"https://help.example/{article_id}",
            text=chunk.text,
            model=prepared.model,
            embedding=chunk.embedding or b"",
        )
        for chunk in prepared.chunks
    ]
