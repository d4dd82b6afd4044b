"""What is internal moves nothing that a customer sees: no event, no cursor, no number, no instant"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from resolvers.access import PERMITTED
from tests.access.documents import ROOTS, call
from tests.access.test_permitted import snake
from tests.access.things import Things, things_of
from tests.client import Client
from tests.live.following import now
from tests.live.stores import snapshot_of
from tests.mutations.drafts import record
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Deed = Callable[[Helpdesk, Things], Awaitable[Any]]

COUNTS = """query($id: ID!) { tickets { totalCount pageInfo { startCursor endCursor } } ticket(id: $id) {
  messages { totalCount edges { cursor } pageInfo { hasNextPage endCursor } }
  events { totalCount edges { cursor node { __typename id } } } suggestions { totalCount } mails { totalCount } } }"""


async def _note(helpdesk: Helpdesk, things: Things) -> Any:
    written = {"ticket_id": things["tkt"], "body": "@Agent: hm.", "internal": True}
    return await helpdesk.agent.add_message(input=written)


async def _canned_note(helpdesk: Helpdesk, things: Things) -> Any:
    written = {"ticket_id": things["tkt"], "canned_response_id": things["can"], "internal": True}
    return await helpdesk.agent.add_message(input=written)


async def _tag(helpdesk: Helpdesk, things: Things) -> Any:
    return await helpdesk.agent.add_ticket_tags(ticket_id=things["tkt"], tags=["difficult"])


async def _no_tag(helpdesk: Helpdesk, things: Things) -> Any:
    return await helpdesk.agent.remove_ticket_tags(ticket_id=things["tkt"], tags=["late"])


async def _assignment(helpdesk: Helpdesk, things: Things) -> Any:
    return await helpdesk.agent.assign_ticket(ticket_id=things["tkt"], assignee_id=things["usr"])


async def _snooze(helpdesk: Helpdesk, things: Things) -> Any:
    until = "2099-01-01T00:00:00Z"
    return await helpdesk.agent.update_ticket(input={"ticket_id": things["tkt"], "pending_until": until})


async def _question(helpdesk: Helpdesk, things: Things) -> Any:
    return await helpdesk.agent.suggest_reply(ticket_id=things["tkt"])


async def _draft(helpdesk: Helpdesk, things: Things) -> Any:
    return await record(helpdesk.world, {"id": things["tkt"]})


async def _dismissal(helpdesk: Helpdesk, things: Things) -> Any:
    return await helpdesk.agent.dismiss_suggestion(suggestion_id=things["sug"], reason="No.")


async def _rest(helpdesk: Helpdesk, things: Things) -> Any:
    """What is of the house, not of the ticket."""
    await helpdesk.agent.create_saved_view(input={"name": "Late", "shared": True})
    await helpdesk.agent.update_canned_response(input={"canned_response_id": things["can"], "body": "Hi."})
    await helpdesk.admin.update_support_settings(input={"from_name": "We"})
    return await helpdesk.admin.change_member_role(user_id=things["usr"], role="ANALYST")


INTERNAL: dict[str, Deed] = {
    "note": _note,
    "canned note": _canned_note,
    "tag": _tag,
    "no tag": _no_tag,
    "assignment": _assignment,
    "snooze": _snooze,
    "question to the AI": _question,
    "draft": _draft,
    "dismissal": _dismissal,
    "rest": _rest,
}
# What customers may follow of the log.
FOLLOWED = (("feed", None), ("ticketEvents", "ticketId"), ("messageAdded", "ticketId"), ("messageAdded", None))


async def shown_to(customer: Client, things: Things) -> bytes:
    """Everything that the customer can read, as it is sent."""
    answers = [
        await customer.post(snapshot_of(Role.CUSTOMER)),
        await customer.post(COUNTS, id=things["tkt"]),
    ]
    assert not any("errors" in answer.json() for answer in answers)
    # What is left of one's budget grows with time.
    return b"".join(answer.content.partition(b',"extensions"')[0] for answer in answers)


def test_every_subscription_of_customers_is_followed() -> None:
    assert {name for name, _ in FOLLOWED} == {
        name
        for name, field in ROOTS["subscription"].fields.items()
        if str(field.type) == "FeedItem!" and Role.CUSTOMER in PERMITTED[snake(name)]
    }


@pytest.mark.parametrize("deed", INTERNAL)
async def test_a_customer_is_unmoved(a_helpdesk: Make, deed: str) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    if deed == "snooze":
        await helpdesk.agent.change_ticket_status(ticket_id=things["tkt"], status="PENDING")
    before = await shown_to(helpdesk.customer, things)
    cursor = await now(helpdesk.customer)
    async with AsyncExitStack() as stack:
        feeds = []
        for name, argument in FOLLOWED:
            given = {**({argument: things["tkt"]} if argument else {}), "after": cursor}
            feeds.append(await stack.enter_async_context(helpdesk.customer.subscription(call(name, given), **given)))

        await INTERNAL[deed](helpdesk, things)

        assert await shown_to(helpdesk.customer, things) == before
        # Whatever had been sent of it would come before this.
        sent = await helpdesk.agent.add_message(input={"ticket_id": things["tkt"], "body": "Look here."})
        for feed in feeds:
            event = await feed.next()
            assert (event["__typename"], event["MessageAdded_message"]["id"]) == ("MessageAdded", sent["id"])


async def test_the_staff_is_moved_by_each(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    for deed in INTERNAL.values():
        cursor = await now(helpdesk.agent)
        if deed is _snooze:
            await helpdesk.agent.change_ticket_status(ticket_id=things["tkt"], status="PENDING")

        done = await deed(helpdesk, things)

        assert done is not None
        assert await now(helpdesk.agent) != cursor, (deed, json.dumps(done))


async def test_numbers_and_versions_of_two_customers_tickets_tell_nothing(a_helpdesk: Make) -> None:
    """One ticket had notes, the other had none: what their customers see counts alike."""
    helpdesk = await a_helpdesk()
    member = encode("usr", helpdesk.world.agent.user_id or new_id())
    tickets = [await helpdesk.ticket(), await helpdesk.ticket()]
    for ticket in tickets:
        for _ in range(3 if ticket is tickets[0] else 0):
            await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hm.", "internal": True})
            await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=member)
            await helpdesk.agent.assign_ticket(ticket_id=ticket["id"])
    query = "query($id: ID!) { ticket(id: $id) { version messageCount messages { totalCount } events { totalCount } } }"

    with_notes, without = [await helpdesk.customer.query(query, id=ticket["id"]) for ticket in tickets]

    assert with_notes == without
