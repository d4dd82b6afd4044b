"""The knowledge base as a LangChain retriever."""

from __future__ import annotations

from uuid import UUID

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.knowledge import KnowledgeBase
from rag.passages import Passage


class KnowledgeRetriever(BaseRetriever):
    """Finds passages of one organization: `await retriever.ainvoke(question)`."""

    knowledge: KnowledgeBase
    organization_id: UUID
    limit: int = 8

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        passages = await self.knowledge.search(self.organization_id, query, self.limit)
        return [as_document(passage) for passage in passages]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        raise TypeError("The knowledge base is asynchronous: use ainvoke().")


def as_document(passage: Passage) -> Document:
    """The passage for LangChain; its metadata say where the text comes from and how well it fits."""
    return Document(
        id=str(passage.chunk_id),
        page_content=passage.text,
        metadata={
            "article_id": str(passage.article_id),
            "title": passage.title,
            "heading": passage.heading,
            "url": passage.url,
            "score": passage.score,
        },
    )
