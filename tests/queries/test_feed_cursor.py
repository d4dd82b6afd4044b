"""feedCursor: where the feed goes on from what a query has shown"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.context import Services
from models.actors import Role
from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

WRITERS = 4
TICKETS_EACH = 6
FEED = """subscription($after: Cursor) { feed(after: $after) {
  __typename ... on Event { id ticket { id subject } } } }"""
# The cursor first, last, and behind a fragment: the list must be of the same instant wherever it stands.
SPELLINGS = (
    "{ feedCursor tickets { totalCount } }",
    "{ tickets { totalCount } feedCursor }",
    "query { ...Both } fragment Both on Query { feedCursor tickets { totalCount } }",
    "{ ... { tickets { totalCount } } ... on Query { at: feedCursor } }",
)


async def test_the_cursor_is_of_the_same_instant_as_the_rest_of_the_query(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    writers = asyncio.gather(*(_write(helpdesk.customer) for _ in range(WRITERS)))
    shown = set()
    while not writers.done():
        shown |= set(await asyncio.gather(*(_count(helpdesk.agent, text) for text in SPELLINGS)))
    await writers
    await helpdesk.agent.create_ticket(input={"subject": "The last", "body": "There are no more."})

    assert len({count for _, count in shown}) > 1, "the queries must have run among the writes"
    for cursor, count in shown:
        assert count + await _created_after(helpdesk.agent, cursor) == WRITERS * TICKETS_EACH + 1


async def _write(client: Client) -> None:
    for _ in range(TICKETS_EACH):
        await client.create_ticket(input={"subject": "One of many", "body": "Help!"})


async def _count(client: Client, text: str) -> tuple[str, int]:
    data = await client.query(text)
    return data.get("feedCursor") or data["at"], data["tickets"]["totalCount"]


async def _created_after(client: Client, cursor: str) -> int:
    """How many tickets the feed tells of after the cursor, the last one included."""
    count: int = 0
    async with client.subscription(FEED, after=cursor) as feed:
        async for item in feed:
            count += item["__typename"] == "TicketCreated"
            if item["ticket"]["subject"] == "The last":
                return count
    raise AssertionError("a feed has no end")


async def test_a_customers_cursor_stands_still_while_others_are_busy(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    before = await _cursors(helpdesk)

    await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b"})
    await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hm.", "internal": True})

    after = await _cursors(helpdesk)
    assert after["customer"] == before["customer"]
    assert all(after[role] != before[role] for role in ("admin", "agent", "analyst"))
    assert len({after[role] for role in ("admin", "agent", "analyst")}) == 1


async def _cursors(helpdesk: Helpdesk) -> dict[str, Any]:
    return {role.value: (await getattr(helpdesk, role.value).query("{ feedCursor }"))["feedCursor"] for role in Role}


async def test_a_cursor_tells_nothing_to_those_who_hold_it(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    cursor = (await helpdesk.customer.query("{ feedCursor }"))["feedCursor"]

    assert services.cursors.open(cursor).organization_id == helpdesk.world.id
    assert len(cursor) == 60
    for plain in (helpdesk.world.id.hex, str(helpdesk.world.id), "000000"):
        assert plain not in cursor


@pytest.mark.parametrize("role", Role)
async def test_an_organization_without_events_has_a_cursor_too(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()
    client = getattr(helpdesk, role.value)
    cursor = (await client.query("{ feedCursor }"))["feedCursor"]
    ticket = await helpdesk.ticket()

    async with client.subscription(FEED, after=cursor) as feed:
        item = await feed.next()

    assert (item["__typename"], item["ticket"]["id"]) == ("TicketCreated", ticket["id"])
