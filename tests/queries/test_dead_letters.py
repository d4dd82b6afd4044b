"""deadLetters: what should have followed and has failed for good"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import GraphQLErrors
from tests.mutations.dead_letters import a_dead_letter
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
LIST = """query($first: Int, $after: String) { deadLetters(first: $first, after: $after) {
  totalCount pageInfo { endCursor } nodes { id reaction status lane error attempts eventId ticketId diedAt } } }"""


async def test_admins_see_their_organizations_latest_first(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    await a_dead_letter(other.world, (await other.ticket())["id"])
    made = [await a_dead_letter(helpdesk.world, ticket["id"], name) for name in ("draft", "mail")]

    listed = (await helpdesk.admin.query(LIST))["deadLetters"]

    assert [each["id"] for each in listed["nodes"]] == made[::-1]
    assert listed["totalCount"] == 2
    (first, *_) = await trail(helpdesk)
    assert listed["nodes"][1] == {
        "id": made[0],
        "reaction": "draft",
        "status": "DEAD",
        "lane": "PEOPLE",
        "error": "OSError: no route",
        "attempts": 8,
        "eventId": first,
        "ticketId": ticket["id"],
        "diedAt": listed["nodes"][1]["diedAt"],
    }


async def trail(helpdesk: Helpdesk) -> list[str]:
    """The ids of what is recorded of tickets."""
    nodes = (await helpdesk.admin.query("{ events(filter: { kind: [TICKET_CREATED] }) { nodes { id } } }"))["events"]
    return [each["id"] for each in nodes["nodes"]]


async def test_a_page_at_a_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    made = [await a_dead_letter(helpdesk.world, ticket["id"], name) for name in ("one", "two", "three")]

    page = (await helpdesk.admin.query(LIST, first=2))["deadLetters"]
    rest = (await helpdesk.admin.query(LIST, first=2, after=page["pageInfo"]["endCursor"]))["deadLetters"]

    assert [each["id"] for each in page["nodes"] + rest["nodes"]] == made[::-1]


async def test_what_is_due_or_done_is_no_dead_letter(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    for status in ("due", "done"):
        dead = await a_dead_letter(helpdesk.world, ticket["id"], status)
        await helpdesk.world.database.execute(
            "UPDATE support_reaction SET status = $2 WHERE name = $2 AND organization_id = $1",
            helpdesk.world.id,
            status,
        )
        node = (await helpdesk.admin.query(NODE, id=dead))["node"]
        assert node == {"status": status.upper()}

    assert (await helpdesk.admin.query(LIST))["deadLetters"]["totalCount"] == 0


NODE = "query($id: ID!) { node(id: $id) { ... on DeadLetter { status } } }"


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_nobody_else_sees_any(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    dead = await a_dead_letter(helpdesk.world, (await helpdesk.ticket())["id"])
    by: Any = getattr(helpdesk, role)

    with pytest.raises(GraphQLErrors) as refusal:
        await by.query(LIST)

    assert refusal.value.codes == ["NOT_ALLOWED"]
    assert (await by.query(NODE, id=dead))["node"] is None
