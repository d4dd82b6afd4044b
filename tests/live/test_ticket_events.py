"""ticketEvents: what happens to one ticket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from models.actors import Role
from tests.client import Client, GraphQLErrors
from tests.live.following import EVENT, kinds, now, take
from tests.mutations.drafts import record
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TICKET_EVENTS = f"subscription($id: ID!, $after: Cursor) {{ ticketEvents(ticketId: $id, after: $after) {{ {EVENT} }} }}"


async def refused(by: Client, ticket_id: str, **variables: str) -> list[str]:
    """The codes with which the subscription ends instead of beginning."""
    async with by.subscription(TICKET_EVENTS, id=ticket_id, **variables) as feed:
        with pytest.raises(GraphQLErrors) as refusal:
            await feed.next()
    assert refusal.value.data["type"] == "error"
    return refusal.value.codes


async def test_other_tickets_are_left_out(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    ticket, other = await helpdesk.ticket(), await helpdesk.ticket()

    async with helpdesk.agent.subscription(TICKET_EVENTS, id=ticket["id"], after=cursor) as feed:
        missed = await take(feed, 2)
        await helpdesk.agent.close_ticket(ticket_id=other["id"])
        await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
        live = await feed.next()

    assert kinds(missed) == ["TicketCreated", "MessageAdded"]
    assert (live["__typename"], live["ticket"]["id"]) == ("TicketResolved", ticket["id"])


async def test_a_customer_follows_their_own_ticket_without_what_is_internal(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    cursor = await now(helpdesk.customer)

    async with helpdesk.customer.subscription(TICKET_EVENTS, id=ticket["id"], after=cursor) as feed:
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hm.", "internal": True})
        await record(helpdesk.world, ticket)
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Try this."})
        items = await take(feed, 2)

    assert kinds(items) == ["MessageAdded", "TicketStatusChanged"]
    assert items[0]["message"]["body"] == "Try this."


async def test_it_resumes_after_any_cursor_of_the_feed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    start = await now(helpdesk.agent)
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await helpdesk.ticket()
    between = await now(helpdesk.agent)
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])

    for cursor, expected in ((start, ["TicketResolved", "TicketClosed"]), (between, ["TicketClosed"])):
        async with helpdesk.agent.subscription(TICKET_EVENTS, id=ticket["id"], after=cursor) as feed:
            assert kinds(await take(feed, len(expected))) == expected


@pytest.mark.parametrize("unknown", ["tkt_" + "0" * 32, "msg_" + "0" * 32, ""])
async def test_an_unknown_ticket_is_not_found(a_helpdesk: Make, unknown: str) -> None:
    helpdesk = await a_helpdesk()

    assert await refused(helpdesk.agent, unknown) == ["NOT_FOUND"]


async def test_somebody_elses_ticket_is_not_found(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    for stranger in (neighbour, other.admin, other.customer):
        assert await refused(stranger, ticket["id"]) == ["NOT_FOUND"]


async def test_a_bad_cursor_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    assert await refused(helpdesk.agent, ticket["id"], after="made up") == ["INVALID_INPUT"]
