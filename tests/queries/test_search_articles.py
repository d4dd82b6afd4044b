"""searchArticles: what may answer a question, by meaning, of the articles that one may read"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.context import Services
from graphql_api.ids import decode, encode
from models.actors import Actor
from models.assistance import Article
from models.writer import organization_write
from resolvers.access import access
from resolvers.knowledge import index_article, indexable_article
from tests.client import Client, GraphQLErrors
from tests.mutations.content import a_page
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SEARCH = """query($question: String!, $first: Int! = 8) { searchArticles(query: $question, first: $first) {
  article { id title } title heading excerpt url score } }"""
KETTLE = {
    "title": "Descaling your kettle",
    "body": "## How\n\nFill it with water and two spoons of citric acid, boil it and rinse it twice.",
    "url": "https://help.example.com/kettle",
}
INVOICE = {"title": "Where to find an invoice", "body": "Every invoice is on the billing page of your account."}
SECRET = {
    "title": "Kettles, for us only",
    "body": "Descaling a kettle with citric acid: we pay 40 euros for a kettle that limescale has ruined.",
    "kind": "SNIPPET",
}
QUESTION = "how do I get limescale out of my kettle?"


async def written(helpdesk: Helpdesk, services: Services, *pages: dict[str, Any]) -> list[str]:
    """Articles that are indexed; their ids."""
    ids = [(await a_page(helpdesk, **page))["id"] for page in pages]
    for article_id in ids:
        await indexed(helpdesk, services, article_id)
    return ids


async def indexed(helpdesk: Helpdesk, services: Services, article_id: str) -> None:
    """What the reaction to ArticleChanged does."""
    system, key = Actor.system(services.database, helpdesk.world.id), decode("art", article_id)
    assert key is not None
    found = await indexable_article(system, key)
    if found is None:
        await index_article(system, key, None, None)
        return
    prepared = await services.knowledge.prepare_article(found.title, found.body, found.stored)
    assert await index_article(system, key, found.version, prepared)


async def search(by: Client, question: str = QUESTION, **given: Any) -> Any:
    """What is found."""
    return (await by.query(SEARCH, question=question, **given))["searchArticles"]


async def test_the_best_passage_comes_first(a_helpdesk: Make, services: Services) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    kettle, invoice = await written(helpdesk, services, KETTLE, INVOICE)
    await written(other, services, KETTLE)

    for by in (helpdesk.customer, helpdesk.agent, helpdesk.analyst):
        best, second = await search(by)
        assert best == {
            "article": {"id": kettle, "title": KETTLE["title"]},
            "title": KETTLE["title"],
            "heading": "How",
            "excerpt": "Fill it with water and two spoons of citric acid, boil it and rinse it twice.",
            "url": KETTLE["url"],
            "score": best["score"],
        }
        assert second["article"]["id"] == invoice
        assert 0 <= second["score"] < best["score"] <= 1
        assert len(await search(by, first=1)) == 1


async def test_a_customer_finds_no_snippet_and_loses_no_place_to_one(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    snippets = [{**SECRET, "title": f"{SECRET['title']} {number}"} for number in range(25)]
    kettle, *_ = await written(helpdesk, services, KETTLE, *snippets)

    assert all(found["article"]["id"] != kettle for found in (await search(helpdesk.agent, first=3)))
    found = await search(helpdesk.customer, first=3)
    assert [each["article"]["id"] for each in found] == [kettle]
    assert "40 euros" not in str(found)
    assert "40 euros" not in str(await search(helpdesk.customer, "40 euros for us only", first=20))


async def test_what_is_no_longer_for_customers_is_not_found_at_once(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    (kettle,) = await written(helpdesk, services, KETTLE)
    assert len(await search(helpdesk.customer)) == 1

    await helpdesk.agent.update_article(input={"article_id": kettle, "kind": "SNIPPET"})

    assert await search(helpdesk.customer) == []
    assert len(await search(helpdesk.agent)) == 1


async def test_a_deleted_article_is_not_found_even_before_the_index_knows(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    kettle, invoice = await written(helpdesk, services, KETTLE, INVOICE)

    await helpdesk.agent.delete_article(article_id=kettle)

    assert [each["article"]["id"] for each in await search(helpdesk.agent)] == [invoice]
    await indexed(helpdesk, services, kettle)
    assert [each["article"]["id"] for each in await search(helpdesk.agent)] == [invoice]


async def test_a_rewritten_article_is_found_by_its_new_words(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    (kettle,) = await written(helpdesk, services, KETTLE)
    await helpdesk.agent.update_article(input={"article_id": kettle, "body": "Send it to us: we do it for you."})

    await indexed(helpdesk, services, kettle)

    (found,) = await search(helpdesk.customer)
    assert found["excerpt"] == "Send it to us: we do it for you."
    async with organization_write(helpdesk.world.admin) as write:
        article = await access(write, Article, decode("art", kettle))
    assert (encode("art", article.id), article.version, article.indexed_at is not None) == (kettle, 2, True)


async def test_nothing_is_found_where_there_is_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    assert await search(helpdesk.customer) == []


@pytest.mark.parametrize(
    ("given", "sentence", "field"),
    [
        ({"question": " "}, "This can't be empty.", "query"),
        ({"question": "x" * 1_001}, "This has 1,001 characters; at most 1,000 are kept.", "query"),
        ({"first": 0}, "A search finds 1 to 20 passages.", "first"),
        ({"first": 21}, "A search finds 1 to 20 passages.", "first"),
    ],
)
async def test_what_can_not_be_searched_is_refused(
    a_helpdesk: Make, given: dict[str, Any], sentence: str, field: str
) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await search(helpdesk.customer, **given)

    (error,) = refused.value.errors
    assert error["message"] == sentence
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": [field]}
