"""addMessage: what customers write"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from tests.client import Problem
from tests.mutations.thread import seen, ticket_of, write
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def close_since(helpdesk: Helpdesk, ticket: Any, since: timedelta) -> None:
    """Close a ticket, some time ago."""
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = closed_at - $2::interval WHERE id = $1",
        decode("tkt", ticket["id"]),
        since,
    )


async def reopen_window(helpdesk: Helpdesk, days: int | None) -> None:
    """Set for how long the organization reopens tickets."""
    await helpdesk.world.database.execute(
        "UPDATE support_settings SET reopen_window_days = $2 WHERE organization_id = $1", helpdesk.world.id, days
    )


@pytest.mark.parametrize("status", ["OPEN", "PENDING", "IN_PROGRESS"])
async def test_a_customers_message_changes_no_status_on_our_side(a_helpdesk: Make, status: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    if status != "OPEN":
        await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)

    message = await write(helpdesk.customer, ticket)

    assert message["authorKind"] == "CUSTOMER"
    after = await seen(helpdesk.customer, ticket)
    assert (after["status"], after["firstRespondedAt"], after["messageCount"]) == (status, None, 2)
    assert (await helpdesk.events(ticket))[-1] == "MessageAdded"


@pytest.mark.parametrize(("assignee", "becomes"), [("active", "IN_PROGRESS"), ("gone", "OPEN"), ("nobody", "OPEN")])
async def test_a_customers_message_gives_the_ball_back(a_helpdesk: Make, assignee: str, becomes: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    if assignee != "nobody":
        colleague = await helpdesk.world.member(Role.AGENT)
        await helpdesk.agent.assign_ticket(
            ticket_id=ticket["id"], assignee_id=encode("usr", colleague.user_id or new_id())
        )
        if assignee == "gone":
            await helpdesk.world.database.execute(
                "UPDATE support_membership SET deactivated_at = now() WHERE id = $1", colleague.user_id
            )
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status="WAITING_ON_CUSTOMER")

    await write(helpdesk.customer, ticket)

    assert (await seen(helpdesk.customer, ticket))["status"] == becomes
    assert (await helpdesk.events(ticket))[-2:] == ["MessageAdded", "TicketStatusChanged"]


@pytest.mark.parametrize("status", ["RESOLVED", "CLOSED"])
async def test_a_customers_message_brings_a_finished_ticket_back(a_helpdesk: Make, status: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)

    await write(helpdesk.customer, ticket)

    after = await seen(helpdesk.customer, ticket)
    assert (after["status"], after["reopenCount"]) == ("OPEN", 1)
    assert (after["resolvedAt"], after["closedAt"]) == (None, None)
    assert (await helpdesk.events(ticket))[-2:] == ["MessageAdded", "TicketReopened"]


async def test_a_message_on_a_ticket_closed_too_long_ago_opens_a_follow_up(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.agent.create_ticket(
        input={
            "subject": "It broke",
            "body": "Please help.",
            "priority": "HIGH",
            "on_behalf_of": {"email": (await _email(helpdesk))},
        }
    )
    await close_since(helpdesk, ticket, timedelta(days=31))
    before = await seen(helpdesk.agent, ticket)

    message = await write(helpdesk.customer, ticket, body="It broke again.")

    follow_up = await ticket_of(helpdesk.customer, message)
    assert {**follow_up, "id": None} == {
        "id": None,
        "number": 2,
        "subject": "It broke",
        "priority": "HIGH",
        "status": "OPEN",
    }
    shown = await seen(helpdesk.customer, follow_up)
    assert shown["followUpOf"] == {"id": ticket["id"], "number": 1}
    assert [each["body"] for each in shown["messages"]["nodes"]] == ["It broke again."]
    assert await helpdesk.events(follow_up) == ["TicketCreated", "MessageAdded"]
    assert await seen(helpdesk.agent, ticket) == before
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "TicketClosed"]


async def test_further_messages_are_written_on_the_follow_up_that_there_is(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await close_since(helpdesk, ticket, timedelta(days=31))
    follow_up = await ticket_of(helpdesk.customer, await write(helpdesk.customer, ticket))

    on = [await ticket_of(helpdesk.customer, await write(helpdesk.customer, ticket)) for _ in range(2)]
    assert [each["id"] for each in on] == [follow_up["id"]] * 2
    # Resolved, or closed not long ago, it comes back as any ticket does.
    for verb in (helpdesk.agent.resolve_ticket, helpdesk.agent.close_ticket):
        await verb(ticket_id=follow_up["id"])
        again = await ticket_of(helpdesk.customer, await write(helpdesk.customer, ticket))
        assert (again["id"], again["status"]) == (follow_up["id"], "OPEN")

    # Closed too long ago itself, it has a follow-up of its own, and the first ticket's messages go there.
    await close_since(helpdesk, follow_up, timedelta(days=31))
    next_one = await ticket_of(helpdesk.customer, await write(helpdesk.customer, ticket))
    assert next_one["number"] == 3
    assert (await seen(helpdesk.customer, next_one))["followUpOf"] == {"id": follow_up["id"], "number": 2}
    assert (await ticket_of(helpdesk.customer, await write(helpdesk.customer, ticket)))["id"] == next_one["id"]


async def test_messages_at_once_open_one_follow_up(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await close_since(helpdesk, ticket, timedelta(days=31))

    messages = await asyncio.gather(*(write(helpdesk.customer, ticket) for _ in range(5)))

    assert {(await ticket_of(helpdesk.customer, message))["number"] for message in messages} == {2}


@pytest.mark.parametrize(
    ("window", "closed_for", "allowed"),
    [
        (30, timedelta(days=29), ["OPEN"]),
        (30, timedelta(days=31), []),
        (0, timedelta(seconds=1), []),
        (None, timedelta(days=4000), ["OPEN"]),
    ],
)
async def test_a_customer_is_told_open_only_where_it_can_be(
    a_helpdesk: Make, window: int | None, closed_for: timedelta, allowed: list[str]
) -> None:
    helpdesk = await a_helpdesk()
    ticket, other = await helpdesk.ticket(), await helpdesk.ticket()
    await reopen_window(helpdesk, window)
    await close_since(helpdesk, ticket, closed_for)
    shown = "{ tickets(orderBy: {field: NUMBER, direction: ASC}) { nodes { id allowedTransitions } } }"

    assert (await helpdesk.customer.query(shown))["tickets"]["nodes"] == [
        {"id": ticket["id"], "allowedTransitions": allowed},
        {"id": other["id"], "allowedTransitions": ["RESOLVED"]},
    ]
    assert (await helpdesk.agent.query(shown))["tickets"]["nodes"][0]["allowedTransitions"] == ["OPEN"]
    result = await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])
    assert isinstance(result, Problem) is (allowed == [])


async def _email(helpdesk: Helpdesk) -> str:
    return str((await helpdesk.customer.query("{ viewer { user { email } } }"))["viewer"]["user"]["email"])


@pytest.mark.parametrize(
    ("window", "closed_for", "reopens"),
    [
        (30, timedelta(days=29, hours=23), True),
        (30, timedelta(days=30), False),
        (2, timedelta(days=3), False),
        (0, timedelta(), False),
        (None, timedelta(days=4000), True),
    ],
)
async def test_the_organization_says_for_how_long_tickets_come_back(
    a_helpdesk: Make, window: int | None, closed_for: timedelta, reopens: bool
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await close_since(helpdesk, ticket, closed_for)
    await reopen_window(helpdesk, window)

    message = await write(helpdesk.customer, ticket)

    written_on = await ticket_of(helpdesk.customer, message)
    assert (written_on["id"] == ticket["id"]) is reopens
    assert (await seen(helpdesk.customer, ticket))["status"] == ("OPEN" if reopens else "CLOSED")


async def test_a_resolved_ticket_comes_back_however_old(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET resolved_at = resolved_at - interval '400 days' WHERE id = $1",
        decode("tkt", ticket["id"]),
    )

    await write(helpdesk.customer, ticket)

    assert (await seen(helpdesk.customer, ticket))["status"] == "OPEN"


@pytest.mark.parametrize("extra", [{"internal": True}, {"then_status": "RESOLVED"}])
async def test_customers_write_no_notes_and_set_no_status(a_helpdesk: Make, extra: dict[str, Any]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await write(helpdesk.customer, ticket, **extra)

    assert result == Problem("NOT_ALLOWED", "Internal notes and the status are set by agents.")
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]
