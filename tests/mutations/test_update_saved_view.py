"""updateSavedView"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, Problem
from tests.mutations.views import a_view, names_of, told, views_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def update(by: Client, view: Any, **changes: Any) -> Any:
    """The mutation's answer."""
    return await by.update_saved_view(input={"view_id": view["id"], **changes})


async def test_what_is_left_out_stays_and_null_takes_away(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    order = {"field": "NUMBER", "direction": "ASC"}
    view = await a_view(helpdesk.agent, filter={"tag": "vip"}, search="lamp", order_by=order)

    renamed = await update(helpdesk.agent, view, name="VIPs")
    assert (renamed["name"], renamed["version"]) == ("VIPs", 2)
    assert [renamed[each] for each in ("filter", "search", "orderBy", "shared")] == [
        {"tag": "vip"},
        "lamp",
        order,
        False,
    ]
    emptied = await update(helpdesk.agent, view, filter=None, search=None, order_by=None)
    assert [emptied[each] for each in ("name", "filter", "search", "orderBy", "version")] == ["VIPs", {}, None, None, 3]
    again = await update(helpdesk.agent, view, name="VIPs", filter={}, shared=False)
    assert again["version"] == 3
    assert await told(helpdesk) == [
        ("created", False, "person", True),
        ("updated", False, "person", True),
        ("updated", False, "person", True),
    ]


async def test_sharing_and_taking_back_is_told_to_all_staff(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    view = await a_view(helpdesk.agent)

    await update(helpdesk.agent, view, shared=True)
    assert await names_of(helpdesk.analyst) == ["Open"]
    await update(helpdesk.agent, view, shared=False)

    assert await names_of(helpdesk.analyst) == []
    assert await told(helpdesk) == [
        ("created", False, "person", True),
        ("updated", True, "staff", False),
        ("updated", True, "staff", False),
    ]


async def test_a_shared_view_is_changed_by_its_owner_and_by_admins(
    a_helpdesk: Make, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    view = await a_view(helpdesk.agent, shared=True)
    colleague = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.AGENT)))

    refused = await update(colleague, view, name="Mine now")
    assert refused == Problem("NOT_ALLOWED", "A shared view is changed by its owner and by admins.")
    assert (await update(helpdesk.admin, view, name="Everybody's"))["name"] == "Everybody's"
    assert [each["owner"]["name"] for each in await views_of(colleague)] == ["Agent"]


async def test_others_private_views_are_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    view = await a_view(helpdesk.agent)
    nobodys = {"id": encode("view", new_id())}

    for by, named in ((helpdesk.admin, view), (other.admin, view), (helpdesk.agent, nobodys)):
        assert await update(by, named, name="Found") == Problem("NOT_FOUND", "There is no such saved view.")
    assert await names_of(helpdesk.agent) == ["Open"]


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    view = await a_view(helpdesk.agent)
    await update(helpdesk.agent, view, name="First", expected_version=1)

    result = await update(helpdesk.agent, view, name="Second", expected_version=1)

    assert result == Problem("CONFLICT", "The view has changed: you read version 1, it is at 2. Read it again.")
    assert await names_of(helpdesk.agent) == ["First"]


async def test_a_filter_names_what_the_organization_has(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    view = await a_view(helpdesk.agent)
    theirs = encode("usr", other.world.agent.user_id or new_id())

    result = await update(helpdesk.agent, view, filter={"assigneeId": theirs})

    assert result == Problem("NOT_FOUND", "There is no such user.", ("filter", "assigneeId"))
    assert (await views_of(helpdesk.agent))[0]["filter"] == {}


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    view = await a_view(helpdesk.agent, shared=True)

    result = await update(getattr(helpdesk, role), view, name="Mine")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: update saved view.")
