"""What tests of subscriptions share: where to follow from, and what came."""

from __future__ import annotations

from typing import Any

from tests.client import Client, Feed

EVENT = """cursor __typename
  ... on Event { id occurredAt recordedAt actorKind actor { name } ticket { id status version } }
  ... on TicketStatusChanged { previous status } ... on MessageAdded { message { id body internal } }
  ... on TicketAssigned { assignee { id } previousAssignee { id } }
  ... on SuggestionReady { suggestion { id body } } ... on SuggestionRequested { suggestion { id } }
  ... on SuggestionDecided { decided: status suggestion { id } } ... on TicketCreated { priority followUpOf { id } }"""
FEED = f"subscription($after: Cursor) {{ feed(after: $after) {{ {EVENT} }} }}"


async def now(by: Client) -> str:
    """A cursor of this instant."""
    return str((await by.query("{ feedCursor }"))["feedCursor"])


async def take(feed: Feed, count: int) -> list[Any]:
    """The next items, as many as are expected."""
    return [await feed.next() for _ in range(count)]


def kinds(items: list[Any]) -> list[str]:
    """The items' types."""
    return [item["__typename"] for item in items]
