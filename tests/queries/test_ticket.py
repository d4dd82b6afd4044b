"""ticket, ticketByNumber, and what hangs on a ticket"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from graphql_api.ids import decode
from models.actors import Role
from tests.client import Client, GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

BY_NUMBER = "query($number: Int!) { ticketByNumber(number: $number) { id number } }"
BY_ID = "query($id: ID!) { ticket(id: $id) { id } }"
THREAD = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { ticket(id: $id) {
  messages(first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { body } edges { cursor node { body } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def a_thread(helpdesk: Helpdesk, messages: int) -> Any:
    """A ticket with messages 0, 1, 2, ... and a note between each two."""
    ticket = await helpdesk.ticket(body="0")
    for number in range(1, messages):
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "note", "internal": True})
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": str(number)})
    return ticket


async def thread(by: Client, ticket: Any, **page: Any) -> Any:
    """A page of a ticket's messages."""
    return (await by.query(THREAD, id=ticket["id"], **page))["ticket"]["messages"]


async def test_a_ticket_is_found_by_its_id_and_by_its_number(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    first, second, theirs = await helpdesk.ticket(), await helpdesk.ticket(), await other.ticket()

    assert (await helpdesk.customer.query(BY_ID, id=second["id"]))["ticket"] == {"id": second["id"]}
    shown = await helpdesk.analyst.query(BY_NUMBER, number=first["number"])
    assert shown["ticketByNumber"] == {"id": first["id"], "number": 1}
    # Both organizations have a ticket of number 1.
    assert (await other.agent.query(BY_NUMBER, number=1))["ticketByNumber"]["id"] == theirs["id"]


@pytest.mark.parametrize("number", [0, -1, 3, 2**31 - 1, -(2**31)])
async def test_a_number_that_no_ticket_has_is_null(a_helpdesk: Make, number: int) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()

    assert (await helpdesk.agent.query(BY_NUMBER, number=number))["ticketByNumber"] is None


async def test_somebody_elses_ticket_is_null(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    for stranger in (neighbour, other.admin, other.customer):
        assert (await stranger.query(BY_ID, id=ticket["id"]))["ticket"] is None
        assert (await stranger.query(BY_NUMBER, number=ticket["number"]))["ticketByNumber"] is None


async def test_instants_are_told_in_utc_to_the_millisecond(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = $2, pending_until = $3 WHERE id = $1",
        decode("tkt", ticket["id"]),
        datetime(2031, 1, 2, 3, 4, 5, 6_789, tzinfo=UTC),
        datetime(2032, 1, 1, tzinfo=UTC),
    )

    shown = (
        await helpdesk.agent.query(
            "query($id: ID!) { ticket(id: $id) { createdAt closedAt pendingUntil } }", id=ticket["id"]
        )
    )["ticket"]

    assert INSTANT.fullmatch(shown["createdAt"])
    assert (shown["closedAt"], shown["pendingUntil"]) == ("2031-01-02T03:04:05.006Z", "2032-01-01T00:00:00.000Z")


HOSTILE = {
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "a <img src=x onerror=alert(1)> b": "&lt;img src=x onerror=alert(1)&gt;",
    "[click](javascript:alert(1))": "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&#58;alert(1))": "[click](",
    "[click](data:text/html;base64,PHNjcmlwdD4=)": "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>": "&lt;javascript:alert(1)&gt;",
    "![pixel](https://example.com/pixel.gif)": '!<a href="https://example.com/pixel.gif">pixel</a>',
    '[a](https://example.com/"onmouseover="alert(1))': "%22onmouseover=%22",
    "```<b onload=alert(1)>\nx\n```": "<pre><code",
    "**bold** and `<b>`": "<strong>bold</strong> and <code>&lt;b&gt;</code>",
    "| a |\n|---|\n| <i>1</i> |": "<td>&lt;i&gt;1&lt;/i&gt;</td>",
}
# What markdown-it makes of a message; no other element, and no attribute but these, may come out.
ELEMENTS = {"p", "strong", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("body", HOSTILE)
async def test_html_is_safe_to_show(a_helpdesk: Make, body: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    message = await helpdesk.customer.add_message(input={"ticket_id": ticket["id"], "body": body})

    html = message["bodyHtml"]
    assert message["body"] == body
    assert HOSTILE[body] in html
    tags = re.findall(r"<\s*/?\s*([^\s>]*)([^>]*)>", html)
    assert {name for name, _ in tags} <= ELEMENTS
    for name, attributes in tags:
        assert not attributes or re.fullmatch(r' href="https://[^"]*"| class="language-[^"]*"', attributes), (
            f"{name} {attributes}"
        )


async def test_a_thread_is_read_from_both_ends(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await a_thread(helpdesk, 4)

    whole = await thread(helpdesk.customer, ticket)
    start = await thread(helpdesk.customer, ticket, first=2)
    rest = await thread(helpdesk.customer, ticket, first=2, after=start["pageInfo"]["endCursor"])
    newest = await thread(helpdesk.customer, ticket, last=1)
    older = await thread(helpdesk.customer, ticket, last=5, before=newest["pageInfo"]["startCursor"])

    pages = {"whole": whole, "start": start, "rest": rest, "newest": newest, "older": older}
    assert {name: [each["body"] for each in page["nodes"]] for name, page in pages.items()} == {
        "whole": ["0", "1", "2", "3"],
        "start": ["0", "1"],
        "rest": ["2", "3"],
        "newest": ["3"],
        "older": ["0", "1", "2"],
    }
    assert {name: page["totalCount"] for name, page in pages.items()} == dict.fromkeys(pages, 4)
    assert {
        name: (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) for name, page in pages.items()
    } == {
        "whole": (False, False),
        "start": (False, True),
        "rest": (True, False),
        "newest": (True, False),
        "older": (False, True),
    }
    assert [edge["node"]["body"] for edge in whole["edges"]] == ["0", "1", "2", "3"]
    assert whole["edges"][0]["cursor"] == whole["pageInfo"]["startCursor"]


async def test_staff_count_the_notes_too(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await a_thread(helpdesk, 3)

    page = await thread(helpdesk.analyst, ticket)

    assert page["totalCount"] == 5
    assert [each["body"] for each in page["nodes"]] == ["0", "note", "1", "note", "2"]


async def test_a_page_of_no_rows_still_counts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await a_thread(helpdesk, 2)

    assert await thread(helpdesk.customer, ticket, first=0) == {
        "totalCount": 2,
        "nodes": [],
        "edges": [],
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_threads_of_several_tickets_keep_apart(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await a_thread(helpdesk, size) for size in (3, 1, 2)]

    shown = await helpdesk.customer.query(
        "{ tickets(orderBy: {field: NUMBER, direction: ASC}) {"
        " nodes { id messages(last: 2) { totalCount nodes { body ticket { id } } } } } }"
    )

    assert [each["id"] for each in shown["tickets"]["nodes"]] == [each["id"] for each in tickets]
    assert [each["messages"]["totalCount"] for each in shown["tickets"]["nodes"]] == [3, 1, 2]
    bodies = [[message["body"] for message in each["messages"]["nodes"]] for each in shown["tickets"]["nodes"]]
    assert bodies == [["1", "2"], ["0"], ["0", "1"]]
    for each in shown["tickets"]["nodes"]:
        assert {message["ticket"]["id"] for message in each["messages"]["nodes"]} == {each["id"]}


@pytest.mark.parametrize(
    ("page", "message", "field"),
    [
        ({"first": 1, "last": 1}, "Ask for the first or for the last, not for both.", "last"),
        ({"first": -1}, "A page has 0 to 100 rows.", "first"),
        ({"last": 101}, "A page has 0 to 100 rows.", "last"),
        ({"after": "made up"}, "This cursor is not of this list.", "after"),
        ({"before": ""}, "This cursor is not of this list.", "before"),
    ],
)
async def test_a_page_that_can_not_be_is_refused(
    a_helpdesk: Make, page: dict[str, Any], message: str, field: str
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    with pytest.raises(GraphQLErrors) as refusal:
        await thread(helpdesk.customer, ticket, **page)

    (error,) = refusal.value.errors
    assert (error["message"], error["path"]) == (message, ["ticket", "messages"])
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": [field]}
