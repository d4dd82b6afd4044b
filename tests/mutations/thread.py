"""A ticket's thread as tests of messages read and write it."""

from __future__ import annotations

from typing import Any

from tests.client import Client

# Everything of a ticket and its thread that a customer may ask for and a message could move.
SEEN = """query($id: ID!) { ticket(id: $id) {
  version updatedAt status messageCount firstRespondedAt reopenCount closedAt resolvedAt
  lastMessage { id } messages { totalCount nodes { id body internal authorKind } } followUpOf { id number } } }"""
TICKET_OF = "query($id: ID!) { node(id: $id) { ... on Message { ticket { id number subject priority status } } } }"


async def seen(by: Client, ticket: Any) -> Any:
    """A ticket as somebody sees it."""
    return (await by.query(SEEN, id=ticket["id"]))["ticket"]


async def ticket_of(by: Client, message: Any) -> Any:
    """The ticket that a message is on; null where the message is not for them."""
    found = (await by.query(TICKET_OF, id=message["id"]))["node"]
    return found and found["ticket"]


async def write(by: Client, ticket: Any, **given: Any) -> Any:
    """The result of addMessage."""
    return await by.add_message(input={"ticket_id": ticket["id"], "body": "Hello.", **given})
