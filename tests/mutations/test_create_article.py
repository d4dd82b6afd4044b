"""createArticle: pages for customers, snippets for answers"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Problem
from tests.mutations.content import a_page, changes_of, facts_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

READ = "query($id: ID!) { node(id: $id) { ... on Article { title body url category kind } } }"


async def test_an_article_is_for_everybody(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()

    made = await a_page(
        helpdesk, title=" Your  kettle ", body=" # Lime\n\nUse vinegar. ", url=" https://help.example.com/kettle?x=1#y "
    )

    assert (made["version"], made["indexedAt"]) == (1, None)
    assert made["createdAt"] == made["updatedAt"]
    for by in (helpdesk.agent, helpdesk.customer, helpdesk.analyst):
        assert (await by.query(READ, id=made["id"]))["node"] == {
            "title": "Your kettle",
            "body": "# Lime\n\nUse vinegar.",
            "url": "https://help.example.com/kettle?x=1#y",
            "category": None,
            "kind": "HELP_CENTER",
        }
    assert (await other.agent.query(READ, id=made["id"]))["node"] is None
    assert await changes_of(helpdesk, "ArticleChanged") == [("article_id", made["id"], "created")]


async def test_a_snippet_is_not_for_customers(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await a_page(helpdesk, kind="SNIPPET", category=" Kettles ")

    assert (await helpdesk.agent.query(READ, id=made["id"]))["node"]["category"] == "Kettles"
    assert (await helpdesk.customer.query(READ, id=made["id"]))["node"] is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", " ", "This can't be empty."),
        ("title", "x" * 301, "This has 301 characters; at most 300 are kept."),
        ("body", "\n", "This can't be empty."),
        ("body", "x" * 200_001, "This has 200,001 characters; at most 200,000 are kept."),
        ("category", "x" * 201, "This has 201 characters; at most 200 are kept."),
        ("url", "", "This can't be empty."),
        ("url", "https://example.com/" + "x" * 2_000, "This has 2,020 characters; at most 2,000 are kept."),
        *(
            ("url", url, "This is no web address: one begins with https:// or http://.")
            for url in (
                "javascript:alert(1)",
                "data:text/html,x",
                "ftp://example.com",
                "example.com",
                "//example.com",
                "https://",
                "https:///path",
                "https://[::1",
                "https://example.com:99999",
                "https://example.com/a b",
                "https://example.com/\x01",
            )
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make, field: str, value: Any, sentence: str) -> None:
    helpdesk = await a_helpdesk()

    assert await a_page(helpdesk, **{field: value}) == Problem("INVALID_INPUT", sentence, (field,))

    assert await facts_of(helpdesk) == []


async def test_they_are_written_by_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for by in (helpdesk.customer, helpdesk.analyst):
        result = await by.create_article(input={"title": "Mine", "body": "Mine."})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: create article.")
    assert await facts_of(helpdesk) == []
