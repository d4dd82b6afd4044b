"""reopenTicket"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode
from models.actors import Actor, Role
from tests.client import Client, Problem
from tests.mutations.members import id_of
from tests.mutations.test_lock_order import until_waited_for
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Way = Callable[[Client, str], Awaitable[Any]]

TOO_LATE = Problem(
    "TRANSITION_NOT_ALLOWED",
    "The ticket was closed too long ago to be reopened. Write a message on it: that opens a follow-up ticket.",
)


@pytest.mark.parametrize("role", ["agent", "admin", "customer"])
@pytest.mark.parametrize("verb", ["resolve_ticket", "close_ticket"])
async def test_a_finished_ticket_comes_back(a_helpdesk: Make, verb: str, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    finished = await getattr(helpdesk.agent, verb)(ticket_id=ticket["id"])

    result = await getattr(helpdesk, role).reopen_ticket(ticket_id=ticket["id"], expected_version=finished["version"])

    assert (result["status"], result["reopenCount"]) == ("OPEN", 1)
    assert (result["resolvedAt"], result["closedAt"]) == (None, None)
    assert result["version"] == finished["version"] + 1
    assert (await helpdesk.events(ticket))[-1] == "TicketReopened"


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("OPEN", "pending, in progress, waiting on customer, resolved, closed"),
        ("PENDING", "open, in progress, waiting on customer, resolved, closed"),
        ("IN_PROGRESS", "pending, waiting on customer, resolved, closed"),
        ("WAITING_ON_CUSTOMER", "in progress, resolved, closed"),
    ],
)
async def test_an_unfinished_ticket_can_not_be_reopened(a_helpdesk: Make, status: str, allowed: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    if status != "OPEN":
        await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)
    facts = await helpdesk.events(ticket)

    result = await helpdesk.agent.reopen_ticket(ticket_id=ticket["id"])

    assert result == Problem(
        "TRANSITION_NOT_ALLOWED",
        f"Only a resolved or closed ticket can be reopened; this one can become {allowed}.",
    )
    assert await helpdesk.events(ticket) == facts


@pytest.mark.parametrize("window", [30, 0])
async def test_a_customers_time_to_reopen_runs_out_and_an_agents_does_not(a_helpdesk: Make, window: int) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])
    await _closed_days_ago(helpdesk, ticket["id"], window, window)

    assert await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"]) == TOO_LATE
    assert (await helpdesk.events(ticket))[-1] == "TicketClosed"
    assert (await helpdesk.agent.reopen_ticket(ticket_id=ticket["id"]))["status"] == "OPEN"


@pytest.mark.parametrize(("window", "days"), [(None, 4000), (30, 29)])
async def test_a_customer_reopens_within_the_window(a_helpdesk: Make, window: int | None, days: int) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])
    await _closed_days_ago(helpdesk, ticket["id"], days, window)

    assert (await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"]))["status"] == "OPEN"


async def _closed_days_ago(helpdesk: Helpdesk, ticket_id: str, days: int, window: int | None) -> None:
    database = helpdesk.world.database
    await database.execute(
        "UPDATE support_ticket SET closed_at = closed_at - make_interval(days => $2) WHERE id = $1",
        decode("tkt", ticket_id),
        days,
    )
    await database.execute(
        "UPDATE support_settings SET reopen_window_days = $2 WHERE organization_id = $1", helpdesk.world.id, window
    )


async def test_a_resolution_by_the_ai_stays_in_history(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET ai_resolved = TRUE WHERE id = $1", decode("tkt", ticket["id"])
    )

    result = await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])

    assert (result["aiResolved"], result["reopenCount"]) == (True, 1)


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    result = await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"], expected_version=1)

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 1, it is at 2. Read it again.")
    assert (await helpdesk.events(ticket))[-1] == "TicketResolved"


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.analyst.reopen_ticket(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: reopen ticket.")


async def _reopen(by: Client, ticket: str) -> Any:
    return await by.reopen_ticket(ticket_id=ticket)


async def _change_status(by: Client, ticket: str) -> Any:
    return await by.change_ticket_status(ticket_id=ticket, status="OPEN")


async def _change_many(by: Client, ticket: str) -> Any:
    return await by.update_tickets(input={"ids": [ticket], "status": "OPEN"})


async def _write(by: Client, ticket: str) -> Any:
    return await by.add_message(input={"ticket_id": ticket, "body": "Again."})


async def _write_and_reopen(by: Client, ticket: str) -> Any:
    return await by.add_message(input={"ticket_id": ticket, "body": "Again?", "then_status": "OPEN"})


WAYS_BACK = [
    ("agent", _reopen),
    ("customer", _reopen),
    ("agent", _change_status),
    ("agent", _change_many),
    ("customer", _write),
    ("agent", _write_and_reopen),
]
LIST = "{ tickets(filter: {unassigned: true, status: [OPEN]}) { nodes { id } } }"


async def resolved_by(helpdesk: Helpdesk, colleague: Actor) -> Any:
    """A ticket that somebody finished who is to go."""
    ticket = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(colleague))
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    return ticket


@pytest.mark.parametrize(("role", "way"), WAYS_BACK)
async def test_a_ticket_of_somebody_who_left_comes_back_as_nobodys(a_helpdesk: Make, role: str, way: Way) -> None:
    helpdesk = await a_helpdesk()
    colleague = await helpdesk.world.member(Role.AGENT)
    ticket = await resolved_by(helpdesk, colleague)
    await helpdesk.admin.remove_member(input={"user_id": id_of(colleague)})

    await way(getattr(helpdesk, role), ticket["id"])

    assert (await helpdesk.agent.query(LIST))["tickets"]["nodes"] == [{"id": ticket["id"]}]
    assert (await helpdesk.events(ticket))[-2:] == ["TicketReopened", "TicketAssigned"]


@pytest.mark.parametrize(("role", "way"), WAYS_BACK)
async def test_a_ticket_of_somebody_who_is_there_stays_theirs(a_helpdesk: Make, role: str, way: Way) -> None:
    helpdesk = await a_helpdesk()
    colleague = await helpdesk.world.member(Role.AGENT)
    ticket = await resolved_by(helpdesk, colleague)

    await way(getattr(helpdesk, role), ticket["id"])

    assert (await helpdesk.agent.query(LIST))["tickets"]["nodes"] == []
    assert (await helpdesk.events(ticket))[-1] == "TicketReopened"


async def test_many_tickets_come_back_as_their_assignees_are(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    gone, analyst, there = [await helpdesk.world.member(Role.AGENT) for _ in range(3)]
    tickets = [await resolved_by(helpdesk, colleague) for colleague in (gone, analyst, there)]
    await helpdesk.admin.remove_member(input={"user_id": id_of(gone)})
    await helpdesk.admin.change_member_role(user_id=id_of(analyst), role="ANALYST")

    await helpdesk.agent.update_tickets(input={"ids": [ticket["id"] for ticket in tickets], "status": "OPEN"})

    text = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Ticket { status assignee { id } } } }"
    back = (await helpdesk.agent.query(text, ids=[ticket["id"] for ticket in tickets]))["nodes"]
    assert [each["status"] for each in back] == ["OPEN"] * 3
    assert [each["assignee"] for each in back] == [None, None, {"id": id_of(there)}]


async def test_a_ticket_comes_back_while_its_assignee_is_removed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    colleague = await helpdesk.world.member(Role.AGENT)
    ticket = await resolved_by(helpdesk, colleague)

    async with asyncio.timeout(30):
        async with helpdesk.world.database.transaction() as connection:
            # As removeMember does it, which finds no unfinished ticket.
            await connection.execute(
                "UPDATE support_membership SET deactivated_at = now() WHERE id = $1", colleague.user_id
            )
            reopening = asyncio.create_task(helpdesk.customer.reopen_ticket(ticket_id=ticket["id"]))
            await until_waited_for(helpdesk.world.database, connection)
        await reopening

    assert (await helpdesk.events(ticket))[-2:] == ["TicketReopened", "TicketAssigned"]
