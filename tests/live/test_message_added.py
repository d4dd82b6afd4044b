"""messageAdded: new messages and, for staff, notes"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Client, GraphQLErrors
from tests.live.following import EVENT, now
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

MESSAGES = f"subscription($id: ID, $after: Cursor) {{ messageAdded(ticketId: $id, after: $after) {{ {EVENT} }} }}"


async def a_conversation(helpdesk: Helpdesk) -> list[Any]:
    """Two tickets, the first with a note and an answer."""
    first = await helpdesk.ticket(body="First.")
    await helpdesk.agent.add_message(input={"ticket_id": first["id"], "body": "Note.", "internal": True})
    second = await helpdesk.ticket(body="Second.")
    await helpdesk.agent.add_message(input={"ticket_id": first["id"], "body": "Answer.", "then_status": "CLOSED"})
    return [first, second]


async def bodies(by: Client, count: int, **variables: Any) -> list[str]:
    """The next messages' texts."""
    async with by.subscription(MESSAGES, **variables) as feed:
        items = [await feed.next() for _ in range(count)]
    assert {item["__typename"] for item in items} == {"MessageAdded"}
    return [item["message"]["body"] for item in items]


async def test_messages_of_all_tickets_and_nothing_else(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    await a_conversation(helpdesk)

    assert await bodies(helpdesk.agent, 4, after=cursor) == ["First.", "Note.", "Second.", "Answer."]
    assert await bodies(helpdesk.analyst, 4, after=cursor) == ["First.", "Note.", "Second.", "Answer."]


async def test_messages_of_one_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    first, _ = await a_conversation(helpdesk)

    assert await bodies(helpdesk.agent, 3, after=cursor, id=first["id"]) == ["First.", "Note.", "Answer."]


async def test_a_customer_meets_no_note(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.customer)
    first, _ = await a_conversation(helpdesk)

    assert await bodies(helpdesk.customer, 3, after=cursor) == ["First.", "Second.", "Answer."]
    assert await bodies(helpdesk.customer, 2, after=cursor, id=first["id"]) == ["First.", "Answer."]


async def test_a_message_arrives_while_somebody_waits(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    cursor = await now(helpdesk.customer)

    async with helpdesk.customer.subscription(MESSAGES, id=ticket["id"], after=cursor) as feed:
        for body in ("One.", "Two."):
            sent = await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": body})
            item = await feed.next()
            assert item["message"] == {"id": sent["id"], "body": body, "internal": False}


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"id": "tkt_" + "0" * 32}, "NOT_FOUND"), ({"id": "what"}, "NOT_FOUND"), ({"after": "made up"}, "INVALID_INPUT")],
)
async def test_what_can_not_be_followed_is_refused(a_helpdesk: Make, variables: dict[str, str], code: str) -> None:
    helpdesk = await a_helpdesk()

    async with helpdesk.customer.subscription(MESSAGES, **variables) as feed:
        with pytest.raises(GraphQLErrors) as refusal:
            await feed.next()

    assert refusal.value.codes == [code]
