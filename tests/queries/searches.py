"""What searches have in common: their query, the numbers of what they find, and tickets to be found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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


async def pages(
    by: Client, search: str, size: int, between: Sequence[Callable[[], Awaitable[Any]]] = (), **more: Any
) -> list[int]:
    """The numbers of all hits, page by page, with something happening between the pages; the best first, unless sorted
    otherwise."""
    found: list[int] = []
    after, waiting = None, list(between)
    while True:
        shown = (await by.query(SEARCH, search=search, first=size, after=after, **more))["tickets"]
        numbers = [each["number"] for each in shown["nodes"]]
        assert not {*numbers} & {*found}, "A page that ignores its cursor repeats an earlier one, for ever."
        assert shown["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += numbers
        if not shown["pageInfo"]["hasNextPage"]:
            return found
        assert numbers, "A page of nothing has no place to go on from."
        after = shown["pageInfo"]["endCursor"]
        if waiting:
            await waiting.pop(0)()


async def tickets(helpdesk: Helpdesk, *said: tuple[str, str]) -> list[str]:
    """Tickets of the customer, by subject and body; their ids."""
    return [(await helpdesk.ticket(subject=subject, body=body))["id"] for subject, body in said]


async def named(helpdesk: Helpdesk, *names: str) -> list[str]:
    """A ticket of a new customer of each name."""
    made = []
    for place, name in enumerate(names):
        address = {"email": f"somebody{place}@example.test", "name": name}
        wanted = {"subject": "Hello", "body": "There.", "on_behalf_of": address}
        made.append((await helpdesk.agent.create_ticket(input=wanted))["id"])
    return made
