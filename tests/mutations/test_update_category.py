"""updateCategory: another name, another description"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import categories_of, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_a_name_changes_and_the_description_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing", "description": "Money."})
    ticket = await helpdesk.ticket(category_id=made["id"])

    changed = await helpdesk.admin.update_category(input={"category_id": made["id"], "name": "Invoices"})

    assert (changed["id"], changed["name"], changed["description"]) == (made["id"], "Invoices", "Money.")
    assert await changes_of(helpdesk, "CategoryChanged") == [
        ("category_id", made["id"], "created"),
        ("category_id", made["id"], "updated"),
    ]
    shown = await helpdesk.customer.query("query($id: ID!) { ticket(id: $id) { category { name } } }", id=ticket["id"])
    assert shown["ticket"]["category"]["name"] == "Invoices"


async def test_null_takes_the_description_away(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing", "description": "Money."})

    changed = await helpdesk.admin.update_category(input={"category_id": made["id"], "description": None})

    assert (changed["name"], changed["description"]) == ("Billing", None)


async def test_what_changes_nothing_is_no_event(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing", "description": "Money."})

    same = await helpdesk.admin.update_category(
        input={"category_id": made["id"], "name": "Billing", "description": "Money."}
    )

    assert same == made
    assert len(await changes_of(helpdesk, "CategoryChanged")) == 1


async def test_a_name_of_another_is_taken_and_ones_own_is_not(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    billing = await helpdesk.admin.create_category(input={"name": "Billing"})
    other = await helpdesk.admin.create_category(input={"name": "Other"})

    taken = await helpdesk.admin.update_category(input={"category_id": other["id"], "name": "BILLING"})
    own = await helpdesk.admin.update_category(input={"category_id": billing["id"], "name": "BILLING"})

    assert taken == Problem("CONFLICT", "There is a category 'Billing' already.", ("name",))
    assert own["name"] == "BILLING"


async def test_an_empty_name_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})

    result = await helpdesk.admin.update_category(input={"category_id": made["id"], "name": ""})

    assert result == Problem("INVALID_INPUT", "This can't be empty.", ("name",))
    assert [each["name"] for each in await categories_of(helpdesk.admin)] == ["Billing"]


async def test_a_category_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.admin.create_category(input={"name": "Billing"})

    for category_id in (theirs["id"], encode("cat", new_id())):
        result = await helpdesk.admin.update_category(input={"category_id": category_id, "name": "Ours"})
        assert result == Problem("NOT_FOUND", "There is no such category.")
    assert [each["name"] for each in await categories_of(other.admin)] == ["Billing"]


async def test_only_admins_change_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})

    result = await helpdesk.agent.update_category(input={"category_id": made["id"], "name": "Mine"})

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: update category.")
