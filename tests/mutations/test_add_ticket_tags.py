"""addTicketTags"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.fields import new_id
from tests.client import Client, Problem
from tests.live.following import now
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

OPENED = ["TicketCreated", "MessageAdded"]
TAGGED = """subscription($after: Cursor) { feed(after: $after) { ... on TicketTagged {
  added { name ticketCount } removed { name } ticket { tags } } } }"""


async def state(by: Client, ticket: Any) -> Any:
    """A ticket's tags and versions as somebody sees them."""
    shown = await by.query("query($id: ID!) { ticket(id: $id) { tags version updatedAt } }", id=ticket["id"])
    return shown["ticket"]


async def test_tags_are_folded_and_come_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    unmoved, after = await state(helpdesk.customer, ticket), await now(helpdesk.agent)

    result = await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=[" VIP", "Late  Payment", "vip"])

    assert (result["tags"], result["version"]) == (["late payment", "vip"], 2)
    assert await state(helpdesk.customer, ticket) == unmoved == {**unmoved, "tags": []}
    assert await helpdesk.events(ticket) == [*OPENED, "TicketTagged"]
    async with helpdesk.agent.subscription(TAGGED, after=after) as feed:
        assert await feed.next() == {
            "added": [{"name": "late payment", "ticketCount": 1}, {"name": "vip", "ticketCount": 1}],
            "removed": [],
            "ticket": {"tags": ["late payment", "vip"]},
        }


async def test_the_log_holds_ids_and_is_for_staff(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tagged = await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": ["Ada Byron"]})
    ticket = await helpdesk.ticket()

    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["ada byron"])

    tag_id = await helpdesk.world.database.fetchval(
        "SELECT id FROM support_tag WHERE organization_id = $1 AND name = 'ada byron'", helpdesk.world.id
    )
    rows = await helpdesk.world.database.fetch(
        "SELECT data, visibility FROM support_event WHERE ticket_id = ANY($1) AND type = 'TicketTagged' ORDER BY seq",
        [decode("tkt", each["id"]) for each in (tagged, ticket)],
    )
    assert [tuple(row) for row in rows] == [({"added": [str(tag_id)], "removed": []}, "staff")] * 2
    assert await helpdesk.events(tagged) == ["TicketCreated", "TicketTagged", "MessageAdded"]


async def test_what_is_there_already_is_no_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    first = await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    assert await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["VIP"]) == first
    assert await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=[]) == first
    assert await helpdesk.events(ticket) == [*OPENED, "TicketTagged"]


async def test_a_ticket_has_at_most_fifty_tags(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    many = [f"tag {each:02}" for each in range(51)]
    full = Problem("INVALID_INPUT", "A ticket has at most 50 tags.", ("tags",))

    assert await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=many) == full
    result = await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=many[:50])
    assert result["tags"] == many[:50]
    # Those that are there already are no more.
    assert (await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=many[:50])) == result
    assert await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["one more"]) == full
    assert (await state(helpdesk.agent, ticket))["tags"] == many[:50]
    # Nor has the refused one become a tag of the organization's.
    known = "SELECT count(*) FROM support_tag WHERE organization_id = $1"
    assert await helpdesk.world.database.fetchval(known, helpdesk.world.id) == 50


@pytest.mark.parametrize(("tag", "sentence"), [(" ", "This can't be empty."), ("x" * 51, "This has 51 characters; ")])
async def test_what_is_no_tag_is_refused(a_helpdesk: Make, tag: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip", tag])

    assert (result.code, result.path) == ("INVALID_INPUT", ("tags",))
    assert result.message.startswith(sentence)
    assert await helpdesk.events(ticket) == OPENED


async def test_many_at_once_bring_the_same_new_tags(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await helpdesk.ticket() for _ in range(8)]
    tags = [f"tag {each}" for each in range(10)]

    for round_ in range(5):
        fresh = [f"{tag} of round {round_}" for tag in tags]
        results = await asyncio.gather(
            *(
                helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=fresh[place:] + fresh[:place])
                for place, ticket in enumerate(tickets)
            ),
            *(
                helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": fresh[::step]})
                for step in (1, -1)
            ),
        )
        assert all(set(fresh) <= set(result["tags"]) for result in results)


async def test_another_organizations_ticket_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.ticket()

    for ticket_id in (theirs["id"], encode("tkt", new_id())):
        result = await helpdesk.agent.add_ticket_tags(ticket_id=ticket_id, tags=["vip"])
        assert result == Problem("NOT_FOUND", "There is no such ticket.")
    assert (await state(other.agent, theirs))["tags"] == []


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: add ticket tags.")
