"""articles: the help centre and its snippets, last changed first"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Client
from tests.mutations.content import a_page
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($search: String, $kind: ArticleKind, $first: Int, $after: String) {
  articles(search: $search, kind: $kind, first: $first, after: $after) {
    nodes { title } totalCount pageInfo { endCursor } } }"""


async def titles(by: Client, **given: Any) -> list[str]:
    """The titles."""
    return [each["title"] for each in (await by.query(LIST, **given))["articles"]["nodes"]]


async def test_customers_see_the_help_centre_only(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await a_page(other, title="Theirs")
    for title, kind in (("Kettle", "HELP_CENTER"), ("Refunds", "SNIPPET"), ("Toaster", "HELP_CENTER")):
        await a_page(helpdesk, title=title, kind=kind)

    for by in (helpdesk.agent, helpdesk.analyst):
        assert await titles(by) == ["Toaster", "Refunds", "Kettle"]
        assert await titles(by, kind="SNIPPET") == ["Refunds"]
    assert await titles(helpdesk.customer) == ["Toaster", "Kettle"]
    assert await titles(helpdesk.customer, kind="SNIPPET") == []
    assert (await helpdesk.customer.query(LIST))["articles"]["totalCount"] == 2


async def test_what_was_changed_last_comes_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, *_ = [await a_page(helpdesk, title=title) for title in ("A", "B", "C")]
    await helpdesk.agent.update_article(input={"article_id": first["id"], "body": "Anew."})

    assert await titles(helpdesk.agent) == ["A", "C", "B"]
    page = (await helpdesk.agent.query(LIST, first=2))["articles"]
    assert await titles(helpdesk.agent, first=2, after=page["pageInfo"]["endCursor"]) == ["B"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("kettle", ["My kettle"]), ("KITCHEN", ["Toaster", "My kettle"]), ("kitchen toast", ["Toaster"]), ("lime", [])],
)
async def test_a_search_is_over_title_and_category(a_helpdesk: Make, search: str, found: list[str]) -> None:
    helpdesk = await a_helpdesk()
    await a_page(helpdesk, title="My kettle", category="Kitchen", body="Lime.")
    await a_page(helpdesk, title="Toaster", category="Kitchen")

    assert await titles(helpdesk.customer, search=search) == found
