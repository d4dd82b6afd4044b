"""users: the people of an organization, by name"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.actors import Role
from models.organizations import Membership
from models.writer import organization_write
from resolvers.access import access
from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($filter: UserFilter, $search: String, $first: Int, $after: String, $last: Int) {
  users(filter: $filter, search: $search, first: $first, after: $after, last: $last) {
    nodes { name role } totalCount pageInfo { endCursor hasNextPage } } }"""


async def names(by: Client, **given: Any) -> list[str]:
    """The names."""
    return [each["name"] for each in (await by.query(LIST, **given))["users"]["nodes"]]


async def test_they_are_by_name(a_helpdesk: Make) -> None:
    helpdesk, _ = await a_helpdesk(), await a_helpdesk()

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        assert await names(by) == ["Admin", "Agent", "Analyst", "Customer"]
    page = (await helpdesk.agent.query(LIST, first=3))["users"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    assert await names(helpdesk.agent, first=3, after=page["pageInfo"]["endCursor"]) == ["Customer"]
    assert await names(helpdesk.agent, last=1) == ["Customer"]


async def test_namesakes_are_all_listed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for _ in range(5):
        await helpdesk.world.member(Role.CUSTOMER, "Ann")
    found: list[str] = []
    after = None
    while True:
        page = (await helpdesk.agent.query(LIST, search="ann", first=2, after=after))["users"]
        found += [each["name"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == ["Ann"] * 5


async def test_a_customer_finds_nobody_else(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.world.member(Role.CUSTOMER, "Customer too")

    assert await names(helpdesk.customer) == ["Customer"]
    assert await names(helpdesk.customer, filter={"role": ["AGENT"]}) == []
    assert await names(helpdesk.customer, search="cust") == ["Customer"]
    assert (await helpdesk.customer.query(LIST))["users"]["totalCount"] == 1


async def test_a_filter_is_by_role_and_whether_they_are_here(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    gone = await helpdesk.world.member(Role.AGENT, "Gone")
    async with organization_write(helpdesk.world.admin) as write:
        write.update(await access(write, Membership, gone.user_id), deactivated_at=write.now)

    assert await names(helpdesk.agent, filter={"role": ["AGENT", "ADMIN"]}) == ["Admin", "Agent", "Gone"]
    assert await names(helpdesk.agent, filter={"role": ["AGENT", "ADMIN"], "active": True}) == ["Admin", "Agent"]
    assert await names(helpdesk.agent, filter={"active": False}) == ["Gone"]
    assert await names(helpdesk.agent, filter={"role": []}) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("mira", ["Mira Kowalski"]),
        ("KOW", ["Mira Kowalski"]),
        ("k m", ["Mira Kowalski"]),
        ("owalski", []),
        ("söR", ["Sören Ka_i%"]),
        ("ka_", ["Sören Ka_i%"]),
        ("%", []),
        ("_", []),
    ],
)
async def test_a_search_is_by_what_names_begin_with(a_helpdesk: Make, search: str, found: list[str]) -> None:
    helpdesk = await a_helpdesk()
    for name in ("Mira Kowalski", "Sören Ka_i%", "Kai"):
        await helpdesk.world.member(Role.CUSTOMER, name)

    assert await names(helpdesk.agent, search=search) == found


async def test_a_search_is_by_what_addresses_begin_with(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    email = (await helpdesk.customer.query("{ viewer { user { email } } }"))["viewer"]["user"]["email"]

    assert await names(helpdesk.agent, search=email.upper()[:-5]) == ["Customer"]
    assert await names(helpdesk.agent, search=email[1:]) == []
