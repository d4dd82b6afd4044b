"""closeTicket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.client import Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_an_agent_closes_a_resolved_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    resolved = await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    closed = await helpdesk.agent.close_ticket(ticket_id=ticket["id"], expected_version=resolved["version"])

    assert (closed["status"], closed["version"]) == ("CLOSED", resolved["version"] + 1)
    assert closed["resolvedAt"] == resolved["resolvedAt"] < closed["closedAt"]
    assert (await helpdesk.events(ticket))[-2:] == ["TicketResolved", "TicketClosed"]


async def test_an_unanswered_ticket_is_closed_without_having_been_resolved(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    closed = await helpdesk.admin.close_ticket(ticket_id=ticket["id"])

    assert (closed["status"], closed["resolvedAt"]) == ("CLOSED", None)
    assert closed["closedAt"] == closed["updatedAt"]


async def test_a_closed_ticket_is_closed_already(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    closed = await helpdesk.agent.close_ticket(ticket_id=ticket["id"])

    result = await helpdesk.agent.close_ticket(ticket_id=ticket["id"], expected_version=closed["version"])

    assert result == Problem("TRANSITION_NOT_ALLOWED", "The ticket is closed already; it can become open.")
    assert (await helpdesk.events(ticket)).count("TicketClosed") == 1


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Looking.", "internal": True})

    result = await helpdesk.agent.close_ticket(ticket_id=ticket["id"], expected_version=ticket["version"])

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 1, it is at 2. Read it again.")
    assert "TicketClosed" not in await helpdesk.events(ticket)


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).close_ticket(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: close ticket.")
