"""updateTickets"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

BULK = """mutation($input: BulkUpdateInput!) { updateTickets(input: $input) { __typename
  ... on Bulk { failed results { __typename
    ... on Ticket { number version status priority tags assignee { id } category { name } }
    ... on Problem { code message path } } }
  ... on Problem { code message path } } }"""
STATE = """query($id: ID!) { ticket(id: $id) {
  number version status priority tags assignee { id } category { name } } }"""
OPENED = ["TicketCreated", "MessageAdded"]


async def bulk(by: Client, tickets: list[Any], **change: Any) -> Any:
    """The mutation's answer."""
    given = {"ids": [ticket["id"] for ticket in tickets], **change}
    return (await by.query(BULK, input=given))["updateTickets"]


async def state(by: Client, ticket: Any) -> Any:
    """All of a ticket that the mutation could change."""
    return (await by.query(STATE, id=ticket["id"]))["ticket"]


def problem(code: str, message: str, *path: str) -> dict[str, Any]:
    """A refusal."""
    return {"__typename": "Problem", "code": code, "message": message, "path": [*path]}


async def test_all_tickets_get_the_whole_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await helpdesk.ticket() for _ in range(3)]
    await helpdesk.agent.add_ticket_tags(ticket_id=tickets[1]["id"], tags=["old", "new"])
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    assignee = id_of(helpdesk.world.admin)
    given = {"status": "RESOLVED", "priority": "HIGH", "categoryId": category["id"], "assigneeId": assignee}

    answer = await bulk(helpdesk.agent, tickets, **given, addTags=["New", "vip"], removeTags=["old"])

    common = {"status": "RESOLVED", "priority": "HIGH", "tags": ["new", "vip"], "assignee": {"id": assignee}}
    assert answer == {
        "__typename": "Bulk",
        "failed": 0,
        "results": [
            {"__typename": "Ticket", "number": 1, "version": 2, **common, "category": {"name": "Billing"}},
            {"__typename": "Ticket", "number": 2, "version": 3, **common, "category": {"name": "Billing"}},
            {"__typename": "Ticket", "number": 3, "version": 2, **common, "category": {"name": "Billing"}},
        ],
    }
    recorded = ["TicketUpdated", "TicketTagged", "TicketAssigned", "TicketResolved"]
    assert await helpdesk.events(tickets[0]) == [*OPENED, *recorded]
    assert await helpdesk.events(tickets[1]) == [*OPENED, "TicketTagged", *recorded]


async def test_each_ticket_succeeds_or_fails_by_itself(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    good, resolved, late, theirs = [*[await helpdesk.ticket() for _ in range(3)], await other.ticket()]
    await helpdesk.agent.resolve_ticket(ticket_id=resolved["id"])
    unchanged = await state(helpdesk.agent, resolved)
    nobodys = {"id": encode("tkt", new_id())}

    answer = await bulk(
        helpdesk.agent,
        [resolved, theirs, good, nobodys, {"id": "ticket"}, late],
        status="WAITING_ON_CUSTOMER",
        priority="LOW",
        addTags=["asked"],
    )

    unknown = problem("NOT_FOUND", "There is no such ticket.", "ids")
    sentence = "A ticket that is resolved can't become waiting on customer; it can become open, closed."
    assert answer["failed"] == 4
    assert [result if result["__typename"] == "Problem" else result["number"] for result in answer["results"]] == [
        problem("TRANSITION_NOT_ALLOWED", sentence),
        unknown,
        good["number"],
        unknown,
        unknown,
        late["number"],
    ]
    # Its priority and tags could have been changed, but it is all or nothing.
    assert await state(helpdesk.agent, resolved) == unchanged
    assert await helpdesk.events(resolved) == [*OPENED, "TicketResolved"]
    assert await other.events(theirs) == OPENED
    for ticket in (good, late):
        shown = await state(helpdesk.agent, ticket)
        assert (shown["status"], shown["priority"], shown["tags"]) == ("WAITING_ON_CUSTOMER", "LOW", ["asked"])


async def test_a_ticket_named_twice_is_changed_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    answer = await bulk(helpdesk.agent, [ticket, ticket], status="CLOSED")

    assert (answer["failed"], [result["version"] for result in answer["results"]]) == (0, [2, 2])
    assert await helpdesk.events(ticket) == [*OPENED, "TicketClosed"]


async def test_null_unassigns_and_clears_and_nothing_changes_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    ticket = await helpdesk.ticket(category_id=category["id"])
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(helpdesk.world.agent))
    before = await state(helpdesk.agent, ticket)

    nothing = await bulk(helpdesk.agent, [ticket])
    assert nothing["results"] == [{"__typename": "Ticket", **before}]
    (cleared,) = (await bulk(helpdesk.agent, [ticket], assigneeId=None, categoryId=None))["results"]

    assert (cleared["assignee"], cleared["category"], cleared["version"]) == (None, None, before["version"] + 1)
    assert await helpdesk.events(ticket) == [*OPENED, "TicketAssigned", "TicketUpdated", "TicketAssigned"]


async def test_stale_versions_conflict_one_by_one(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await helpdesk.ticket() for _ in range(3)]
    for ticket in tickets[1:]:
        await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    answer = await bulk(helpdesk.agent, tickets, priority="HIGH", expectedVersions=[1, 1, None])

    sentence = "The ticket has changed: you read version 1, it is at 2. Read it again."
    assert answer["results"][1] == problem("CONFLICT", sentence)
    assert [result.get("version") for result in answer["results"]] == [2, None, 3]
    short = await bulk(helpdesk.agent, tickets, priority="LOW", expectedVersions=[1])
    assert short == problem("INVALID_INPUT", "Give one version for each ticket, or none at all.", "expectedVersions")


async def test_a_ticket_with_too_many_tags_is_left_alone(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    full, empty = await helpdesk.ticket(), await helpdesk.ticket()
    await helpdesk.agent.add_ticket_tags(ticket_id=full["id"], tags=[f"tag {each}" for each in range(50)])

    answer = await bulk(helpdesk.agent, [full, empty], addTags=["one more"])

    assert answer["results"][0] == problem("INVALID_INPUT", "A ticket has at most 50 tags.", "addTags")
    assert answer["results"][1]["tags"] == ["one more"]


async def test_a_change_that_can_not_be_changes_no_ticket(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    theirs = await other.admin.create_category(input={"name": "Theirs"})
    assigned = "Tickets are assigned to active agents and admins only."
    refusals: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"assigneeId": id_of(helpdesk.world.customer)}, problem("INVALID_INPUT", assigned, "assigneeId")),
        ({"assigneeId": id_of(other.world.agent)}, problem("NOT_FOUND", "There is no such user.", "assigneeId")),
        ({"categoryId": theirs["id"]}, problem("NOT_FOUND", "There is no such category.", "categoryId")),
        (
            {"addTags": ["a", "b"], "removeTags": [" B"]},
            problem("INVALID_INPUT", "A tag can't come and go at once.", "removeTags"),
        ),
        ({"addTags": [""]}, problem("INVALID_INPUT", "This can't be empty.", "addTags")),
    ]

    for change, expected in refusals:
        assert await bulk(helpdesk.agent, [ticket], priority="LOW", **change) == expected
    assert await helpdesk.events(ticket) == OPENED


async def test_at_most_a_hundred_at_a_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    assert len((await bulk(helpdesk.agent, [ticket] * 100, priority="LOW"))["results"]) == 100
    assert await bulk(helpdesk.agent, [ticket] * 101, priority="HIGH") == problem(
        "INVALID_INPUT", "At most 100 tickets at a time.", "ids"
    )
    assert (await bulk(helpdesk.agent, []))["results"] == []
    assert (await state(helpdesk.agent, ticket))["priority"] == "LOW"


async def test_the_same_tickets_in_different_orders_at_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await helpdesk.ticket() for _ in range(20)]

    for each in range(4):
        answers = await asyncio.gather(
            bulk(helpdesk.agent, tickets, priority="HIGH", addTags=[f"a {each}", f"b {each}"]),
            bulk(helpdesk.admin, tickets[::-1], priority="LOW", addTags=[f"b {each}", f"c {each}"]),
            bulk(helpdesk.agent, tickets[10:] + tickets[:10], addTags=[f"c {each}", f"a {each}"]),
            *(helpdesk.agent.add_ticket_tags(ticket_id=one["id"], tags=[f"c {each}"]) for one in tickets[::7]),
        )
        assert [answer["failed"] for answer in answers[:3]] == [0, 0, 0]

    shown = await state(helpdesk.agent, tickets[0])
    assert shown["tags"] == [f"{letter} {each}" for letter in "abc" for each in range(4)]


async def test_a_hundred_tickets_are_one_step_of_the_log(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    tickets = [await helpdesk.ticket() for _ in range(5)]

    await bulk(helpdesk.agent, tickets, priority="HIGH")

    written = await helpdesk.world.database.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM support_event WHERE organization_id = $1 AND type = 'TicketUpdated'",
        helpdesk.world.id,
    )
    assert written == 1


async def test_a_retry_gets_the_same_results(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, closed = await helpdesk.ticket(), await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=closed["id"])
    body = {"query": BULK, "variables": {"input": {"ids": [ticket["id"], closed["id"]], "status": "PENDING"}}}
    headers = {"Authorization": f"Bearer {helpdesk.agent.token}", "Idempotency-Key": new_id().hex}

    first, again = [
        (await helpdesk.agent.http.post("/graphql", json=body, headers=headers)).json()["data"] for _ in range(2)
    ]

    assert first == again
    assert first["updateTickets"]["results"][1]["code"] == "TRANSITION_NOT_ALLOWED"
    assert await helpdesk.events(ticket) == [*OPENED, "TicketStatusChanged"]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTOMER])
async def test_others_are_refused(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    answer = await bulk(getattr(helpdesk, role.value), [ticket], status="RESOLVED")

    assert answer == problem("NOT_ALLOWED", "Your role does not include this: update tickets.")
