"""Pages of tickets: no row twice, none missed, from either end, in every order"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from graphql_api.ids import encode
from tests.client import Client, GraphQLErrors
from tests.queries.many import many_tickets, order_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $order: TicketOrder, $filter: TicketFilter) {
  tickets(first: $first, after: $after, last: $last, before: $before, orderBy: $order, filter: $filter) {
    nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
COUNT = """query($first: Int, $after: String, $last: Int, $filter: TicketFilter) {
  tickets(first: $first, after: $after, last: $last, filter: $filter) { totalCount } }"""
COLUMNS = {"CREATED_AT": ("created_at", "id"), "UPDATED_AT": ("updated_at", "id"), "NUMBER": ("number",)}


async def page(by: Client, **given: Any) -> Any:
    """One page."""
    return (await by.query(PAGE, **given))["tickets"]


async def forwards(by: Client, size: int, **given: Any) -> list[str]:
    """All ids, from the start."""
    found: list[str] = []
    after = None
    while True:
        shown = await page(by, first=size, after=after, **given)
        found += [each["id"] for each in shown["nodes"]]
        assert shown["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not shown["pageInfo"]["hasNextPage"]:
            return found
        assert len(shown["nodes"]) == size
        after = shown["pageInfo"]["endCursor"]


async def backwards(by: Client, size: int, **given: Any) -> list[str]:
    """All ids, read from the end, in the list's order."""
    found: list[str] = []
    before = None
    while True:
        shown = await page(by, last=size, before=before, **given)
        found = [each["id"] for each in shown["nodes"]] + found
        assert shown["pageInfo"]["hasNextPage"] is (before is not None)
        if not shown["pageInfo"]["hasPreviousPage"]:
            return found
        assert len(shown["nodes"]) == size
        before = shown["pageInfo"]["startCursor"]


@pytest.mark.parametrize("field", COLUMNS)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_every_ticket_once_in_order_from_either_end(a_helpdesk: Make, field: str, direction: str) -> None:
    helpdesk = await a_helpdesk()
    tickets = await many_tickets(helpdesk.world, 45)
    # Some have changed since, and share the instant of that with nobody.
    for ticket in tickets[::11]:
        note = {"ticket_id": encode("tkt", ticket.id), "body": "Hm.", "internal": True}
        await helpdesk.agent.add_message(input=note)
    order = {"field": field, "direction": direction}
    descending = direction == "DESC"
    of_staff = [encode("tkt", each) for each in await order_of(helpdesk.world, COLUMNS[field], descending=descending)]
    # What a note moves, stands still for the customer.
    public = [column.replace("updated_at", "public_updated_at") for column in COLUMNS[field]]
    of_customer = [encode("tkt", each) for each in await order_of(helpdesk.world, public, descending=descending)]

    for size in (7, 15):
        assert await forwards(helpdesk.agent, size, order=order) == of_staff
        assert await backwards(helpdesk.agent, size, order=order) == of_staff
    assert await forwards(helpdesk.customer, 7, order=order) == of_customer
    assert await backwards(helpdesk.customer, 7, order=order) == of_customer
    assert (of_staff == of_customer) is (field != "UPDATED_AT")


async def test_every_cursor_of_a_page_is_a_place_to_go_on_from(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 12, at_once=6)
    whole = await page(helpdesk.agent, first=12)
    ids, cursors = [each["id"] for each in whole["nodes"]], [each["cursor"] for each in whole["edges"]]

    for place, cursor in enumerate(cursors):
        after = await page(helpdesk.agent, first=3, after=cursor)
        before = await page(helpdesk.agent, last=3, before=cursor)
        assert [each["id"] for each in after["nodes"]] == ids[place + 1 : place + 4]
        assert [each["id"] for each in before["nodes"]] == ids[max(0, place - 3) : place]


async def test_a_page_may_lie_between_two_cursors(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 12, at_once=6)
    whole = await page(helpdesk.agent, first=12)
    ids, cursors = [each["id"] for each in whole["nodes"]], [each["cursor"] for each in whole["edges"]]
    between = {"after": cursors[1], "before": cursors[9]}

    start = await page(helpdesk.agent, first=4, **between)
    end = await page(helpdesk.agent, last=4, **between)
    nothing = await page(helpdesk.agent, after=cursors[9], before=cursors[1])

    assert [each["id"] for each in start["nodes"]] == ids[2:6]
    assert [each["id"] for each in end["nodes"]] == ids[5:9]
    assert nothing["nodes"] == []


async def test_the_order_is_newest_first_and_a_page_has_twenty_rows(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 25)
    newest_first = [
        encode("tkt", each) for each in await order_of(helpdesk.world, COLUMNS["CREATED_AT"], descending=True)
    ]

    shown = await page(helpdesk.agent)
    by_change = await page(helpdesk.agent, order={"field": "CREATED_AT"}, first=100)

    assert [each["id"] for each in shown["nodes"]] == newest_first[:20]
    assert [each["id"] for each in by_change["nodes"]] == newest_first


async def test_the_count_is_of_the_whole_list_whatever_the_page(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await many_tickets(helpdesk.world, 12)
    await many_tickets(helpdesk.world, 3, requester=helpdesk.world.admin)
    await many_tickets(other.world, 2)
    closed = (await page(helpdesk.agent, first=1))["nodes"][0]["id"]
    await helpdesk.agent.close_ticket(ticket_id=closed)
    cursor = (await page(helpdesk.agent, first=1))["pageInfo"]["endCursor"]

    counts = [
        (await by.query(COUNT, **given))["tickets"]["totalCount"]
        for by, given in (
            (helpdesk.agent, {"first": 0}),
            (helpdesk.agent, {"first": 5, "after": cursor}),
            (helpdesk.agent, {"last": 1, "filter": {"status": ["CLOSED"]}}),
            (helpdesk.customer, {"first": 5}),
        )
    ]

    assert counts == [15, 15, 1, 12]


def forged(*values: Any) -> str:
    """A cursor with these values, made as the server makes them."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


ID = "0" * 32
FORGED = {
    "empty": "",
    "not base64": "!!!!",
    "not ASCII": "cursör",
    "half a character": "A",
    "not JSON": base64.urlsafe_b64encode(b"{{{").decode(),
    "not UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "no list": base64.urlsafe_b64encode(b'"created_at-True"').decode(),
    "a number": base64.urlsafe_b64encode(b"7").decode(),
    "an empty list": forged(),
    "too few values": forged("created_at-True", "2026-01-01T00:00:00Z"),
    "too many values": forged("created_at-True", "2026-01-01T00:00:00Z", ID, ID),
    "another order's": forged("number-True", 7),
    "the other direction's": forged("created_at-False", "2026-01-01T00:00:00Z", ID),
    "a list as an id": forged("created_at-True", "2026-01-01T00:00:00Z", [ID]),
    "a number as an id": forged("created_at-True", "2026-01-01T00:00:00Z", 7),
    "null as an id": forged("created_at-True", "2026-01-01T00:00:00Z", None),
    "a number as an instant": forged("created_at-True", 7, ID),
    "no instant": forged("created_at-True", "yesterday", ID),
    "an instant without an offset": forged("created_at-True", "2026-01-01T00:00:00", ID),
    "an instant before the calendar": forged("created_at-True", "0001-01-01T00:00:00+14:00", ID),
    "an instant after the calendar": forged("created_at-True", "9999-12-31T23:59:59-14:00", ID),
    "nested": base64.urlsafe_b64encode(b"[" * 300).decode(),
    "huge": forged("created_at-True", "2026-01-01T00:00:00Z", ID * 1_000),
    "enormous": "QUFB" * 100_000,
}
FORGED_NUMBERS = {
    "a string": "7",
    "a fraction": 7.5,
    "true": True,
    "beyond 32 bits": 2**31,
    "below 32 bits": -(2**31) - 1,
    "beyond 64 bits": 2**64 - 1,
}


@pytest.mark.parametrize("field", ["after", "before"])
@pytest.mark.parametrize("cursor", FORGED.values(), ids=FORGED)
async def test_a_cursor_of_nobodys_making_is_refused(a_helpdesk: Make, cursor: str, field: str) -> None:
    helpdesk = await a_helpdesk()

    await refused(helpdesk.customer, field, cursor)


@pytest.mark.parametrize("number", FORGED_NUMBERS.values(), ids=FORGED_NUMBERS)
async def test_a_number_that_no_ticket_can_have_is_refused(a_helpdesk: Make, number: Any) -> None:
    helpdesk = await a_helpdesk()

    await refused(helpdesk.customer, "after", forged("number-True", number), order={"field": "NUMBER"})


async def refused(by: Client, field: str, cursor: str, **given: Any) -> None:
    """Ask for a page beyond a cursor, and be told that it is none."""
    with pytest.raises(GraphQLErrors) as refusal:
        await page(by, **{field: cursor}, **given)
    (error,) = refusal.value.errors
    assert error["message"] == "This cursor is not of this list."
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": [field]}


async def test_a_cursor_of_another_list_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 2)
    messages = "{ tickets(first: 1) { nodes { messages { pageInfo { endCursor } } } } feedCursor }"
    shown = await helpdesk.customer.query(messages)
    by_number = await page(helpdesk.customer, order={"field": "NUMBER"})
    by_change = {"field": "UPDATED_AT"}
    of_staff = await page(helpdesk.agent, order=by_change)

    await refused(helpdesk.customer, "after", shown["tickets"]["nodes"][0]["messages"]["pageInfo"]["endCursor"])
    await refused(helpdesk.customer, "after", shown["feedCursor"])
    await refused(helpdesk.customer, "before", by_number["pageInfo"]["endCursor"])
    # Staff sort by what a customer does not see.
    await refused(helpdesk.customer, "after", of_staff["pageInfo"]["endCursor"], order=by_change)


async def test_a_cursor_of_another_organization_opens_nothing(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await many_tickets(other.world, 3)
    theirs = await page(other.agent, first=1)
    mine = await many_tickets(helpdesk.world, 1)

    older = await page(helpdesk.agent, after=theirs["pageInfo"]["endCursor"])
    newer = await page(helpdesk.agent, last=5, before=theirs["pageInfo"]["endCursor"])

    assert [each["id"] for each in older["nodes"]] == []
    assert [each["id"] for each in newer["nodes"]] == [encode("tkt", mine[0].id)]


@pytest.mark.parametrize(
    ("given", "message", "field"),
    [
        ({"first": 5, "last": 5}, "Ask for the first or for the last, not for both.", "last"),
        ({"first": 101}, "A page has 0 to 100 rows.", "first"),
        ({"first": -1}, "A page has 0 to 100 rows.", "first"),
        ({"last": 101}, "A page has 0 to 100 rows.", "last"),
        ({"last": -1}, "A page has 0 to 100 rows.", "last"),
    ],
)
async def test_a_page_that_can_not_be_is_refused(
    a_helpdesk: Make, given: dict[str, int], message: str, field: str
) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await page(helpdesk.agent, **given)

    (error,) = refusal.value.errors
    assert error["message"] == message
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": [field]}
