"""createSavedView"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Problem
from tests.live.following import now
from tests.mutations.views import a_view, names_of, told, views_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

CHANGED = """subscription($after: Cursor) { feed(after: $after) {
  ... on SavedViewChanged { change shared view { name } } } }"""


async def test_a_view_of_ones_own_is_nobody_elses(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    after = await now(helpdesk.agent)

    view = await a_view(helpdesk.agent, " Late  ones ", filter={"tag": "late"})

    assert (view["name"], view["filter"], view["shared"], view["version"]) == (
        "Late ones",
        {"tag": "late"},
        False,
        1,
    )
    assert await names_of(helpdesk.agent) == ["Late ones"]
    for by in (helpdesk.admin, helpdesk.analyst, helpdesk.customer, other.agent):
        assert await names_of(by) == []
        node = await by.query("query($id: ID!) { node(id: $id) { id } }", id=view["id"])
        assert node["node"] is None
    assert await told(helpdesk) == [("created", False, "person", True)]
    async with helpdesk.agent.subscription(CHANGED, after=after) as feed:
        assert await feed.next() == {"change": "CREATED", "shared": False, "view": {"name": "Late ones"}}


async def test_a_shared_view_is_all_staffs(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()

    await a_view(helpdesk.agent, shared=True)

    for by in (helpdesk.agent, helpdesk.admin, helpdesk.analyst):
        assert await names_of(by) == ["Open"]
    for by in (helpdesk.customer, other.agent):
        assert await names_of(by) == []
    assert await told(helpdesk) == [("created", True, "staff", False)]


async def test_what_was_sent_comes_back_as_it_was_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    wanted = {
        "status": ["OPEN", "WAITING_ON_CUSTOMER"],
        "priority": ["HIGH"],
        "number": [7],
        "assigneeId": agent,
        "assignedToMe": True,
        "unassigned": False,
        "requesterId": agent,
        "categoryId": category["id"],
        "uncategorized": False,
        "tag": "vip",
        "tagsAny": ["a"],
        "tagsAll": ["a", "b"],
        "createdFrom": "2026-01-01T00:00:00+00:00",
        "createdBefore": "2027-01-01T00:00:00+00:00",
        "updatedFrom": "2026-01-01T00:00:00.000001+00:00",
        "updatedBefore": "2027-01-01T00:00:00+00:00",
        "aiResolved": False,
        "rating": [1, 2],
    }
    order = {"field": "UPDATED_AT", "direction": "ASC"}

    view = await a_view(helpdesk.agent, filter=wanted, order_by=order, search="lamp")

    assert (view["filter"], view["orderBy"], view["search"]) == (wanted, order, "lamp")
    again = await a_view(helpdesk.agent, "Again", filter=view["filter"], order_by=view["orderBy"])
    assert (again["filter"], again["orderBy"], again["search"]) == (wanted, order, None)
    asked = (
        "query($filter: TicketFilter, $order: TicketOrder) { tickets(filter: $filter, orderBy: $order) { totalCount } }"
    )
    assert (await helpdesk.agent.query(asked, filter=view["filter"], order=view["orderBy"]))["tickets"] == {
        "totalCount": 0
    }


@pytest.mark.parametrize(
    ("field", "noun"), [("assigneeId", "user"), ("requesterId", "user"), ("categoryId", "category")]
)
async def test_a_filter_names_what_the_organization_has(a_helpdesk: Make, field: str, noun: str) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = {
        "user": encode("usr", other.world.agent.user_id or new_id()),
        "category": (await other.admin.create_category(input={"name": "Theirs"}))["id"],
    }

    for wrong in (theirs[noun], encode(theirs[noun][:3], new_id()), "", "tkt_" + "0" * 32):
        result = await a_view(helpdesk.agent, filter={field: wrong})
        assert result == Problem("NOT_FOUND", f"There is no such {noun}.", ("filter", field))
    assert await views_of(helpdesk.agent) == []
    assert await told(helpdesk) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": " "}, Problem("INVALID_INPUT", "This can't be empty.", ("name",))),
        ({"name": "x" * 101}, Problem("INVALID_INPUT", "This has 101 characters; at most 100 are kept.", ("name",))),
        ({"search": " "}, Problem("INVALID_INPUT", "This can't be empty.", ("search",))),
        ({"search": "x" * 201}, Problem("INVALID_INPUT", "A search has at most 200 characters.", ("search",))),
        (
            {"filter": {"tagsAll": ["a"] * 11}},
            Problem("INVALID_INPUT", "At most 10 values.", ("filter", "tagsAll")),
        ),
    ],
)
async def test_what_can_not_be_is_refused(a_helpdesk: Make, given: dict[str, Any], problem: Problem) -> None:
    helpdesk = await a_helpdesk()

    assert await helpdesk.agent.create_saved_view(input={"name": "Open", **given}) == problem
    assert await views_of(helpdesk.agent) == []


async def test_a_person_has_a_hundred_views_and_an_organization_shares_two_hundred(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    insert = (
        "INSERT INTO support_saved_view (id, organization_id, owner_id, name, ticket_filter, shared, version,"
        " created_at, updated_at) SELECT gen_random_uuid(), $1, $2, 'Old', '{}', $3, 1, now(), now()"
        " FROM generate_series(1, $4)"
    )
    world = helpdesk.world
    await world.database.execute(insert, world.id, world.agent.user_id, False, 98)

    results = await asyncio.gather(*(a_view(helpdesk.agent, f"New {each}") for each in range(4)))

    full = Problem("INVALID_INPUT", "A person has at most 100 views. Delete one that you don't need.")
    assert [result for result in results if isinstance(result, Problem)] == [full] * 2
    assert not isinstance(await a_view(helpdesk.admin, shared=True), Problem)
    # 199 more of people who have left them behind.
    for _ in range(2):
        member = await world.member(Role.AGENT)
        await world.database.execute(insert, world.id, member.user_id, True, 100)
    shared = Problem("INVALID_INPUT", "An organization shares at most 200 views.", ("shared",))
    assert await a_view(helpdesk.admin, shared=True) == shared
    assert not isinstance(await a_view(helpdesk.admin), Problem)


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    result = await a_view(getattr(helpdesk, role))

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: create saved view.")
