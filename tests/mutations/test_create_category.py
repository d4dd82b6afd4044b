"""createCategory: the organization's list of what tickets are about"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from models.rows import new
from models.tickets import Category
from models.writer import organization_write
from resolvers.categories import CATEGORIES_LIMIT
from tests.client import Problem
from tests.mutations.content import categories_of, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_a_category_is_listed_for_everybody(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await helpdesk.admin.create_category(input={"name": " Lost \n parcels ", "description": " It is late. "})

    assert (made["name"], made["description"]) == ("Lost parcels", "It is late.")
    assert await categories_of(helpdesk.customer) == [{"id": made["id"], "name": "Lost parcels"}]
    assert await changes_of(helpdesk, "CategoryChanged") == [("category_id", made["id"], "created")]


async def test_the_list_is_by_name(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for name in ("Returns", "Billing", "Other"):
        await helpdesk.admin.create_category(input={"name": name})

    assert [each["name"] for each in await categories_of(helpdesk.agent)] == ["Billing", "Other", "Returns"]


@pytest.mark.parametrize("name", ["Billing", "BILLING", " billing "])
async def test_a_name_is_taken_whatever_its_case(a_helpdesk: Make, name: str) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await other.admin.create_category(input={"name": name})
    await helpdesk.admin.create_category(input={"name": "Billing"})

    result = await helpdesk.admin.create_category(input={"name": name})

    assert result == Problem("CONFLICT", "There is a category 'Billing' already.", ("name",))
    assert len(await categories_of(helpdesk.admin)) == 1
    assert len(await changes_of(helpdesk, "CategoryChanged")) == 1


async def test_of_two_made_at_once_with_one_name_one_is(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    results = await asyncio.gather(
        *(helpdesk.admin.create_category(input={"name": name}) for name in ("Billing", "BILLING", "billing"))
    )

    assert [each.code for each in results if isinstance(each, Problem)] == ["CONFLICT", "CONFLICT"]
    assert len(await categories_of(helpdesk.admin)) == 1


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": " "}, Problem("INVALID_INPUT", "This can't be empty.", ("name",))),
        (
            {"name": "x" * 101},
            Problem("INVALID_INPUT", "This has 101 characters; at most 100 are kept.", ("name",)),
        ),
        (
            {"name": "Billing", "description": "x" * 1_001},
            Problem("INVALID_INPUT", "This has 1,001 characters; at most 1,000 are kept.", ("description",)),
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make, given: dict[str, str], problem: Problem) -> None:
    helpdesk = await a_helpdesk()

    assert await helpdesk.admin.create_category(input=given) == problem

    assert await categories_of(helpdesk.admin) == []
    assert await changes_of(helpdesk, "CategoryChanged") == []


async def test_the_list_stays_short(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as write:
        many = [
            new(Category, organization_id=helpdesk.world.id, name=new_id().hex, created_at=write.now)
            for _ in range(CATEGORIES_LIMIT)
        ]
        for category in many:
            write.insert(category)
    sentence = "An organization has at most 200 categories. Delete one that nobody needs."

    assert await helpdesk.admin.create_category(input={"name": "One more"}) == Problem("INVALID_INPUT", sentence)

    await helpdesk.admin.delete_category(category_id=encode("cat", many[0].id))
    assert (await helpdesk.admin.create_category(input={"name": "One more"}))["name"] == "One more"


async def test_only_admins_make_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    refused = await helpdesk.agent.create_category(input={"name": "Mine"})

    assert refused == Problem("NOT_ALLOWED", "Your role does not include this: create category.")
    assert await categories_of(helpdesk.agent) == []
