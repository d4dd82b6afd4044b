"""An article's chunks follow its text: new words are embedded, unchanged ones are not, and searches see it at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from models.actors import Actor
from models.assistance import Article, ArticleChunk
from models.database import Database
from models.errors import NotAllowed
from models.events import ArticleChanged
from models.rows import load_all, select
from models.writer import organization_write
from rag.articles import ArticleFile
from rag.passages import ArticleChanges
from resolvers.knowledge import PostgresChunks, import_articles, index_article, indexable_article
from tasks.reactions import REACTIONS
from tests.tasks.parts import a_log, the_embeddings, worker_of
from tests.world import World

KETTLE = ArticleFile(
    id="kettle",
    title="Descaling your kettle",
    body="## When\n\nOnce a month in places with hard water.\n\n"
    "## How\n\nFill it with water and two spoons of citric acid, boil it, wait for an hour and rinse it twice.",
    source="https://help.example.com/kettle",
)
INVOICE = ArticleFile(
    id="invoice",
    title="Where to find an invoice",
    body="Every invoice is on the billing page of your account. Choose a month and press Download.",
    source="https://help.example.com/invoice",
)


async def chunks_of(organization: Actor) -> list[ArticleChunk]:
    """The organization's chunks, article by article."""
    rows = await organization.database.fetch(
        f"{select(ArticleChunk)} WHERE t.organization_id = $1 ORDER BY t.article_id, t.position",
        organization.organization_id,
    )
    return load_all(ArticleChunk, rows)


async def articles_of(organization: Actor) -> list[Article]:
    """The organization's articles, oldest first."""
    rows = await organization.database.fetch(
        f"{select(Article)} WHERE t.organization_id = $1 ORDER BY t.id", organization.organization_id
    )
    return load_all(Article, rows)


async def seq_of(organization: Actor) -> int:
    """How far the organization's log reaches."""
    seq: int = await organization.database.fetchval(
        "SELECT seq FROM support_event_counter WHERE organization_id = $1", organization.organization_id
    )
    return seq


async def test_an_imported_article_is_found_by_its_own_organization_only(database: Database) -> None:
    ours, theirs = await a_log(database), await a_log(database)
    worker = worker_of(database, REACTIONS)

    imported = await import_articles(ours, [KETTLE, INVOICE])
    await worker.step(ours)

    assert (len(imported.added), imported.changed, imported.unchanged) == (2, (), 0)
    passages = await worker.context.knowledge.search(ours.organization_id, "how do I get limescale out of it?")
    assert passages[0].article_id == imported.added[0]
    assert (passages[0].title, passages[0].url) == (KETTLE.title, KETTLE.source)
    assert await worker.context.knowledge.search(theirs.organization_id, "how do I get limescale out of it?") == []
    assert all(article.indexed_at for article in await articles_of(ours))


async def test_a_second_import_changes_nothing(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    await import_articles(organization, [KETTLE, INVOICE])
    await worker.step(organization)
    before = (await seq_of(organization), await chunks_of(organization), await articles_of(organization))
    the_embeddings().documents.clear()

    again = await import_articles(organization, [INVOICE, KETTLE])
    await worker.step(organization)

    assert (again.added, again.changed, again.unchanged) == ((), (), 2)
    after = (await seq_of(organization), await chunks_of(organization), await articles_of(organization))
    assert [vars(row) for rows in after[1:] for row in rows] == [vars(row) for rows in before[1:] for row in rows]
    assert after[0] == before[0]
    assert the_embeddings().documents == []


async def test_only_new_words_are_embedded(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    await import_articles(organization, [KETTLE])
    await worker.step(organization)
    when, how = await chunks_of(organization)
    the_embeddings().documents.clear()

    # The two old pieces change places, and a new one follows.
    first, _, second = KETTLE.body.partition("\n\n## How\n\n")
    edited = f"## How\n\n{second}\n\n{first}\n\n## Why\n\nLime makes it loud and slow."
    imported = await import_articles(organization, [replace(KETTLE, body=edited)])
    await worker.step(organization)

    assert imported.changed == (when.article_id,)
    *old, new = await chunks_of(organization)
    assert [(chunk.id, chunk.position) for chunk in old] == [(how.id, 0), (when.id, 1)]
    assert (new.text, new.position) == ("Lime makes it loud and slow.", 2)
    assert the_embeddings().documents == ["Descaling your kettle Why Lime makes it loud and slow."]


async def test_a_new_address_is_shown_without_embedding_anything(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    await import_articles(organization, [KETTLE])
    await worker.step(organization)
    knowledge = worker.context.knowledge
    await knowledge.search(organization.organization_id, "citric acid")
    the_embeddings().documents.clear()

    await import_articles(organization, [replace(KETTLE, source="https://help.example.com/moved")])
    await worker.step(organization)

    found = await knowledge.search(organization.organization_id, "citric acid")
    assert {passage.url for passage in found} == {"https://help.example.com/moved"}
    assert the_embeddings().documents == []


async def test_a_removed_article_is_not_found(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    kettle, invoice = (await import_articles(organization, [KETTLE, INVOICE])).added
    await worker.step(organization)
    knowledge = worker.context.knowledge
    await knowledge.search(organization.organization_id, "citric acid")

    async with organization_write(organization) as write:
        await write.connection.execute("DELETE FROM support_article WHERE id = $1", kettle)
        write.record(ArticleChanged(article_id=kettle))
    await worker.step(organization)

    found = await knowledge.search(organization.organization_id, "citric acid")
    assert {passage.article_id for passage in found} == {invoice}


async def test_what_was_prepared_from_an_older_text_is_not_stored(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    (article_id,) = (await import_articles(organization, [KETTLE])).added
    read = await indexable_article(organization, article_id)
    assert read is not None
    late = await worker.context.knowledge.prepare_article(read.title, read.body)
    await import_articles(organization, [replace(KETTLE, body="Use our descaler.")])
    await worker.step(organization)

    assert await index_article(organization, article_id, read.version, late) is False

    assert [chunk.text for chunk in await chunks_of(organization)] == ["Use our descaler."]


async def test_an_index_built_now_and_one_kept_up_to_date_hold_the_same(database: Database) -> None:
    organization, worker = await a_log(database), worker_of(database, REACTIONS)
    store = PostgresChunks(database)
    assert await store.version(organization.organization_id) == 0
    await import_articles(organization, [KETTLE])
    await worker.step(organization)
    first = await store.changed_since(organization.organization_id, 0)
    await import_articles(organization, [INVOICE])
    await worker.step(organization)
    rest = await store.changed_since(organization.organization_id, first.version)

    both = await store.changed_since(organization.organization_id, 0)

    assert both == ArticleChanges(rest.version, {**first.articles, **rest.articles})
    assert rest.version == await store.version(organization.organization_id)
    assert await store.changed_since(organization.organization_id, rest.version) == ArticleChanges(rest.version, {})
    assert [[chunk.position for chunk in chunks] for chunks in both.articles.values()] == [[0, 1], [0]]


async def test_people_do_not_import(an_organization: Callable[[], Awaitable[World]]) -> None:
    world = await an_organization()

    for actor in (world.admin, world.customer):
        with pytest.raises(NotAllowed):
            await import_articles(actor, [KETTLE])

    assert await articles_of(world.admin) == []
