"""Lists of tickets by how their clocks stand"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Client, GraphQLErrors
from tests.sla.desks import FRIDAY, HOUR, MINUTE, Desk, policy
from tests.sla.test_ticket_sla import text

Desks = Callable[[], Awaitable[Desk]]
LIST = """query($filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String) {
  tickets(filter: $filter, orderBy: $order, first: $first, after: $after) {
    nodes { number } pageInfo { endCursor hasNextPage } totalCount } }"""
SOONEST = {"field": "SLA_DUE_AT", "direction": "ASC"}


async def numbers(client: Client, **given: Any) -> list[int]:
    """The numbers of the tickets listed, in order."""
    found = (await client.query(LIST, **given))["tickets"]
    assert found["totalCount"] == len(found["nodes"]) or "first" in given
    return [each["number"] for each in found["nodes"]]


async def four_tickets(desk: Desk) -> None:
    """1 breached, 2 running, 3 paused, 4 met."""
    await desk.promise(policy(hours=4))
    tickets = []
    for _ in range(4):
        tickets.append(await desk.helpdesk.ticket())
        desk.later(MINUTE)
    agent = desk.helpdesk.agent
    for ticket in tickets[1:]:
        await agent.add_message(input={"ticketId": ticket["id"], "body": "On it."})
    await agent.change_ticket_status(ticket_id=tickets[2]["id"], status="WAITING_ON_CUSTOMER")
    await agent.resolve_ticket(ticket_id=tickets[3]["id"])
    await desk.follow()
    desk.later(5 * HOUR)


@pytest.mark.parametrize(
    ("states", "found"),
    [
        (["BREACHED"], [1]),
        (["RUNNING"], [2]),
        (["RUNNING", "BREACHED"], [2, 1]),
        (["PAUSED"], [3]),
        (["MET", "PAUSED"], [4, 3]),
        (["MET", "BREACHED"], [4, 1]),
        (["NEVER", "MET_LATE"], []),
        ([], []),
    ],
)
async def test_by_state_as_of_now_whether_or_not_a_worker_has_looked(
    a_desk: Desks, states: list[str], found: list[int]
) -> None:
    desk = await a_desk()
    await four_tickets(desk)

    before = await numbers(desk.helpdesk.agent, filter={"slaState": states})
    rows = await desk.database.fetch(
        "SELECT id FROM support_ticket WHERE organization_id = $1", desk.system.organization_id
    )
    await desk.look(*[row["id"] for row in rows])
    after = await numbers(desk.helpdesk.agent, filter={"slaState": states})

    assert before == after == found


async def test_by_due_time_the_most_urgent_first_and_a_page_at_a_time(a_desk: Desks) -> None:
    desk = await a_desk()
    await four_tickets(desk)

    ordered = await numbers(desk.helpdesk.agent, order=SOONEST)
    soon = await numbers(desk.helpdesk.agent, order=SOONEST, filter={"slaDueBefore": text(FRIDAY + 8 * HOUR + MINUTE)})
    paged: list[int] = []
    after, more = None, True
    while more:
        page = (await desk.helpdesk.agent.query(LIST, order=SOONEST, first=1, after=after))["tickets"]
        paged += [each["number"] for each in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert ordered == paged == [1, 2, 3, 4]
    assert soon == [1]


STATES = ("BREACHED", "RUNNING", "PAUSED", "NEVER", "MET_LATE", "MET")


@pytest.mark.parametrize(("hours", "outcome"), [(5, "MET_LATE"), (3, "MET")])
async def test_with_a_closed_ticket_nobody_waits_whatever_it_leaves_unanswered(
    a_desk: Desks, hours: int, outcome: str
) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    closed = await desk.helpdesk.ticket()
    desk.later(MINUTE)
    await desk.helpdesk.ticket()
    desk.later(hours * HOUR)
    await desk.helpdesk.agent.close_ticket(ticket_id=closed["id"])
    await desk.follow()
    agent = desk.helpdesk.agent

    listed = {state: await numbers(agent, filter={"slaState": [state]}) for state in STATES}
    ordered = await numbers(agent, order=SOONEST)
    due = await numbers(agent, filter={"slaDueBefore": text(FRIDAY + 1000 * HOUR)})
    await agent.reopen_ticket(ticket_id=closed["id"])
    await desk.follow()
    again = [await numbers(agent, order=SOONEST), await numbers(agent, filter={"slaState": [outcome]})]

    assert {state for state, found in listed.items() if 1 in found} == {outcome}
    assert (ordered, due) == ([2, 1], [2])
    assert again == [[1, 2], []]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"filter": {"slaState": ["BREACHED"]}}, "Customers can't filter by assignee, tag or service level."),
        ({"filter": {"slaDueBefore": text(FRIDAY)}}, "Customers can't filter by assignee, tag or service level."),
        ({"order": SOONEST}, "Customers can't sort by service level."),
    ],
)
async def test_customers_are_told_nothing_by_lists(a_desk: Desks, given: Any, message: str) -> None:
    desk = await a_desk()

    with pytest.raises(GraphQLErrors) as refused:
        await numbers(desk.helpdesk.customer, **given)

    assert (refused.value.codes, refused.value.errors[0]["message"]) == (["INVALID_INPUT"], message)
