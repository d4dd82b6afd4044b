"""What searches have in common: their query, and the numbers of what they find."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SEARCH = """query($search: String, $filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String, $last: Int,
  $before: String) {
  tickets(search: $search, filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before)
  { totalCount nodes { number } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
BY_NUMBER = {"field": "NUMBER", "direction": "ASC"}


async def hits(by: Client, search: str | None, **more: Any) -> list[int]:
    """The numbers of all hits, the first ticket's first."""
    shown = (await by.query(SEARCH, search=search, **{"order": BY_NUMBER, "first": 100, **more}))["tickets"]
    found = [each["number"] for each in shown["nodes"]]
    assert shown["totalCount"] == len(found)
    return found


async def best(by: Client, search: str, **more: Any) -> list[int]:
    """The numbers of the hits, the best first."""
    return [
        each["number"] for each in (await by.query(SEARCH, search=search, **{"first": 100, **more}))["tickets"]["nodes"]
    ]


async def tickets(helpdesk: Helpdesk, *said: tuple[str, str]) -> list[str]:
    """Tickets of the customer, by subject and body; their ids."""
    return [(await helpdesk.ticket(subject=subject, body=body))["id"] for subject, body in said]
