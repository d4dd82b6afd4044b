"""reopenTicket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import decode
from tests.client import Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

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
