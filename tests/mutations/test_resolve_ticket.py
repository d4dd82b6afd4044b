"""resolveTicket"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.client import Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_an_agent_resolves_a_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    resolved = await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    assert resolved["status"] == "RESOLVED"
    assert resolved["resolvedAt"] is not None
    assert resolved["version"] == ticket["version"] + 1
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "TicketResolved"]


async def test_a_customer_resolves_their_own_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    resolved = await helpdesk.customer.resolve_ticket(ticket_id=ticket["id"], expected_version=ticket["version"])

    assert resolved["status"] == "RESOLVED"


async def test_a_closed_ticket_stays_closed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])

    result = await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    assert result == Problem("TRANSITION_NOT_ALLOWED", "A closed ticket can only be reopened.")
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "TicketClosed"]


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"], expected_version=ticket["version"] + 1)

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 2, it is at 1. Read it again.")


async def test_another_organizations_ticket_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.ticket()

    result = await helpdesk.agent.resolve_ticket(ticket_id=theirs["id"])

    assert result == Problem("NOT_FOUND", "There is no such ticket.")
    assert await other.events(theirs) == ["TicketCreated", "MessageAdded"]


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.analyst.resolve_ticket(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: resolve ticket.")


async def test_of_two_who_read_the_same_version_one_resolves(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    results = await asyncio.gather(
        *(
            by.resolve_ticket(ticket_id=ticket["id"], expected_version=ticket["version"])
            for by in (helpdesk.agent, helpdesk.admin, helpdesk.customer)
        )
    )

    conflict = Problem("CONFLICT", "The ticket has changed: you read version 1, it is at 2. Read it again.")
    assert [each for each in results if isinstance(each, Problem)] == [conflict, conflict]
    assert (await helpdesk.events(ticket)).count("TicketResolved") == 1


async def test_a_resolved_ticket_is_resolved_already(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    assert await helpdesk.customer.resolve_ticket(ticket_id=ticket["id"]) == Problem(
        "TRANSITION_NOT_ALLOWED", "The ticket is resolved already; it can become open."
    )
