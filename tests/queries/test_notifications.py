"""notifications: what somebody should look at"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.access.things import a_notification
from tests.client import GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
LIST = """query($unread: Boolean) { notifications(unreadOnly: $unread) { totalCount
  nodes { id kind text readAt createdAt ticket { id } } } }"""


async def test_everybody_sees_their_own_newest_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    first = await a_notification(world, ticket["id"], world.agent)
    second = await a_notification(world, ticket["id"], world.agent)
    of_admin = await a_notification(world, ticket["id"], world.admin)

    mine = (await helpdesk.agent.query(LIST))["notifications"]
    theirs = (await helpdesk.admin.query(LIST))["notifications"]

    assert [each["id"] for each in mine["nodes"]] == [second, first]
    assert mine["totalCount"] == 2
    assert mine["nodes"][0] == {
        "id": second,
        "kind": "SLA_WARNING",
        "text": "The response or resolution of this ticket is due soon.",
        "readAt": None,
        "createdAt": mine["nodes"][0]["createdAt"],
        "ticket": {"id": ticket["id"]},
    }
    assert [each["id"] for each in theirs["nodes"]] == [of_admin]
    assert (await helpdesk.admin.query("query($id: ID!) { node(id: $id) { id } }", id=first))["node"] is None


async def test_only_what_is_unread(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    read, unread = [await a_notification(world, ticket["id"], world.agent) for _ in range(2)]
    await helpdesk.agent.mark_notifications_read(ids=[read])

    found = (await helpdesk.agent.query(LIST, unread=True))["notifications"]

    assert ([each["id"] for each in found["nodes"]], found["totalCount"]) == ([unread], 1)
    assert (await helpdesk.agent.query(LIST, unread=False))["notifications"]["totalCount"] == 2


async def test_customers_have_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.customer.query(LIST)

    assert refusal.value.codes == ["NOT_ALLOWED"]
