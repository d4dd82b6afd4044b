"""deleteCategory: gone from the list and from its tickets, which are not touched"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import categories_of, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TICKET = "query($id: ID!) { ticket(id: $id) { version updatedAt category { name } } }"
FILTERED = """query($id: ID!) { node(id: $id) { id } tickets(filter: { categoryId: $id }) { totalCount }
  without: tickets(filter: { uncategorized: true }) { totalCount }
  with: tickets(filter: { uncategorized: false }) { totalCount } }"""


async def test_its_tickets_show_none_and_are_no_newer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})
    ticket = await helpdesk.ticket(category_id=made["id"])
    before = (await helpdesk.agent.query(TICKET, id=ticket["id"]))["ticket"]
    assert before["category"] == {"name": "Billing"}

    gone = await helpdesk.admin.delete_category(category_id=made["id"])

    assert gone == {"id": made["id"]}
    for by in (helpdesk.agent, helpdesk.customer):
        assert (await by.query(TICKET, id=ticket["id"]))["ticket"] == {**before, "category": None}
        assert await by.query(FILTERED, id=made["id"]) == {
            "node": None,
            "tickets": {"totalCount": 0},
            "without": {"totalCount": 1},
            "with": {"totalCount": 0},
        }
    assert await categories_of(helpdesk.admin) == []
    assert (await changes_of(helpdesk, "CategoryChanged"))[1:] == [("category_id", made["id"], "deleted")]
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_it_is_gone_for_good(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})
    await helpdesk.admin.delete_category(category_id=made["id"])
    problem = Problem("NOT_FOUND", "There is no such category.")

    assert await helpdesk.admin.delete_category(category_id=made["id"]) == problem
    assert await helpdesk.admin.update_category(input={"category_id": made["id"], "name": "Back"}) == problem
    used = await helpdesk.customer.create_ticket(input={"subject": "A", "body": "B", "category_id": made["id"]})
    assert used == Problem("NOT_FOUND", "There is no such category.", ("categoryId",))


async def test_its_name_is_free_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})
    await helpdesk.admin.delete_category(category_id=made["id"])

    again = await helpdesk.admin.create_category(input={"name": "Billing"})

    assert again["id"] != made["id"]
    assert await categories_of(helpdesk.admin) == [{"id": again["id"], "name": "Billing"}]


async def test_a_category_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.admin.create_category(input={"name": "Billing"})

    for category_id in (theirs["id"], encode("cat", new_id()), "cat_nonsense"):
        result = await helpdesk.admin.delete_category(category_id=category_id)
        assert result == Problem("NOT_FOUND", "There is no such category.")
    assert len(await categories_of(other.admin)) == 1


async def test_only_admins_delete_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_category(input={"name": "Billing"})

    result = await helpdesk.agent.delete_category(category_id=made["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete category.")
    assert len(await categories_of(helpdesk.agent)) == 1
