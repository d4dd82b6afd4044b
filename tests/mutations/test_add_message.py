"""addMessage"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from tests.client import Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

# Everything of a ticket and its thread that a customer may ask for and a message could move.
SEEN = """query($id: ID!) { ticket(id: $id) {
  version updatedAt status messageCount firstRespondedAt reopenCount closedAt resolvedAt
  lastMessage { id } messages { totalCount nodes { id body internal authorKind } } followUpOf { id number } } }"""
TICKET_OF = "query($id: ID!) { node(id: $id) { ... on Message { ticket { id number subject priority status } } } }"


async def seen(by: Any, ticket: Any) -> Any:
    """A ticket as somebody sees it."""
    return (await by.query(SEEN, id=ticket["id"]))["ticket"]


async def write(by: Any, ticket: Any, **given: Any) -> Any:
    """The result of addMessage."""
    return await by.add_message(input={"ticket_id": ticket["id"], "body": "Hello.", **given})


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


# --- agents


@pytest.mark.parametrize("status", ["OPEN", "PENDING"])
async def test_a_reply_is_a_first_response_and_takes_the_ticket_in_hand(a_helpdesk: Make, status: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    if status != "OPEN":
        await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)
    before = await seen(helpdesk.customer, ticket)

    message = await write(helpdesk.agent, ticket, body=" Try **this**. ")

    assert (message["body"], message["authorKind"], message["internal"]) == ("Try **this**.", "AGENT", False)
    after = await seen(helpdesk.customer, ticket)
    assert after["firstRespondedAt"] == message["createdAt"] == after["updatedAt"]
    assert (after["status"], after["version"]) == ("IN_PROGRESS", before["version"] + 1)
    assert (after["messageCount"], after["lastMessage"]) == (2, {"id": message["id"]})
    assert (await helpdesk.events(ticket))[-2:] == ["MessageAdded", "TicketStatusChanged"]


async def test_a_second_reply_leaves_the_first_response_as_it_was(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    first = await write(helpdesk.agent, ticket)

    second = await write(helpdesk.admin, ticket)

    after = await seen(helpdesk.agent, ticket)
    assert after["firstRespondedAt"] == first["createdAt"] < second["createdAt"]
    assert (await helpdesk.events(ticket))[-1] == "MessageAdded"


@pytest.mark.parametrize("status", ["IN_PROGRESS", "WAITING_ON_CUSTOMER", "RESOLVED", "CLOSED"])
async def test_a_reply_leaves_every_other_status_alone(a_helpdesk: Make, status: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)

    await write(helpdesk.agent, ticket)

    assert (await seen(helpdesk.agent, ticket))["status"] == status
    assert (await helpdesk.events(ticket))[-1] == "MessageAdded"


async def test_a_note_moves_nothing_that_the_customer_sees(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    unmoved, before = await seen(helpdesk.customer, ticket), await seen(helpdesk.agent, ticket)

    note = await write(helpdesk.agent, ticket, body="They always say that.", internal=True)

    assert (note["internal"], note["authorKind"]) == (True, "AGENT")
    assert await seen(helpdesk.customer, ticket) == unmoved
    after = await seen(helpdesk.agent, ticket)
    assert after["version"] == before["version"] + 1
    assert after["updatedAt"] == note["createdAt"]
    assert (after["messageCount"], after["lastMessage"]) == (2, {"id": note["id"]})
    assert (after["status"], after["firstRespondedAt"]) == ("OPEN", None)
    assert (await helpdesk.customer.query(TICKET_OF, id=note["id"]))["node"] is None
    # What a customer read before the note is still what they may act on.
    assert (await helpdesk.customer.resolve_ticket(ticket_id=ticket["id"], expected_version=unmoved["version"]))[
        "status"
    ] == "RESOLVED"


@pytest.mark.parametrize(
    ("then", "facts"),
    [
        ("WAITING_ON_CUSTOMER", ["TicketStatusChanged", "TicketStatusChanged"]),
        ("RESOLVED", ["TicketStatusChanged", "TicketResolved"]),
        ("CLOSED", ["TicketStatusChanged", "TicketClosed"]),
        # The reply alone takes it there.
        ("IN_PROGRESS", ["TicketStatusChanged"]),
    ],
)
async def test_then_status_moves_the_ticket_in_the_same_step(a_helpdesk: Make, then: str, facts: list[str]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    message = await write(helpdesk.agent, ticket, then_status=then)

    after = await seen(helpdesk.agent, ticket)
    assert (after["status"], after["version"]) == (then, ticket["version"] + 1)
    assert after["updatedAt"] == message["createdAt"]
    assert (await helpdesk.events(ticket))[2:] == ["MessageAdded", *facts]


async def test_a_waiting_ticket_may_be_told_to_wait_on(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await write(helpdesk.agent, ticket, then_status="WAITING_ON_CUSTOMER")

    await write(helpdesk.agent, ticket, body="One more thing.", then_status="WAITING_ON_CUSTOMER")

    after = await seen(helpdesk.agent, ticket)
    assert (after["status"], after["messageCount"]) == ("WAITING_ON_CUSTOMER", 3)
    assert (await helpdesk.events(ticket))[-1] == "MessageAdded"


async def test_a_note_may_say_what_comes_next(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    await write(helpdesk.agent, ticket, internal=True, then_status="PENDING")

    after = await seen(helpdesk.customer, ticket)
    assert (after["status"], after["messageCount"], after["version"]) == ("PENDING", 1, 2)
    assert (await helpdesk.events(ticket))[2:] == ["MessageAdded", "TicketStatusChanged"]


async def test_a_message_is_not_sent_where_its_status_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    before = await seen(helpdesk.agent, ticket)

    result = await write(helpdesk.agent, ticket, then_status="OPEN")

    assert result == Problem(
        "TRANSITION_NOT_ALLOWED",
        "A ticket that is in progress can't become open; it can become pending, waiting on customer, resolved, closed.",
    )
    assert await seen(helpdesk.agent, ticket) == before
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


# --- customers


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

    follow_up = (await helpdesk.customer.query(TICKET_OF, id=message["id"]))["node"]["ticket"]
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

    written_on = (await helpdesk.customer.query(TICKET_OF, id=message["id"]))["node"]["ticket"]
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


# --- two at once, and refusals


async def test_an_answer_to_what_is_not_the_newest_message_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = (await seen(helpdesk.agent, ticket))["lastMessage"]["id"]
    newest = await write(helpdesk.customer, ticket, body="Wait, it works.")

    result = await write(helpdesk.agent, ticket, expected_last_message_id=read)

    sentence = "Somebody wrote on this ticket after the message that you answer. Read the thread again."
    assert result == Problem("CONFLICT", sentence)
    assert (await seen(helpdesk.agent, ticket))["messageCount"] == 2
    assert not isinstance(await write(helpdesk.agent, ticket, expected_last_message_id=newest["id"]), Problem)


async def test_a_note_does_not_stand_between_a_customer_and_the_newest_message(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = (await seen(helpdesk.customer, ticket))["lastMessage"]["id"]
    await write(helpdesk.agent, ticket, internal=True)

    message = await write(helpdesk.customer, ticket, expected_last_message_id=read)

    assert message["authorKind"] == "CUSTOMER"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (" \t\n", "This can't be empty."),
        ("b" * 50_001, "This has 50,001 characters; at most 50,000 are kept."),
    ],
)
async def test_what_is_too_long_or_empty_is_refused(a_helpdesk: Make, body: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await write(helpdesk.customer, ticket, body=body)

    assert result == Problem("INVALID_INPUT", sentence, ("body",))
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_another_customers_ticket_is_not_found(a_helpdesk: Make, client: Any) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    other = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    assert await write(other, ticket) == Problem("NOT_FOUND", "There is no such ticket.")


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await write(helpdesk.analyst, ticket)

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: add message.")
