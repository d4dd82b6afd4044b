"""deleteArticle: gone, while drafts keep the words that they cited"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_page, changes_of
from tests.mutations.drafts import cited, record, suggestion
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

READ = "query($id: ID!) { node(id: $id) { id } articles { totalCount } }"


async def test_it_is_gone(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    gone = await helpdesk.agent.delete_article(article_id=made["id"])

    assert gone == {"id": made["id"]}
    for by in (helpdesk.agent, helpdesk.customer):
        assert await by.query(READ, id=made["id"]) == {"node": None, "articles": {"totalCount": 0}}
    assert await changes_of(helpdesk, "ArticleChanged") == [
        ("article_id", made["id"], each) for each in ("created", "deleted")
    ]
    again = await helpdesk.agent.delete_article(article_id=made["id"])
    assert again == Problem("NOT_FOUND", "There is no such article.")


async def test_a_draft_keeps_the_words_that_it_cited(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    drafted = await cited(helpdesk.world)
    draft = await record(helpdesk.world, await helpdesk.ticket(), drafted)
    before = (await suggestion(helpdesk.agent, draft))["sources"]
    assert before[0]["article"] == {"title": "Buttons"}

    await helpdesk.agent.delete_article(article_id=encode("art", drafted.sources[0].article_id))

    after = (await suggestion(helpdesk.agent, draft))["sources"]
    assert after == [{**source, "article": None} for source in before]


async def test_an_article_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await a_page(other)

    for article_id in (theirs["id"], encode("art", new_id())):
        result = await helpdesk.agent.delete_article(article_id=article_id)
        assert result == Problem("NOT_FOUND", "There is no such article.")
    assert len(await changes_of(other, "ArticleChanged")) == 1


async def test_they_are_removed_by_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    for by in (helpdesk.customer, helpdesk.analyst):
        result = await by.delete_article(article_id=made["id"])
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete article.")
