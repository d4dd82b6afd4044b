"""tickets: every filter"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.fields import new_id
from models.rows import new
from models.tickets import Category
from models.writer import organization_write
from resolvers.tickets import resolve_ticket
from tests.access.things import a_rating
from tests.client import Client, GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

NUMBERS = """query($filter: TicketFilter) {
  tickets(filter: $filter, orderBy: {field: NUMBER, direction: ASC}) { totalCount nodes { number } } }"""


async def numbers(by: Client, **conditions: Any) -> list[int]:
    """The numbers of the tickets that fulfil the conditions."""
    shown = (await by.query(NUMBERS, filter=conditions))["tickets"]
    found = [each["number"] for each in shown["nodes"]]
    assert shown["totalCount"] == len(found)
    return found


async def test_all_tickets_without_a_filter_and_with_an_empty_one(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    await helpdesk.agent.create_ticket(input={"subject": "Mine", "body": "I noticed it too."})
    absent = (await helpdesk.agent.query("{ tickets { totalCount } }"))["tickets"]

    assert absent == {"totalCount": 2}
    assert await numbers(helpdesk.agent) == [1, 2]
    assert await numbers(helpdesk.analyst, status=None, tag=None, unassigned=None, createdFrom=None) == [1, 2]
    assert await numbers(helpdesk.customer) == [1]


async def test_by_status(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for status in ("OPEN", "PENDING", "CLOSED"):
        ticket = await helpdesk.ticket()
        if status != "OPEN":
            await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)

    for by in (helpdesk.agent, helpdesk.customer):
        assert await numbers(by, status=["PENDING"]) == [2]
        assert await numbers(by, status=["CLOSED", "OPEN", "RESOLVED", "OPEN"]) == [1, 3]
        assert await numbers(by, status=["WAITING_ON_CUSTOMER"]) == []
        assert await numbers(by, status=[]) == []


async def test_by_priority(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for priority in ("LOW", "URGENT", "HIGH"):
        await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "priority": priority})
    await helpdesk.ticket()

    assert await numbers(helpdesk.agent, priority=["URGENT", "HIGH"]) == [2, 3]
    assert await numbers(helpdesk.customer, priority=["MEDIUM"]) == [4]
    assert await numbers(helpdesk.agent, priority=["LOW"], status=["CLOSED"]) == []


async def test_by_assignee(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent, admin = (encode("usr", each.user_id or new_id()) for each in (helpdesk.world.agent, helpdesk.world.admin))
    for assignee in (agent, None, admin):
        ticket = await helpdesk.ticket()
        await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee)

    assert await numbers(helpdesk.agent, assigneeId=agent) == [1]
    assert await numbers(helpdesk.agent, assigneeId=encode("usr", new_id())) == []
    assert await numbers(helpdesk.agent, unassigned=True) == [2]
    assert await numbers(helpdesk.agent, unassigned=False) == [1, 3]
    assert await numbers(helpdesk.agent, unassigned=True, assigneeId=agent) == []


async def test_by_me(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent, admin = (encode("usr", each.user_id or new_id()) for each in (helpdesk.world.agent, helpdesk.world.admin))
    for assignee in (agent, None, admin):
        ticket = await helpdesk.ticket()
        await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee)

    assert await numbers(helpdesk.agent, assignedToMe=True) == [1]
    assert await numbers(helpdesk.admin, assignedToMe=True) == [3]
    assert await numbers(helpdesk.analyst, assignedToMe=True) == []
    assert await numbers(helpdesk.admin, assignedToMe=False) == [1, 2]


async def test_by_number(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for _ in range(3):
        await helpdesk.ticket()

    assert await numbers(helpdesk.customer, number=[3, 1, 7, -1, 2**31 - 1]) == [1, 3]
    assert await numbers(helpdesk.customer, number=[]) == []


async def test_by_requester(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b"})
    customer = encode("usr", helpdesk.world.customer.user_id or new_id())
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())

    assert await numbers(helpdesk.analyst, requesterId=customer) == [1]
    assert await numbers(helpdesk.analyst, requesterId=agent) == [2]
    assert await numbers(helpdesk.customer, requesterId=customer) == [1]
    assert await numbers(helpdesk.customer, requesterId=agent) == []


async def test_by_category(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as write:
        category = new(Category, organization_id=helpdesk.world.id, name="Billing", created_at=write.now)
        write.insert(category)
    billing = encode("cat", category.id)
    await helpdesk.ticket(category_id=billing)
    await helpdesk.ticket()

    assert await numbers(helpdesk.agent, categoryId=billing) == [1]
    assert await numbers(helpdesk.customer, categoryId=billing, status=["OPEN"]) == [1]
    assert await numbers(helpdesk.agent, categoryId=encode("cat", new_id())) == []


async def test_in_no_category(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as write:
        category = new(Category, organization_id=helpdesk.world.id, name="Billing", created_at=write.now)
        write.insert(category)
    await helpdesk.ticket(category_id=encode("cat", category.id))
    await helpdesk.ticket()

    for by in (helpdesk.agent, helpdesk.customer):
        assert await numbers(by, uncategorized=True) == [2]
        assert await numbers(by, uncategorized=False) == [1]


@pytest.mark.parametrize("field", ["assigneeId", "requesterId", "categoryId"])
@pytest.mark.parametrize("wrong", ["", "usr_", "tkt_" + "0" * 32, "usr_" + "g" * 32, "1 OR 1=1"])
async def test_an_id_of_no_row_fits_no_ticket(a_helpdesk: Make, field: str, wrong: str) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()

    assert await numbers(helpdesk.agent, **{field: wrong}) == []


async def test_by_tag(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for tags in (["vip", "late payment"], ["VIP"], []):
        await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": tags})

    assert await numbers(helpdesk.agent, tag="vip") == [1, 2]
    # As it is written on a ticket: folded, with single spaces.
    assert await numbers(helpdesk.agent, tag=" Late  Payment") == [1]
    assert await numbers(helpdesk.agent, tag="vi") == []
    assert await numbers(helpdesk.agent, tag="%") == []
    assert await numbers(helpdesk.agent, tag="{}") == []
    assert await numbers(helpdesk.agent, tag="") == []


async def test_by_any_or_all_of_several_tags(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for tags in (["vip", "late"], ["vip"], ["late"], []):
        await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": tags})

    assert await numbers(helpdesk.agent, tagsAny=[" VIP ", "unknown"]) == [1, 2]
    assert await numbers(helpdesk.agent, tagsAny=["vip", "late"]) == [1, 2, 3]
    assert await numbers(helpdesk.agent, tagsAny=[]) == []
    assert await numbers(helpdesk.agent, tagsAll=["vip", "Late"]) == [1]
    assert await numbers(helpdesk.agent, tagsAll=["vip", "unknown"]) == []
    assert await numbers(helpdesk.agent, tagsAll=[]) == [1, 2, 3, 4]
    assert await numbers(helpdesk.agent, tagsAny=["late"], tag="vip") == [1]


@pytest.mark.parametrize(("field", "limit"), [("tagsAny", 100), ("tagsAll", 10)])
async def test_a_filter_has_so_many_values_and_no_more(a_helpdesk: Make, field: str, limit: int) -> None:
    helpdesk = await a_helpdesk()
    many = [f"tag {each}" for each in range(limit + 1)]

    assert await numbers(helpdesk.agent, **{field: many[:limit]}) == []
    with pytest.raises(GraphQLErrors) as refusal:
        await numbers(helpdesk.agent, **{field: many})

    (error,) = refusal.value.errors
    assert error["message"] == f"At most {limit} values."
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["filter", field]}


async def test_by_what_the_ai_resolved(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    resolved = await helpdesk.ticket()
    ai = Actor.ai(helpdesk.world.database, helpdesk.world.id)
    await resolve_ticket(ai, decode("tkt", resolved["id"]))

    for by in (helpdesk.agent, helpdesk.customer):
        assert await numbers(by, aiResolved=True) == [2]
        assert await numbers(by, aiResolved=False) == [1]


async def test_by_the_newest_rating(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    rated, again, unrated = [await helpdesk.ticket() for _ in range(3)]
    await a_rating(world, rated["id"], 2)
    await a_rating(world, again["id"], 1)
    await a_rating(world, again["id"], 5, comment="Now it works.")
    shown = "query($id: ID!) { ticket(id: $id) { satisfaction { rating comment agent { id } ticket { number } } } }"

    for by in (helpdesk.agent, helpdesk.customer):
        assert await numbers(by, rating=[1, 2]) == [1]
        assert await numbers(by, rating=[4, 5]) == [2]
        assert await numbers(by, rating=[0, 70_000]) == []
        satisfaction = (await by.query(shown, id=again["id"]))["ticket"]["satisfaction"]
        assert satisfaction == {"rating": 5, "comment": "Now it works.", "agent": None, "ticket": {"number": 2}}
        assert (await by.query(shown, id=unrated["id"]))["ticket"]["satisfaction"] is None


async def test_by_time_of_the_last_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    second = [await helpdesk.ticket() for _ in range(2)][1]
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET updated_at = '2026-05-01T12:00:00Z', public_updated_at = '2026-05-01T12:00:00Z'"
        " WHERE organization_id = $1",
        helpdesk.world.id,
    )
    await helpdesk.agent.add_message(input={"ticket_id": second["id"], "body": "Hm.", "internal": True})

    assert await numbers(helpdesk.agent, updatedFrom="2026-05-01T12:00:00.001Z") == [2]
    assert await numbers(helpdesk.agent, updatedFrom="2026-05-01T12:00:00Z") == [1, 2]
    assert await numbers(helpdesk.agent, updatedBefore="2026-05-01T12:00:00.001Z") == [1]
    # The note moves nothing that the customer may see.
    assert await numbers(helpdesk.customer, updatedFrom="2026-05-01T12:00:00.001Z") == []
    assert await numbers(helpdesk.customer, updatedBefore="2026-05-01T12:00:00.001Z") == [1, 2]


async def test_by_time_of_arrival(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, second, third = [await helpdesk.ticket() for _ in range(3)]
    for ticket, day in ((first, 1), (second, 2), (third, 3)):
        await helpdesk.world.database.execute(
            "UPDATE support_ticket SET created_at = make_timestamptz(2026, 5, $2, 12, 0, 0, 'UTC') WHERE id = $1",
            decode("tkt", ticket["id"]),
            day,
        )

    for by in (helpdesk.agent, helpdesk.customer):
        assert await numbers(by, createdFrom="2026-05-02T12:00:00Z") == [2, 3]
        assert await numbers(by, createdBefore="2026-05-02T12:00:00.000Z") == [1]
        assert await numbers(by, createdFrom="2026-05-02T14:00:00.001+02:00") == [3]
        assert await numbers(by, createdFrom="2026-05-01T00:00:00Z", createdBefore="2026-05-03T00:00:00Z") == [1, 2]
        assert await numbers(by, createdFrom="0001-01-01T00:00:00Z") == [1, 2, 3]
        assert await numbers(by, createdBefore="9999-12-31T23:59:59.999999Z") == [1, 2, 3]


@pytest.mark.parametrize(
    ("instant", "sentence"),
    [
        ("2026-05-02T12:00:00", "A DateTime needs an offset, such as Z."),
        ("yesterday", "A DateTime looks like 2026-11-23T17:50:00.123Z."),
        ("0001-01-01T00:00:00+01:00", "This DateTime is beyond the calendar."),
        (1_750_000_000, "A DateTime is text such as 2026-11-23T17:50:00.123Z."),
        ("2026-02-30T00:00:00Z", "A DateTime looks like 2026-11-23T17:50:00.123Z."),
    ],
)
async def test_what_is_no_instant_is_refused(a_helpdesk: Make, instant: Any, sentence: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await numbers(helpdesk.agent, createdFrom=instant)

    (error,) = refusal.value.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert f"'{sentence}'" in error["message"]


@pytest.mark.parametrize(
    "condition",
    [
        {"assigneeId": "usr_"},
        {"assignedToMe": False},
        {"unassigned": True},
        {"tag": "vip"},
        {"tagsAny": []},
        {"tagsAll": []},
    ],
)
async def test_customers_do_not_filter_by_what_they_do_not_see(a_helpdesk: Make, condition: dict[str, Any]) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await numbers(helpdesk.customer, **condition)

    (error,) = refusal.value.errors
    assert error["message"] == "Customers can't filter by assignee, tag or service level."
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["filter"]}


async def test_all_conditions_together(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    wanted = await helpdesk.agent.create_ticket(
        input={"subject": "s", "body": "b", "priority": "HIGH", "tags": ["vip"]}
    )
    await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "priority": "HIGH"})
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    await helpdesk.agent.assign_ticket(ticket_id=wanted["id"], assignee_id=agent)
    conditions = {
        "status": ["OPEN"],
        "priority": ["HIGH"],
        "assigneeId": agent,
        "unassigned": False,
        "requesterId": agent,
        "assignedToMe": False,
        "number": [1],
        "uncategorized": True,
        "tag": "vip",
        "tagsAny": ["vip"],
        "tagsAll": ["vip"],
        "aiResolved": False,
        "updatedFrom": wanted["createdAt"],
        "createdFrom": wanted["createdAt"],
    }

    assert await numbers(helpdesk.admin, **conditions) == [1]
    assert await numbers(helpdesk.admin, **conditions, createdBefore=wanted["createdAt"]) == []


async def test_another_organizations_tickets_are_in_no_list(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await other.ticket()
    theirs = encode("usr", other.world.customer.user_id or new_id())

    for role in Role:
        by = getattr(helpdesk, role.value)
        assert await numbers(by) == []
        assert await numbers(by, requesterId=theirs) == []
