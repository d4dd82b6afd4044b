"""addMessage: what agents write, and what is refused to all"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.actors import Role
from tests.client import Client, Problem
from tests.mutations.thread import seen, ticket_of, write
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


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
    assert await ticket_of(helpdesk.customer, note) is None
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


async def test_of_two_who_answer_the_same_message_one_is_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = (await seen(helpdesk.agent, ticket))["lastMessage"]["id"]

    results = await asyncio.gather(
        *(write(by, ticket, expected_last_message_id=read) for by in (helpdesk.agent, helpdesk.admin))
    )

    assert [each.code for each in results if isinstance(each, Problem)] == ["CONFLICT"]
    assert (await seen(helpdesk.agent, ticket))["messageCount"] == 2


async def test_messages_written_at_once_are_all_counted(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    await asyncio.gather(
        *(write(helpdesk.customer, ticket) for _ in range(4)),
        *(write(helpdesk.agent, ticket) for _ in range(4)),
        *(write(helpdesk.agent, ticket, internal=True) for _ in range(4)),
    )

    staff, customer = await seen(helpdesk.agent, ticket), await seen(helpdesk.customer, ticket)
    assert (staff["version"], staff["messageCount"], staff["messages"]["totalCount"]) == (13, 13, 13)
    assert (customer["version"], customer["messageCount"], customer["messages"]["totalCount"]) == (9, 9, 9)
    for shown in (staff, customer):
        assert shown["messages"]["nodes"][-1]["id"] == shown["lastMessage"]["id"]


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


async def test_another_customers_ticket_is_not_found(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    other = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    assert await write(other, ticket) == Problem("NOT_FOUND", "There is no such ticket.")


async def test_an_analyst_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await write(helpdesk.analyst, ticket)

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: add message.")
