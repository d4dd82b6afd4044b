"""The knowledge base is a LangChain retriever."""

from __future__ import annotations

import pytest

from rag.retrieval import KnowledgeRetriever
from tests.rag.parts import HelpCentre


async def test_documents_say_where_their_text_comes_from(help_centre: HelpCentre) -> None:
    article_id = await help_centre.write("Care", "## Shade\n\nClean the shade with a dry cloth.")
    await help_centre.write("Returns", "Send the parcel back within 30 days.")
    retriever = KnowledgeRetriever(knowledge=help_centre.knowledge, organization_id=help_centre.id, limit=1)

    (document,) = await retriever.ainvoke("How do I clean the shade?")

    assert document.page_content == "Clean the shade with a dry cloth."
    score = document.metadata.pop("score")
    assert 0.5 < score < 1
    assert document.metadata == {
        "article_id": str(article_id),
        "title": "Care",
        "heading": "Shade",
        "url": f"https://help.example/{article_id}",
    }


def test_there_is_no_retriever_without_an_organization(help_centre: HelpCentre) -> None:
    with pytest.raises(ValueError, match="organization_id"):
        KnowledgeRetriever(knowledge=help_centre.knowledge)  # type: ignore[call-arg]


def test_a_blocking_call_is_refused(help_centre: HelpCentre) -> None:
    retriever = KnowledgeRetriever(knowledge=help_centre.knowledge, organization_id=help_centre.id)

    with pytest.raises(TypeError, match=r"asynchronous: use ainvoke\(\)"):
        retriever.invoke("How do I clean the shade?")
