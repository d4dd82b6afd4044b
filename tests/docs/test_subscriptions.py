"""docs/subscriptions.md: the samples run, and the tests that it names are there"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from tests.docs.blocks import ROOT, blocks
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

GUIDE = ROOT / "docs" / "subscriptions.md"


async def test_the_query_gives_the_cursor_that_the_subscription_goes_on_after(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    query, subscription = [block.text for block in blocks(GUIDE) if block.language == "graphql"]
    page = await helpdesk.customer.query(query)

    async with helpdesk.customer.subscription(subscription, after=page["feedCursor"]) as feed:
        ticket = await helpdesk.ticket()
        created, asked = await feed.next(), await feed.next()

    assert page["tickets"]["nodes"] == []
    assert (created["__typename"], created["ticket"]["id"]) == ("TicketCreated", ticket["id"])
    assert asked["message"]["ticket"] == {"id": ticket["id"]}


def test_the_tests_that_it_names_are_there() -> None:
    text = GUIDE.read_text()
    named = {*re.findall(r"`(tests/[a-z_/]+\.py)`", text)}
    named |= {f"tests/transport/{name}.py" for name in re.findall(r"`(test_[a-z_]+)`", text)}

    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).is_file()] == []
