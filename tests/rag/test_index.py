"""Both indexes, in this process and on a Qdrant server, find the same and keep organizations apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest
from qdrant_client import AsyncQdrantClient

from benchmarks.faults.search_server import a_search_server
from models.errors import Unavailable
from rag.embedding import MiniLmEmbeddings
from rag.index import EmbeddedIndex, SearchIndex
from rag.passages import ArticleChanges, Chunk, Passage, packed
from rag.served_index import ServedIndex

LAMP = ["Pair the lamp with the app over Bluetooth.", "Wipe the lamp with a dry cloth.", "The lamp needs 5 V."]
OTHER_LAMP = ["Pair the lamp with the app over Zigbee.", "Wash the lamp with soap.", "The lamp needs 12 V."]

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


@pytest.fixture(params=["embedded", "served"])
async def index(request: pytest.FixtureRequest, embeddings: MiniLmEmbeddings) -> AsyncIterator[SearchIndex]:
    """The same promises for both. Qdrant's local mode stands in for a server: it answers the same requests."""
    made: SearchIndex = EmbeddedIndex(embeddings.dimensions)
    if request.param == "served":
        await made.close()
        made = served(embeddings)
    yield made
    await made.close()


def served(embeddings: MiniLmEmbeddings) -> ServedIndex:
    return ServedIndex(AsyncQdrantClient(":memory:"), embeddings.model, embeddings.dimensions)


def chunks(embeddings: MiniLmEmbeddings, texts: Sequence[str], article_id: UUID) -> list[Chunk]:
    vectors = embeddings.embed_documents(list(texts))
    return [
        Chunk(uuid4(), article_id, position, "Lamp", None, None, text, embeddings.model, packed(vector))
        for position, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    ]


async def search(
    index: SearchIndex, embeddings: MiniLmEmbeddings, organization_id: UUID, question: str, limit: int = 10
) -> list[Passage]:
    return await index.search(organization_id, question, embeddings.embed_query(question), limit)


async def test_an_organization_finds_its_own_chunks_only(index: SearchIndex, embeddings: MiniLmEmbeddings) -> None:
    ours, theirs, article_id = uuid4(), uuid4(), uuid4()
    await index.apply(ours, ArticleChanges(1, {article_id: chunks(embeddings, LAMP, article_id)}))
    await index.apply(theirs, ArticleChanges(1, {article_id: chunks(embeddings, OTHER_LAMP, article_id)}))

    for organization_id, texts in ((ours, LAMP), (theirs, OTHER_LAMP), (uuid4(), [])):
        for question in ("How do I pair my lamp over Zigbee or Bluetooth?", "Clean with soap or a dry cloth?"):
            found = await search(index, embeddings, organization_id, question)
            assert sorted(passage.text for passage in found) == sorted(texts)


async def test_articles_to_be_left_out_take_nobodys_place(index: SearchIndex, embeddings: MiniLmEmbeddings) -> None:
    organization_id, lamp, many = uuid4(), uuid4(), [uuid4() for _ in range(15)]
    await index.apply(
        organization_id,
        ArticleChanges(
            1,
            {
                lamp: chunks(embeddings, OTHER_LAMP, lamp),
                **{article_id: chunks(embeddings, LAMP, article_id) for article_id in many},
            },
        ),
    )
    question = "How do I pair my lamp over Zigbee or Bluetooth?"

    everything = await search(index, embeddings, organization_id, question)
    found = await index.search(organization_id, question, embeddings.embed_query(question), 10, frozenset(many))

    assert any(passage.article_id in many for passage in everything)
    assert sorted(passage.text for passage in found) == sorted(OTHER_LAMP)


async def test_another_organizations_change_of_the_same_article_takes_nothing_away(
    index: SearchIndex, embeddings: MiniLmEmbeddings
) -> None:
    ours, theirs, article_id = uuid4(), uuid4(), uuid4()
    await index.apply(ours, ArticleChanges(1, {article_id: chunks(embeddings, LAMP, article_id)}))

    await index.apply(theirs, ArticleChanges(1, {article_id: []}))

    assert len(await search(index, embeddings, ours, "lamp")) == len(LAMP)


async def test_the_best_passage_by_meaning_and_word_comes_first(
    index: SearchIndex, embeddings: MiniLmEmbeddings
) -> None:
    organization_id, article_id = uuid4(), uuid4()
    stored = chunks(embeddings, LAMP, article_id)
    await index.apply(organization_id, ArticleChanges(1, {article_id: stored}))

    first, second = await search(index, embeddings, organization_id, "Which voltage in V does it need?", limit=2)

    assert (first.chunk_id, first.article_id, first.position) == (stored[2].id, article_id, 2)
    assert (first.title, first.heading, first.url, first.text) == ("Lamp", None, None, LAMP[2])
    assert first.score > second.score


async def test_a_changed_article_has_its_new_chunks_only(index: SearchIndex, embeddings: MiniLmEmbeddings) -> None:
    organization_id, changed, kept = uuid4(), uuid4(), uuid4()
    first = {changed: chunks(embeddings, LAMP, changed), kept: chunks(embeddings, ["Shades come in red."], kept)}
    await index.apply(organization_id, ArticleChanges(1, first))

    await index.apply(organization_id, ArticleChanges(2, {changed: chunks(embeddings, OTHER_LAMP[:1], changed)}))

    found = await search(index, embeddings, organization_id, "lamp")
    assert sorted(passage.text for passage in found) == [OTHER_LAMP[0], "Shades come in red."]


async def test_a_deleted_article_is_gone(index: SearchIndex, embeddings: MiniLmEmbeddings) -> None:
    organization_id, article_id = uuid4(), uuid4()
    await index.apply(organization_id, ArticleChanges(1, {article_id: chunks(embeddings, LAMP, article_id)}))

    await index.apply(organization_id, ArticleChanges(2, {article_id: []}))

    assert await search(index, embeddings, organization_id, "lamp") == []


async def test_the_version_is_that_of_the_last_changes(index: SearchIndex, embeddings: MiniLmEmbeddings) -> None:
    organization_id = uuid4()
    versions = [await index.version(organization_id)]
    for version in (3, 8):
        await index.apply(organization_id, ArticleChanges(version, {}))
        versions.append(await index.version(organization_id))

    assert versions == [0, 3, 8]
    assert await index.version(uuid4()) == 0
    assert await search(index, embeddings, organization_id, "lamp") == []


async def test_a_question_of_little_words_is_answered_by_meaning(
    index: SearchIndex, embeddings: MiniLmEmbeddings
) -> None:
    organization_id, article_id = uuid4(), uuid4()
    await index.apply(organization_id, ArticleChanges(1, {article_id: chunks(embeddings, LAMP, article_id)}))

    found = await search(index, embeddings, organization_id, "how is it with this?")

    assert len(found) == len(LAMP)
    assert {passage.word_score for passage in found} == {0.0}


async def test_both_indexes_give_every_passage_the_same_scores(embeddings: MiniLmEmbeddings) -> None:
    ours, theirs = uuid4(), uuid4()
    articles = [uuid4() for _ in range(12)]
    texts = [f"{word} {number} of the lamp" for number, word in enumerate(("Shade", "Wick", "Cable", "Bulb") * 3)]
    changes = {key: chunks(embeddings, [text, *LAMP], key) for key, text in zip(articles, texts, strict=True)}
    found = []
    for index in (EmbeddedIndex(embeddings.dimensions), served(embeddings)):
        await index.apply(theirs, ArticleChanges(1, {articles[0]: chunks(embeddings, OTHER_LAMP, articles[0])}))
        await index.apply(ours, ArticleChanges(1, changes))
        found.append(await search(index, embeddings, ours, "Which cable and which bulb has the lamp?", limit=8))
        await index.close()

    embedded, on_server = found
    assert [passage.chunk_id for passage in embedded] == [passage.chunk_id for passage in on_server]
    for one, other in zip(embedded, on_server, strict=True):
        assert one.similarity == pytest.approx(other.similarity, abs=1e-5)
        assert one.word_score == pytest.approx(other.word_score, abs=1e-4)


async def test_another_process_finds_what_one_brought_to_the_server(embeddings: MiniLmEmbeddings) -> None:
    client, organization_id, article_id = AsyncQdrantClient(":memory:"), uuid4(), uuid4()
    ours, theirs = (ServedIndex(client, embeddings.model, embeddings.dimensions) for _ in range(2))
    await ours.apply(organization_id, ArticleChanges(7, {article_id: chunks(embeddings, LAMP, article_id)}))

    assert await theirs.version(organization_id) == 7
    assert len(await search(theirs, embeddings, organization_id, "lamp")) == len(LAMP)
    await client.close()


async def test_another_model_starts_with_an_empty_collection(embeddings: MiniLmEmbeddings) -> None:
    client, organization_id, article_id = AsyncQdrantClient(":memory:"), uuid4(), uuid4()
    ours, newer = (ServedIndex(client, model, embeddings.dimensions) for model in (embeddings.model, "newer@2"))

    await ours.apply(organization_id, ArticleChanges(7, {article_id: chunks(embeddings, LAMP, article_id)}))

    assert await newer.version(organization_id) == 0
    assert await search(newer, embeddings, organization_id, "lamp") == []
    await client.close()


async def test_a_server_that_comes_back_without_its_data_is_filled_again(embeddings: MiniLmEmbeddings) -> None:
    organization_id, article_id = uuid4(), uuid4()
    changes = ArticleChanges(7, {article_id: chunks(embeddings, LAMP, article_id)})
    async with a_search_server() as server:
        index = ServedIndex(
            AsyncQdrantClient(server.url, check_compatibility=False), embeddings.model, embeddings.dimensions
        )
        await index.apply(organization_id, changes)
        await server.leave()
        await server.start(empty=True)

        with pytest.raises(Unavailable):
            await index.version(organization_id)

        assert await index.version(organization_id) == 0
        await index.apply(organization_id, changes)
        assert len(await search(index, embeddings, organization_id, "lamp")) == len(LAMP)
        await index.close()


async def test_a_server_out_of_reach_is_worth_another_try(embeddings: MiniLmEmbeddings) -> None:
    client = AsyncQdrantClient(url="http://127.0.0.1:9", check_compatibility=False)
    index = ServedIndex(client, embeddings.model, embeddings.dimensions)

    with pytest.raises(Unavailable, match="The search index can't be reached"):
        await index.version(uuid4())

    await index.close()
