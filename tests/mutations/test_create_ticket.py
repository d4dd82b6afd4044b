"""createTicket"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from graphql_api.ids import decode, encode
from models.fields import new_id
from models.lifecycle import TicketPriority
from models.rows import new
from models.tickets import Category
from models.writer import organization_write
from resolvers.tickets import open_ticket
from tests.client import Client, Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ASKED = {"subject": "It broke", "body": "Please help."}
THREAD = """query($id: ID!) { ticket(id: $id) {
  requester { id name email role } category { name } messages { nodes { body authorKind author { id } } } } }"""


async def events(helpdesk: Helpdesk) -> int:
    """How many events the organization's log holds."""
    seq = "SELECT seq FROM support_event_counter WHERE organization_id = $1"
    return int(await helpdesk.world.database.fetchval(seq, helpdesk.world.id))


async def a_category(helpdesk: Helpdesk, name: str) -> str:
    """The id of a new category."""
    world = helpdesk.world
    async with organization_write(world.admin) as write:
        category = new(Category, organization_id=world.id, name=name, created_at=write.now)
        write.insert(category)
    return encode("cat", category.id)


async def test_a_customer_opens_a_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    ticket = await helpdesk.customer.create_ticket(input={"subject": "  It broke\n", "body": " Please *help*. "})

    assert (ticket["subject"], ticket["status"], ticket["priority"]) == ("It broke", "OPEN", "MEDIUM")
    assert (ticket["number"], ticket["version"], ticket["messageCount"]) == (1, 1, 1)
    assert ticket["createdAt"] == ticket["updatedAt"]
    me = encode("usr", helpdesk.world.customer.user_id or new_id())
    shown = (await helpdesk.customer.query(THREAD, id=ticket["id"]))["ticket"]
    assert shown["requester"]["id"] == me
    assert shown["messages"]["nodes"] == [
        {"body": "Please *help*.", "authorKind": "CUSTOMER", "author": {"id": me}},
    ]
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_an_agent_opens_a_ticket_of_their_own(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    category = await a_category(helpdesk, "Billing")

    ticket = await helpdesk.agent.create_ticket(
        input={
            **ASKED,
            "priority": "URGENT",
            "tags": ["Invoice ", "  late   PAYMENT", "invoice"],
            "categoryId": category,
        }
    )

    assert (ticket["priority"], ticket["tags"]) == ("URGENT", ["invoice", "late payment"])
    shown = (await helpdesk.agent.query(THREAD, id=ticket["id"]))["ticket"]
    assert (shown["requester"]["role"], shown["category"]) == ("AGENT", {"name": "Billing"})
    assert [message["authorKind"] for message in shown["messages"]["nodes"]] == ["AGENT"]


async def test_an_agent_opens_a_ticket_on_behalf_of_a_new_customer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    ticket = await helpdesk.agent.create_ticket(
        input={**ASKED, "on_behalf_of": {"email": " Ada@Example.test ", "name": "Ada"}}
    )

    shown = (await helpdesk.agent.query(THREAD, id=ticket["id"]))["ticket"]
    assert {**shown["requester"], "id": None} == {
        "id": None,
        "name": "Ada",
        "email": "ada@example.test",
        "role": "CUSTOMER",
    }
    assert shown["messages"]["nodes"] == [
        {"body": "Please help.", "authorKind": "CUSTOMER", "author": {"id": shown["requester"]["id"]}}
    ]
    row = await helpdesk.world.database.fetchrow(
        "SELECT actor_kind, actor_id FROM support_event WHERE ticket_id = $1 AND type = 'TicketCreated'",
        decode("tkt", ticket["id"]),
    )
    assert row and tuple(row) == ("agent", helpdesk.world.agent.user_id)


async def test_a_customer_without_a_name_is_called_by_the_address(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    ticket = await helpdesk.agent.create_ticket(input={**ASKED, "on_behalf_of": {"email": "ada@example.test"}})

    shown = await helpdesk.agent.query(THREAD, id=ticket["id"])
    assert shown["ticket"]["requester"]["name"] == "ada"


async def test_a_known_address_is_the_same_customer_in_any_case(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    viewer = (await helpdesk.customer.query("{ viewer { user { id name email } } }"))["viewer"]["user"]

    ticket = await helpdesk.agent.create_ticket(
        input={**ASKED, "on_behalf_of": {"email": viewer["email"].upper(), "name": "Somebody Else"}}
    )

    requester = (await helpdesk.agent.query(THREAD, id=ticket["id"]))["ticket"]["requester"]
    assert requester == {**viewer, "role": "CUSTOMER"}
    assert (await helpdesk.customer.query(THREAD, id=ticket["id"]))["ticket"] is not None


async def test_subjects_and_names_are_lines(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    customer = {"email": "ada@example.test", "name": "Ada\r\nBcc:  Eve"}

    ticket = await helpdesk.agent.create_ticket(
        input={"subject": "It\nbroke", "body": "Please\nhelp.", "on_behalf_of": customer}
    )
    changed = await helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "subject": "It\u2028broke again"})

    assert (ticket["subject"], changed["subject"]) == ("It broke", "It broke again")
    requester = "query($id: ID!) { ticket(id: $id) { requester { name } } }"
    assert (await helpdesk.agent.query(requester, id=ticket["id"]))["ticket"] == {"requester": {"name": "Ada Bcc: Eve"}}


async def test_the_same_new_address_at_once_is_one_customer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    given = {**ASKED, "on_behalf_of": {"email": "ada@example.test"}}

    tickets = await asyncio.gather(*(helpdesk.agent.create_ticket(input=given) for _ in range(8)))

    shown = [await helpdesk.agent.query(THREAD, id=ticket["id"]) for ticket in tickets]
    assert len({each["ticket"]["requester"]["id"] for each in shown}) == 1
    assert sorted(ticket["number"] for ticket in tickets) == list(range(1, 9))


@pytest.mark.parametrize(
    "extra", [{"priority": "HIGH"}, {"tags": ["vip"]}, {"on_behalf_of": {"email": "ada@example.test"}}]
)
async def test_customers_set_neither_priority_nor_tags_nor_requester(a_helpdesk: Make, extra: dict[str, Any]) -> None:
    helpdesk = await a_helpdesk()
    before = await events(helpdesk)

    result = await helpdesk.customer.create_ticket(input={**ASKED, **extra})

    assert result == Problem("NOT_ALLOWED", "Priority, tags and the requester are set by agents.")
    assert await events(helpdesk) == before
    assert not isinstance(await helpdesk.agent.create_ticket(input={**ASKED, **extra}), Problem)


async def test_the_longest_ticket_is_kept_whole(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tags = [f"{number:02}".ljust(50, "x") for number in range(50)]

    ticket = await helpdesk.agent.create_ticket(input={"subject": "s" * 300, "body": "b" * 50_000, "tags": tags})

    assert (ticket["subject"], ticket["tags"]) == ("s" * 300, tags)
    shown = await helpdesk.agent.query(THREAD, id=ticket["id"])
    assert shown["ticket"]["messages"]["nodes"][0]["body"] == "b" * 50_000


@pytest.mark.parametrize(
    ("given", "message", "path"),
    [
        ({"subject": "s" * 301}, "This has 301 characters; at most 300 are kept.", ("subject",)),
        ({"subject": " \n "}, "This can't be empty.", ("subject",)),
        ({"subject": "\u200b \u2066"}, "This can't be empty.", ("subject",)),
        ({"body": "\u200d\n\ufeff"}, "This can't be empty.", ("body",)),
        ({"body": "b" * 50_001}, "This has 50,001 characters; at most 50,000 are kept.", ("body",)),
        ({"body": ""}, "This can't be empty.", ("body",)),
        ({"tags": [str(number) for number in range(51)]}, "A ticket has at most 50 tags.", ("tags",)),
        ({"tags": ["t" * 51]}, "This has 51 characters; at most 50 are kept.", ("tags",)),
        ({"tags": ["fine", " "]}, "This can't be empty.", ("tags",)),
        ({"on_behalf_of": {"email": "nobody"}}, "This is not an e-mail address.", ("onBehalfOf", "email")),
        (
            {"on_behalf_of": {"email": "a@" + "b" * 319}},
            "This is not an e-mail address.",
            ("onBehalfOf", "email"),
        ),
        (
            {"on_behalf_of": {"email": "ada@example.test", "name": "n" * 201}},
            "This has 201 characters; at most 200 are kept.",
            ("onBehalfOf", "name"),
        ),
    ],
)
async def test_what_is_too_long_or_empty_is_refused(
    a_helpdesk: Make, given: dict[str, Any], message: str, path: tuple[str, ...]
) -> None:
    helpdesk = await a_helpdesk()
    before = await events(helpdesk)

    result = await helpdesk.agent.create_ticket(input={**ASKED, **given})

    assert result == Problem("INVALID_INPUT", message, path)
    assert await events(helpdesk) == before


@pytest.mark.parametrize("category", ["cat_" + "0" * 32, "tkt_" + "0" * 32, "billing"])
async def test_an_unknown_category_is_not_found(a_helpdesk: Make, category: str) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.customer.create_ticket(input={**ASKED, "categoryId": category})

    assert result == Problem("NOT_FOUND", "There is no such category.", ("categoryId",))


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.analyst.create_ticket(input=ASKED)

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: create ticket.")


async def test_numbers_have_no_gaps_and_ascend_in_the_order_of_commits(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    created = [number for each in await asyncio.gather(*(_writer(helpdesk, n) for n in range(8))) for number in each]

    assert sorted(created) == list(range(1, 33))
    rows = await helpdesk.world.database.fetch(
        "SELECT t.number FROM support_event e JOIN support_ticket t ON t.id = e.ticket_id"
        " WHERE e.organization_id = $1 AND e.type = 'TicketCreated' ORDER BY e.seq",
        helpdesk.world.id,
    )
    assert [row["number"] for row in rows] == list(range(1, 33))


async def _writer(helpdesk: Helpdesk, position: int) -> list[int]:
    """Four tickets, and between them one that is refused and one that fails in the very last statement."""
    client: Client = helpdesk.agent if position % 2 else helpdesk.customer
    numbers = []
    for _ in range(4):
        numbers.append((await client.create_ticket(input=ASKED))["number"])
        assert isinstance(await client.create_ticket(input={**ASKED, "body": ""}), Problem)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await _fail(helpdesk)
    return numbers


async def _fail(helpdesk: Helpdesk) -> None:
    async with organization_write(helpdesk.world.agent) as write:
        open_ticket(
            write,
            requester_id=new_id(),
            subject="Of nobody",
            category_id=None,
            priority=TicketPriority.LOW,
        )


async def test_a_requester_who_was_anonymized_is_a_new_customer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    given = {**ASKED, "on_behalf_of": {"email": "ada@example.test"}}
    first = await helpdesk.agent.create_ticket(input=given)
    await helpdesk.world.database.execute(
        "UPDATE support_membership SET email = NULL WHERE organization_id = $1 AND email = 'ada@example.test'",
        helpdesk.world.id,
    )

    second = await helpdesk.agent.create_ticket(input=given)

    shown = [await helpdesk.agent.query(THREAD, id=ticket["id"]) for ticket in (first, second)]
    assert [each["ticket"]["requester"]["email"] for each in shown] == [None, "ada@example.test"]
