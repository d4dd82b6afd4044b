"""A query's feedCursor and a subscription after it, while others write: neither a gap nor an overlap"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from models.actors import Role
from tests.client import Client
from tests.live.following import now
from tests.live.stores import differences, fetched, following, snapshot_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

WRITERS = 3
ROUNDS = 5
JOINERS = 4
IDS = """query { feedCursor tickets(first: 100) { nodes { id messages(first: 100) { nodes { id } } } } }"""
NEWS = """subscription($after: Cursor) { feed(after: $after) { __typename cursor
  ... on TicketCreated { ticket { id } } ... on MessageAdded { message { id } } } }"""


async def _converse(helpdesk: Helpdesk, customer: Client) -> None:
    """A customer and an agent at work."""
    for _ in range(ROUNDS):
        ticket = await customer.create_ticket(input={"subject": "One of many", "body": "Help!"})
        await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["busy"])
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hm.", "internal": True})
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "So.", "then_status": "RESOLVED"})


def _known(data: Any) -> list[str]:
    """The ids of tickets and messages that a query shows."""
    tickets = data["tickets"]["nodes"]
    return [ticket["id"] for ticket in tickets] + [
        message["id"] for ticket in tickets for message in ticket["messages"]["nodes"]
    ]


async def _told(by: Client, after: str, until: str) -> list[str]:
    """The ids of tickets and messages that events bring up to a cursor."""
    told, cursor = [], after
    async with by.subscription(NEWS, after=after) as feed:
        while cursor != until:
            event = await feed.next()
            cursor = event["cursor"]
            told += [event[name]["id"] for name in ("ticket", "message") if name in event]
    return told


async def test_each_thing_is_in_the_query_or_told_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    writing = asyncio.gather(*(_converse(helpdesk, helpdesk.customer) for _ in range(WRITERS)))
    for by in (helpdesk.agent, helpdesk.customer):
        await by.query(IDS)
    seen = []
    while not writing.done():
        seen += [(by, await by.query(IDS)) for by in (helpdesk.agent, helpdesk.customer)]
    await writing

    assert len({data["feedCursor"] for _, data in seen}) > 2, "the queries must have run among the writes"
    for by, data in seen[:: max(1, len(seen) // (2 * JOINERS))]:
        end = await by.query(IDS)
        known, told = _known(data), await _told(by, data["feedCursor"], end["feedCursor"])
        assert sorted(known + told) == sorted(_known(end))


async def test_stores_that_joined_in_the_midst_end_up_alike(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    joined = []
    writing = asyncio.gather(*(_converse(helpdesk, helpdesk.customer) for _ in range(2)))
    while not writing.done():
        for role in (Role.AGENT, Role.CUSTOMER):
            by: Client = getattr(helpdesk, role.value)
            joined.append((by, fetched(role, await by.query(snapshot_of(role)))))
    await writing

    for by, store in joined[:: max(1, len(joined) // JOINERS)]:
        end = await now(by)
        async with by.subscription(following(), after=store.cursor) as feed:
            while store.cursor != end:
                store.take(await feed.next())
        fresh = fetched(store.role, await by.query(snapshot_of(store.role)))
        assert [*differences(store, fresh)] == []
