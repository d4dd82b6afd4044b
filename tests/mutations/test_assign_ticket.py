"""assignTicket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode
from models.actors import Role
from tests.client import Problem
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ASSIGNED = "query($id: ID!) { ticket(id: $id) { version updatedAt status assignee { id } } }"


async def assigned(by: Any, ticket: Any) -> Any:
    """The ticket's assignee and all that an assignment could move."""
    return (await by.query(ASSIGNED, id=ticket["id"]))["ticket"]


@pytest.mark.parametrize("role", ["agent", "admin"])
@pytest.mark.parametrize("status", ["OPEN", "WAITING_ON_CUSTOMER", "CLOSED"])
async def test_a_ticket_gets_an_assignee_and_keeps_its_status(a_helpdesk: Make, role: str, status: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    if status != "OPEN":
        await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)
    unmoved, before = await assigned(helpdesk.customer, ticket), await assigned(helpdesk.agent, ticket)
    assignee = id_of(getattr(helpdesk.world, role))

    result = await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee)

    assert (result["status"], result["version"]) == (status, before["version"] + 1)
    assert (await assigned(helpdesk.agent, ticket))["assignee"] == {"id": assignee}
    assert await assigned(helpdesk.customer, ticket) == unmoved == {**unmoved, "assignee": None}
    assert (await helpdesk.events(ticket))[-1] == "TicketAssigned"


async def test_a_ticket_goes_from_one_to_another_to_nobody(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    agent, admin = helpdesk.world.agent, helpdesk.world.admin

    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(agent))
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(admin))
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"])

    assert (await assigned(helpdesk.agent, ticket))["assignee"] is None
    rows = await helpdesk.world.database.fetch(
        "SELECT data, visibility FROM support_event WHERE ticket_id = $1 AND type = 'TicketAssigned' ORDER BY seq",
        decode("tkt", ticket["id"]),
    )
    one, other = str(agent.user_id), str(admin.user_id)
    assert [(row["data"], row["visibility"]) for row in rows] == [
        ({"assignee_id": one, "previous_id": None}, "staff"),
        ({"assignee_id": other, "previous_id": one}, "staff"),
        ({"assignee_id": None, "previous_id": other}, "staff"),
    ]


async def test_the_same_assignee_again_is_no_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    assignee = id_of(helpdesk.world.agent)
    first = await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee)

    again = await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee)

    assert again == first
    assert (await helpdesk.events(ticket)).count("TicketAssigned") == 1


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTOMER, None])
async def test_only_those_who_work_on_tickets_get_them(a_helpdesk: Make, role: Role | None) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    member = await helpdesk.world.member(role or Role.AGENT)
    if role is None:
        await helpdesk.world.database.execute(
            "UPDATE support_membership SET deactivated_at = now() WHERE id = $1", member.user_id
        )

    result = await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(member))

    sentence = "Tickets are assigned to active agents and admins only."
    assert result == Problem("INVALID_INPUT", sentence, ("assigneeId",))
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


@pytest.mark.parametrize("unknown", ["usr_" + "0" * 32, "tkt_" + "0" * 32, "ada"])
async def test_an_unknown_assignee_is_not_found(a_helpdesk: Make, unknown: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=unknown)

    assert result == Problem("NOT_FOUND", "There is no such user.", ("assigneeId",))


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    assignee = id_of(helpdesk.world.agent)
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=assignee, expected_version=1)

    result = await helpdesk.admin.assign_ticket(
        ticket_id=ticket["id"], assignee_id=id_of(helpdesk.world.admin), expected_version=1
    )

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 1, it is at 2. Read it again.")
    assert (await assigned(helpdesk.agent, ticket))["assignee"] == {"id": assignee}


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).assign_ticket(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: assign ticket.")
