"""slaPolicies, businessCalendars: what is promised and when it is open, for those who work here"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.client import GraphQLErrors
from tests.mutations.content import a_calendar, a_policy, calendars_of, policies_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_policies_are_in_the_order_in_which_they_are_tried(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await a_policy(other, name="Theirs")
    for name in ("Last", "Middle", "First"):
        await a_policy(helpdesk, name=name, position=0)

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        assert [each["name"] for each in await policies_of(by)] == ["First", "Middle", "Last"]


async def test_calendars_are_by_name(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await a_calendar(other, name="Theirs")
    for name in ("Shop", "Office", "Hotline"):
        await a_calendar(helpdesk, name=name)

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        assert [each["name"] for each in await calendars_of(by)] == ["Hotline", "Office", "Shop"]


async def test_a_condition_names_no_category_that_is_gone(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    await a_policy(helpdesk, conditions=[{"categoryIds": [category["id"]]}])

    await helpdesk.admin.delete_category(category_id=category["id"])

    (shown,) = await policies_of(helpdesk.agent)
    assert shown["conditions"] == [{"kind": "CATEGORY", "tags": [], "categories": [], "domains": []}]


@pytest.mark.parametrize("field", ["slaPolicies", "businessCalendars"])
async def test_customers_see_none(a_helpdesk: Make, field: str) -> None:
    helpdesk = await a_helpdesk()
    policy, calendar = await a_policy(helpdesk), await a_calendar(helpdesk)

    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.customer.query(f"{{ {field} {{ id }} }}")

    assert refusal.value.codes == ["NOT_ALLOWED"]
    seen = await helpdesk.customer.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[policy["id"], calendar["id"]]
    )
    assert seen == {"nodes": [None, None]}
