"""removeTicketTags"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.live.following import now
from tests.mutations.test_add_ticket_tags import OPENED, TAGGED, state
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_tags_go_whatever_their_spelling(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip", "late", "new"])
    unmoved, after = await state(helpdesk.customer, ticket), await now(helpdesk.agent)

    result = await helpdesk.agent.remove_ticket_tags(ticket_id=ticket["id"], tags=[" VIP ", "late", "vip"])

    assert (result["tags"], result["version"]) == (["new"], 3)
    assert await state(helpdesk.customer, ticket) == unmoved
    assert await helpdesk.events(ticket) == [*OPENED, "TicketTagged", "TicketTagged"]
    async with helpdesk.agent.subscription(TAGGED, after=after) as feed:
        event = await feed.next()
    assert (event["added"], [tag["name"] for tag in event["removed"]]) == ([], ["late", "vip"])


async def test_what_is_not_there_is_no_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    tagged = await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    assert await helpdesk.agent.remove_ticket_tags(ticket_id=ticket["id"], tags=["late"]) == tagged
    assert await helpdesk.agent.remove_ticket_tags(ticket_id=ticket["id"], tags=[]) == tagged
    assert await helpdesk.events(ticket) == [*OPENED, "TicketTagged"]


async def test_a_tag_goes_and_comes_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    for _ in range(2):
        await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])
        result = await helpdesk.agent.remove_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    assert (result["tags"], result["version"]) == ([], 5)


async def test_another_organizations_ticket_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.ticket()
    await other.agent.add_ticket_tags(ticket_id=theirs["id"], tags=["vip"])

    for ticket_id in (theirs["id"], encode("tkt", new_id())):
        result = await helpdesk.agent.remove_ticket_tags(ticket_id=ticket_id, tags=["vip"])
        assert result == Problem("NOT_FOUND", "There is no such ticket.")
    assert (await state(other.agent, theirs))["tags"] == ["vip"]


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).remove_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: remove ticket tags.")
