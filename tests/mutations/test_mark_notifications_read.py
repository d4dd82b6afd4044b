"""markNotificationsRead: some of one's own, or all"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.access.things import a_notification
from tests.client import Problem
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]
UNREAD = "{ notifications(unreadOnly: true) { nodes { id } } }"


async def unread(helpdesk: Helpdesk) -> list[str]:
    """The agent's unread notifications, oldest first."""
    nodes = (await helpdesk.agent.query(UNREAD))["notifications"]["nodes"]
    return [each["id"] for each in reversed(nodes)]


async def recorded(world: World) -> list[int]:
    """How many were marked each time, and by whom: the agent."""
    rows = await world.database.fetch(
        "SELECT data, person_id FROM support_event WHERE organization_id = $1 AND type = 'NotificationsRead'"
        " ORDER BY seq",
        world.id,
    )
    assert {row["person_id"] for row in rows} <= {world.agent.user_id}
    return [row["data"]["marked"] for row in rows]


async def test_some_and_then_the_rest(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    first, second, third = [await a_notification(world, ticket["id"], world.agent) for _ in range(3)]
    of_admin = await a_notification(world, ticket["id"], world.admin)

    assert await helpdesk.agent.mark_notifications_read(ids=[second, second]) == {"marked": 1}
    assert await unread(helpdesk) == [first, third]
    assert await helpdesk.agent.mark_notifications_read(all=True) == {"marked": 2}
    assert await helpdesk.agent.mark_notifications_read(all=True) == {"marked": 0}
    assert await helpdesk.agent.mark_notifications_read(ids=[second]) == {"marked": 0}

    assert await unread(helpdesk) == []
    assert await recorded(world) == [1, 2]
    assert [each["id"] for each in (await helpdesk.admin.query(UNREAD))["notifications"]["nodes"]] == [of_admin]


async def test_somebody_elses_are_not_found_and_then_none_is_marked(a_helpdesk: Make) -> None:
    helpdesk, elsewhere = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    mine = await a_notification(helpdesk.world, ticket["id"], helpdesk.world.agent)
    theirs = await a_notification(helpdesk.world, ticket["id"], helpdesk.world.admin)
    far = await a_notification(elsewhere.world, (await elsewhere.ticket())["id"], elsewhere.world.agent)

    for other in (theirs, far, encode("ntf", new_id()), "what"):
        problem = await helpdesk.agent.mark_notifications_read(ids=[mine, other])
        assert problem == Problem("NOT_FOUND", "There is no such notification.", ("ids",))

    assert await unread(helpdesk) == [mine]
    assert await recorded(helpdesk.world) == []


@pytest.mark.parametrize("given", [{}, {"ids": [], "all": True}, {"all": False}])
async def test_some_or_all_and_not_both(a_helpdesk: Make, given: dict[str, object]) -> None:
    helpdesk = await a_helpdesk()

    problem = await helpdesk.agent.mark_notifications_read(**given)

    assert problem == Problem("INVALID_INPUT", "Say which, by `ids`, or `all`: one of the two.", ("ids",))


async def test_a_hundred_at_a_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    problem = await helpdesk.agent.mark_notifications_read(ids=[encode("ntf", new_id()) for _ in range(101)])

    assert problem == Problem("INVALID_INPUT", "At most 100 ids at a time.", ("ids",))
