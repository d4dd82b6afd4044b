"""updateArticle: rewritten, a version at a time"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_page, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_what_is_left_out_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk, url="https://help.example.com/kettle", category="Kettles")

    changed = await helpdesk.admin.update_article(
        input={"article_id": made["id"], "expected_version": 1, "body": "Use citric acid."}
    )

    assert changed == {**made, "body": "Use citric acid.", "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > made["updatedAt"]
    assert await changes_of(helpdesk, "ArticleChanged") == [
        ("article_id", made["id"], each) for each in ("created", "updated")
    ]


async def test_null_takes_address_and_category_away(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk, url="https://help.example.com/kettle", category="Kettles")

    changed = await helpdesk.agent.update_article(input={"article_id": made["id"], "url": None, "category": None})

    assert (changed["url"], changed["category"], changed["title"]) == (None, None, made["title"])


async def test_an_article_may_become_a_snippet(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    changed = await helpdesk.agent.update_article(input={"article_id": made["id"], "kind": "SNIPPET"})

    assert changed["kind"] == "SNIPPET"
    assert (await helpdesk.customer.query("query($id: ID!) { node(id: $id) { id } }", id=made["id"]))["node"] is None


async def test_what_changes_nothing_is_no_event(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    same = await helpdesk.agent.update_article(
        input={"article_id": made["id"], "title": made["title"], "body": made["body"], "kind": made["kind"]}
    )

    assert same == made
    assert len(await changes_of(helpdesk, "ArticleChanged")) == 1


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)
    stale = {"article_id": made["id"], "expected_version": 1}

    results = await asyncio.gather(
        *(helpdesk.agent.update_article(input={**stale, "title": title}) for title in ("One", "Another"))
    )

    sentence = "The article has changed: you read version 1, it is at 2. Read it again."
    assert [each for each in results if isinstance(each, Problem)] == [Problem("CONFLICT", sentence)]
    assert len(await changes_of(helpdesk, "ArticleChanged")) == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "This can't be empty."),
        ("body", " ", "This can't be empty."),
        ("url", "javascript:alert(1)", "This is no web address: one begins with https:// or http://."),
    ],
)
async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make, field: str, value: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    result = await helpdesk.agent.update_article(input={"article_id": made["id"], field: value})

    assert result == Problem("INVALID_INPUT", sentence, (field,))
    assert len(await changes_of(helpdesk, "ArticleChanged")) == 1


async def test_an_article_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await a_page(other)

    for article_id in (theirs["id"], encode("art", new_id())):
        result = await helpdesk.agent.update_article(input={"article_id": article_id, "title": "Ours"})
        assert result == Problem("NOT_FOUND", "There is no such article.")
    assert len(await changes_of(other, "ArticleChanged")) == 1


async def test_they_are_rewritten_by_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_page(helpdesk)

    for by in (helpdesk.customer, helpdesk.analyst):
        result = await by.update_article(input={"article_id": made["id"], "title": "Mine"})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: update article.")
