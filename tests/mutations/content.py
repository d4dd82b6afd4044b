"""What an organization keeps beside its tickets, as somebody sees it, and the facts about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import encode
from tests.client import Client
from tests.world import Helpdesk

_PREFIXES = {"category_id": "cat", "canned_response_id": "can", "article_id": "art"}


async def categories_of(by: Client) -> Any:
    """The list of categories."""
    return (await by.query("{ categories { id name } }"))["categories"]


async def changes_of(helpdesk: Helpdesk, fact: str) -> list[tuple[str, str, str | None]]:
    """What was recorded of a kind of fact about rows, oldest first: the column, the row's id, the change."""
    rows = await helpdesk.world.database.fetch(
        "SELECT data FROM support_event WHERE organization_id = $1 AND type = $2 ORDER BY seq", helpdesk.world.id, fact
    )
    found = []
    for data in (row["data"] for row in rows):
        (column,) = _PREFIXES.keys() & data.keys()
        found.append((column, encode(_PREFIXES[column], UUID(data[column])), data.get("change")))
    return found


async def facts_of(helpdesk: Helpdesk) -> list[str]:
    """Every fact of the organization's that is about no ticket, oldest first."""
    rows = await helpdesk.world.database.fetch(
        "SELECT type FROM support_event WHERE organization_id = $1 AND ticket_id IS NULL ORDER BY seq",
        helpdesk.world.id,
    )
    return [row["type"] for row in rows]


async def a_canned_response(helpdesk: Helpdesk, **given: Any) -> Any:
    """A canned response that an agent has written."""
    written = {"title": "Say hello", "shortcut": "hello", "body": "Hello {{requester.name}}.", **given}
    return await helpdesk.agent.create_canned_response(input=written)


async def a_page(helpdesk: Helpdesk, **given: Any) -> Any:
    """The result of createArticle: a page of the help centre, unless it is said to be a snippet."""
    return await helpdesk.agent.create_article(input={"title": "Your kettle", "body": "Use vinegar.", **given})
