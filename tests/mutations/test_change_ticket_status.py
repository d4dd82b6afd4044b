"""changeTicketStatus"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode
from tests.client import Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

STATUSES = ("OPEN", "PENDING", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "RESOLVED", "CLOSED")

# What each may make of a ticket in each status, and the end of every refusal.
AGENT: dict[str, tuple[set[str], str]] = {
    "OPEN": (
        {"PENDING", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "RESOLVED", "CLOSED"},
        "it can become pending, in progress, waiting on customer, resolved, closed.",
    ),
    "PENDING": (
        {"OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "RESOLVED", "CLOSED"},
        "it can become open, in progress, waiting on customer, resolved, closed.",
    ),
    "IN_PROGRESS": (
        {"PENDING", "WAITING_ON_CUSTOMER", "RESOLVED", "CLOSED"},
        "it can become pending, waiting on customer, resolved, closed.",
    ),
    "WAITING_ON_CUSTOMER": ({"IN_PROGRESS", "RESOLVED", "CLOSED"}, "it can become in progress, resolved, closed."),
    "RESOLVED": ({"OPEN", "CLOSED"}, "it can become open, closed."),
    "CLOSED": ({"OPEN"}, "it can become open."),
}
CUSTOMER: dict[str, tuple[set[str], str]] = {
    **{status: ({"RESOLVED"}, "it can become resolved.") for status in STATUSES[:4]},
    "RESOLVED": ({"OPEN"}, "it can become open."),
    "CLOSED": ({"OPEN"}, "it can become open."),
}
FACTS = {"RESOLVED": "TicketResolved", "CLOSED": "TicketClosed"}


async def in_status(helpdesk: Helpdesk, status: str) -> Any:
    """A ticket that stands there."""
    ticket = await helpdesk.ticket()
    if status != "OPEN":
        ticket = await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)
    return ticket


def refusal(status: str, target: str, ending: str) -> str:
    """The sentence that somebody reads who asks for what can't be."""
    words = [each.lower().replace("_", " ") for each in (status, target)]
    if status == target:
        return f"The ticket is {words[0]} already; {ending}"
    if status == "CLOSED":
        return "A closed ticket can only be reopened."
    return f"A ticket that is {words[0]} can't become {words[1]}; {ending}"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("role", "steps"), [("agent", AGENT), ("admin", AGENT), ("customer", CUSTOMER)])
async def test_every_refusal_says_what_is_allowed(
    a_helpdesk: Make, role: str, steps: dict[str, tuple[set[str], str]], status: str
) -> None:
    helpdesk = await a_helpdesk()
    ticket, (allowed, ending) = await in_status(helpdesk, status), steps[status]
    facts = await helpdesk.events(ticket)
    person = getattr(helpdesk, role)

    results = {
        target: await person.change_ticket_status(ticket_id=ticket["id"], status=target)
        for target in STATUSES
        if target not in allowed
    }

    assert results == {target: Problem("TRANSITION_NOT_ALLOWED", refusal(status, target, ending)) for target in results}
    assert await helpdesk.events(ticket) == facts
    shown = await person.query("query($id: ID!) { ticket(id: $id) { allowedTransitions } }", id=ticket["id"])
    assert set(shown["ticket"]["allowedTransitions"]) == allowed


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("role", "steps"), [("agent", AGENT), ("customer", CUSTOMER)])
async def test_every_step_of_the_life_cycle_can_be_taken(
    a_helpdesk: Make, role: str, steps: dict[str, tuple[set[str], str]], status: str
) -> None:
    helpdesk = await a_helpdesk()
    for target in sorted(steps[status][0]):
        ticket = await in_status(helpdesk, status)

        result = await getattr(helpdesk, role).change_ticket_status(ticket_id=ticket["id"], status=target)

        assert result["status"] == target
        assert (result["resolvedAt"] is not None) == (
            target == "RESOLVED" or (status == "RESOLVED" and target == "CLOSED")
        )
        assert (result["closedAt"] is not None) == (target == "CLOSED")
        reopened = status in FACTS and target == "OPEN"
        assert result["reopenCount"] == int(reopened)
        fact = "TicketReopened" if reopened else FACTS.get(target, "TicketStatusChanged")
        assert (await helpdesk.events(ticket))[-1] == fact


@pytest.mark.parametrize(
    ("status", "target", "verb"),
    [
        ("PENDING", "RESOLVED", "resolve_ticket"),
        ("PENDING", "CLOSED", "close_ticket"),
        ("RESOLVED", "OPEN", "reopen_ticket"),
        ("CLOSED", "OPEN", "reopen_ticket"),
    ],
)
async def test_the_event_and_the_ticket_are_the_same_whichever_verb_led_there(
    a_helpdesk: Make, status: str, target: str, verb: str
) -> None:
    helpdesk = await a_helpdesk()
    one, other = await in_status(helpdesk, status), await in_status(helpdesk, status)

    changed = await helpdesk.agent.change_ticket_status(ticket_id=one["id"], status=target)
    named = await getattr(helpdesk.agent, verb)(ticket_id=other["id"])

    assert await _last_event(helpdesk, one) == await _last_event(helpdesk, other)
    moving = {"id", "number", "createdAt", "updatedAt", "resolvedAt", "closedAt"}
    assert {name: value for name, value in changed.items() if name not in moving} == {
        name: value for name, value in named.items() if name not in moving
    }


async def _last_event(helpdesk: Helpdesk, ticket: Any) -> dict[str, Any]:
    row = await helpdesk.world.database.fetchrow(
        "SELECT type, data, actor_kind, actor_id, visibility, person_id, reacts FROM support_event"
        " WHERE ticket_id = $1 ORDER BY seq DESC LIMIT 1",
        decode("tkt", ticket["id"]),
    )
    assert row is not None
    return dict(row)


async def test_leaving_pending_forgets_until_when(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await in_status(helpdesk, "PENDING")
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET pending_until = now() WHERE id = $1", decode("tkt", ticket["id"])
    )

    result = await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status="OPEN")

    assert result["pendingUntil"] is None


async def test_a_customers_window_holds_for_this_verb_too(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await in_status(helpdesk, "CLOSED")
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = closed_at - interval '31 days' WHERE id = $1",
        decode("tkt", ticket["id"]),
    )

    result = await helpdesk.customer.change_ticket_status(ticket_id=ticket["id"], status="OPEN")

    assert result == Problem(
        "TRANSITION_NOT_ALLOWED",
        "The ticket was closed too long ago to be reopened. Write a message on it: that opens a follow-up ticket.",
    )


@pytest.mark.parametrize("role", ["agent", "customer"])
async def test_a_stale_version_conflicts(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).change_ticket_status(
        ticket_id=ticket["id"], status="RESOLVED", expected_version=7
    )

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 7, it is at 1. Read it again.")
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.analyst.change_ticket_status(ticket_id=ticket["id"], status="RESOLVED")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: change ticket status.")
