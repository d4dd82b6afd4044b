"""tags"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TAGS = """query($search: String, $first: Int, $after: String) {
  tags(search: $search, first: $first, after: $after) {
    totalCount nodes { id name ticketCount } pageInfo { endCursor hasNextPage } } }"""


async def tagged(helpdesk: Helpdesk, *tags: str) -> str:
    """A ticket with these tags; its id."""
    made = await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": tags})
    return str(made["id"])


@pytest.mark.parametrize("role", ["agent", "analyst"])
async def test_tags_in_use_by_name_with_their_counts(a_helpdesk: Make, role: str) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await tagged(helpdesk, "vip", "late payment")
    await tagged(helpdesk, "vip")
    gone = await tagged(helpdesk, "gone")
    await helpdesk.agent.remove_ticket_tags(ticket_id=gone, tags=["gone"])
    await tagged(other, "vip", "theirs")

    shown = (await getattr(helpdesk, role).query(TAGS))["tags"]

    assert [(tag["name"], tag["ticketCount"]) for tag in shown["nodes"]] == [("late payment", 1), ("vip", 2)]
    assert shown["totalCount"] == 2


async def test_the_search_is_for_any_part_of_the_name(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tagged(helpdesk, "late payment", "payment", "100%", "vip")

    async def found(search: str) -> list[str]:
        return [tag["name"] for tag in (await helpdesk.agent.query(TAGS, search=search))["tags"]["nodes"]]

    assert await found(" PAY") == ["late payment", "payment"]
    assert await found("%") == ["100%"]
    assert await found("_") == []
    assert len(await found("")) == 4


async def test_pages(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    names = sorted(f"tag {each}" for each in range(7))
    await tagged(helpdesk, *names)

    first = (await helpdesk.agent.query(TAGS, first=4))["tags"]
    rest = (await helpdesk.agent.query(TAGS, first=4, after=first["pageInfo"]["endCursor"]))["tags"]

    assert [tag["name"] for tag in first["nodes"] + rest["nodes"]] == names
    assert not rest["pageInfo"]["hasNextPage"]


async def test_a_tag_is_a_node_for_staff_and_nothing_for_customers(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await tagged(helpdesk, "vip")
    (tag,) = (await helpdesk.agent.query(TAGS))["tags"]["nodes"]
    node = "query($id: ID!) { node(id: $id) { ... on Tag { name } } }"

    assert (await helpdesk.analyst.query(node, id=tag["id"]))["node"] == {"name": "vip"}
    assert (await helpdesk.customer.query(node, id=tag["id"]))["node"] is None
    assert (await other.agent.query(node, id=tag["id"]))["node"] is None
    assert (await helpdesk.customer.query(TAGS))["tags"] == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"endCursor": None, "hasNextPage": False},
    }
