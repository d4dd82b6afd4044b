"""The knowledge base follows what is stored, and embeds nothing twice."""

from __future__ import annotations

import asyncio
import logging

import pytest

from rag.embedding import MiniLmEmbeddings
from rag.knowledge import KnowledgeBase
from rag.passages import packed
from tests.rag.parts import HelpCentre, MemoryStore, chunks_of

BODY = "Intro to the lamp.\n\n## Care\n\nWipe the shade.\n\n## Pairing\n\nHold the button for 5 s."


async def test_a_new_article_is_embedded_chunk_by_chunk(knowledge: KnowledgeBase, embeddings: MiniLmEmbeddings) -> None:
    told: list[tuple[int, int]] = []

    prepared = await knowledge.prepare_article("Lamp", BODY, progress=lambda done, all_: told.append((done, all_)))

    assert told == [(1, 3), (2, 3), (3, 3)]
    assert prepared.model == embeddings.model
    assert [(chunk.position, chunk.heading, chunk.text) for chunk in prepared.chunks] == [
        (0, None, "Intro to the lamp."),
        (1, "Care", "Wipe the shade."),
        (2, "Pairing", "Hold the button for 5 s."),
    ]
    assert prepared.chunks[1].embedding == packed(embeddings.embed_query("Lamp Care Wipe the shade."))
    assert prepared.gone == frozenset()


async def test_an_unchanged_article_is_not_embedded_again(knowledge: KnowledgeBase) -> None:
    first = await knowledge.prepare_article("Lamp", BODY)

    again = await knowledge.prepare_article("Lamp", BODY, [chunk.text_hash for chunk in first.chunks])

    assert (first.embedded, again.embedded) == (3, 0)
    assert [chunk.text_hash for chunk in again.chunks] == [chunk.text_hash for chunk in first.chunks]
    assert again.gone == frozenset()


async def test_of_a_changed_article_only_the_changed_chunks_are_embedded(knowledge: KnowledgeBase) -> None:
    first = await knowledge.prepare_article("Lamp", BODY)
    body = BODY.replace("Intro to the lamp.\n\n", "").replace("5 s", "7 s")

    second = await knowledge.prepare_article("Lamp", body, [chunk.text_hash for chunk in first.chunks])

    assert [(chunk.position, chunk.text, chunk.embedding is None) for chunk in second.chunks] == [
        (0, "Wipe the shade.", True),
        (1, "Hold the button for 7 s.", False),
    ]
    assert second.gone == {first.chunks[0].text_hash, first.chunks[2].text_hash}


async def test_another_model_embeds_everything_anew(
    knowledge: KnowledgeBase, store: MemoryStore, embeddings: MiniLmEmbeddings
) -> None:
    first = await knowledge.prepare_article("Lamp", BODY)
    newer = KnowledgeBase(store, knowledge.index, embeddings, "newer@2")

    second = await newer.prepare_article("Lamp", BODY, [chunk.text_hash for chunk in first.chunks])

    assert second.embedded == len(second.gone) == 3


async def test_a_search_sees_what_was_stored_before_it(help_centre: HelpCentre) -> None:
    assert await help_centre.search("How do I clean the shade?") == []

    care = await help_centre.write("Care", "Clean the shade with a dry cloth.")
    await help_centre.write("Returns", "Send the parcel back within 30 days.")
    assert await help_centre.search("How do I clean the shade?") == ["Care", "Returns"]

    await help_centre.write("Washing", "Clean the shade under warm water.", care)
    assert await help_centre.search("How do I clean the shade?") == ["Washing", "Returns"]

    help_centre.delete(care)
    assert await help_centre.search("How do I clean the shade?") == ["Returns"]


async def test_nothing_is_read_again_while_nothing_changes(help_centre: HelpCentre, store: MemoryStore) -> None:
    await help_centre.write("Care", "Clean the shade with a dry cloth.")

    await asyncio.gather(*(help_centre.search("clean the shade") for _ in range(5)))
    await help_centre.search("clean the shade")

    assert store.changes_read == 1


async def test_organizations_never_see_each_others_articles(help_centre: HelpCentre) -> None:
    other = HelpCentre(help_centre.store, help_centre.knowledge)
    await help_centre.write("Our care", "Clean the shade with a dry cloth.")
    await other.write("Their care", "Clean the shade with a wet cloth.")

    assert await help_centre.search("clean the shade with a wet cloth") == ["Our care"]
    assert await other.search("clean the shade with a dry cloth") == ["Their care"]


async def test_vectors_of_another_model_are_not_searched(
    help_centre: HelpCentre, embeddings: MiniLmEmbeddings, caplog: pytest.LogCaptureFixture
) -> None:
    article_id = await help_centre.write("Care", "Clean the shade with a dry cloth.")
    newer = KnowledgeBase(help_centre.store, help_centre.knowledge.index, embeddings, "newer@2")

    with caplog.at_level(logging.WARNING):
        assert await newer.search(help_centre.id, "clean the shade") == []

    assert caplog.messages == ["1 chunks have vectors of another model than newer@2: not searched."]
    prepared = await newer.prepare_article("Care", "Clean the shade with a dry cloth.")
    help_centre.store.put(help_centre.id, article_id, chunks_of(article_id, "Care", prepared))
    assert [passage.title for passage in await newer.search(help_centre.id, "clean the shade")] == ["Care"]


@pytest.mark.parametrize("question", ["", "  \n", "https://lamp.example/1"])
async def test_a_question_without_words_finds_nothing(help_centre: HelpCentre, question: str) -> None:
    await help_centre.write("Care", "Clean the shade with a dry cloth.")

    assert await help_centre.search(question) == []
