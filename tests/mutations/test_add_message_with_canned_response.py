"""addMessage with a canned response: filled, named, counted once it is sent"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_canned_response
from tests.mutations.thread import seen
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

USED = "query($id: ID!) { node(id: $id) { ... on CannedResponse { usageCount lastUsedAt version updatedAt } } }"
SENT_WITH = "query($id: ID!) { node(id: $id) { ... on Message { body cannedResponse { id } } } }"


async def used(helpdesk: Helpdesk, canned: Any) -> Any:
    """What is known of a canned response's uses."""
    return (await helpdesk.agent.query(USED, id=canned["id"]))["node"]


async def uses(helpdesk: Helpdesk) -> list[tuple[str, str]]:
    """Who sent one on which ticket, oldest first."""
    rows = await helpdesk.world.database.fetch(
        "SELECT agent_id, ticket_id FROM support_canned_response_use WHERE organization_id = $1 ORDER BY used_at, id",
        helpdesk.world.id,
    )
    return [(encode("usr", row["agent_id"]), encode("tkt", row["ticket_id"])) for row in rows]


async def send(by: Any, ticket: Any, canned: Any, **given: Any) -> Any:
    """The result of addMessage with a canned response."""
    return await by.add_message(input={"ticket_id": ticket["id"], "canned_response_id": canned["id"], **given})


async def test_without_a_body_its_own_is_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    message = await send(helpdesk.agent, ticket, canned)

    assert (message["body"], message["authorKind"], message["internal"]) == ("Hello Customer.", "AGENT", False)
    for by, named in ((helpdesk.agent, {"id": canned["id"]}), (helpdesk.customer, None)):
        shown = (await by.query(SENT_WITH, id=message["id"]))["node"]
        assert shown == {"body": "Hello Customer.", "cannedResponse": named}
    assert await used(helpdesk, canned) == {
        "usageCount": 1,
        "lastUsedAt": message["createdAt"],
        "version": 1,
        "updatedAt": canned["updatedAt"],
    }
    assert await uses(helpdesk) == [(encode("usr", helpdesk.world.agent.user_id or new_id()), ticket["id"])]
    assert (await helpdesk.events(ticket))[2:] == ["MessageAdded", "TicketStatusChanged"]


async def test_a_given_body_is_filled_and_sent_in_its_stead(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    message = await send(
        helpdesk.agent,
        ticket,
        canned,
        body="Dear {{requester.name}}, {{ticket.number}} is done.",
        then_status="RESOLVED",
    )

    assert message["body"] == "Dear Customer, 1 is done."
    assert (await seen(helpdesk.agent, ticket))["status"] == "RESOLVED"
    assert (await used(helpdesk, canned))["usageCount"] == 1


async def test_a_note_counts_as_well(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    message = await send(helpdesk.agent, ticket, canned, internal=True)

    assert (message["body"], message["internal"]) == ("Hello Customer.", True)
    assert (await used(helpdesk, canned))["usageCount"] == 1
    assert await helpdesk.customer.query(SENT_WITH, id=message["id"]) == {"node": None}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi {{who}}.", "There is no variable {{who}}. There are: {{ticket.number}}, "),
        ("On {{ticket.category}}.", "This ticket has no value for {{ticket.category}}: write it yourself."),
        (" ", "This can't be empty."),
    ],
)
async def test_what_can_not_be_filled_is_not_sent_and_not_counted(a_helpdesk: Make, body: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    result = await send(helpdesk.agent, ticket, canned, body=body)

    assert (result.code, result.path) == ("INVALID_INPUT", ("body",))
    assert result.message.startswith(sentence)
    assert (await used(helpdesk, canned))["usageCount"] == 0
    assert await uses(helpdesk) == []
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_what_grows_too_long_when_it_is_filled_is_not_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket(subject="x" * 300)
    canned = await a_canned_response(helpdesk, body="{{ticket.subject}}" * 200)

    result = await send(helpdesk.agent, ticket, canned)

    assert result == Problem("INVALID_INPUT", "This has 60,000 characters; at most 50,000 are kept.", ("body",))
    assert (await used(helpdesk, canned))["usageCount"] == 0


async def test_a_message_that_is_refused_is_no_use(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    result = await send(helpdesk.agent, ticket, canned, then_status="OPEN")

    assert result.code == "TRANSITION_NOT_ALLOWED"
    assert (await used(helpdesk, canned))["usageCount"] == 0


async def test_many_agents_who_send_one_at_once_are_all_counted(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    canned = await a_canned_response(helpdesk)
    tickets = [await helpdesk.ticket() for _ in range(4)]

    results = await asyncio.gather(
        *(send(by, ticket, canned) for ticket in tickets for by in (helpdesk.agent, helpdesk.admin)),
        *(
            helpdesk.admin.update_canned_response(input={"canned_response_id": canned["id"], "title": f"Title {n}"})
            for n in range(4)
        ),
    )

    assert not any(isinstance(each, Problem) for each in results)
    assert ((await used(helpdesk, canned))["usageCount"], len(await uses(helpdesk))) == (8, 8)
    assert (await used(helpdesk, canned))["version"] == 5


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket, theirs = await helpdesk.ticket(), await a_canned_response(other)

    for canned_response_id in (theirs["id"], encode("can", new_id()), "can_nonsense"):
        result = await send(helpdesk.agent, ticket, {"id": canned_response_id})
        assert result == Problem("NOT_FOUND", "There is no such canned response.", ("cannedResponseId",))
    assert (await used(other, theirs))["usageCount"] == 0
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_customers_send_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)

    result = await send(helpdesk.customer, ticket, canned, body="Hello.")

    assert result == Problem("NOT_ALLOWED", "Canned responses and drafts are sent by agents.")
    assert await uses(helpdesk) == []


async def test_without_either_a_message_needs_a_body(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    for by in (helpdesk.agent, helpdesk.customer):
        result = await by.add_message(input={"ticket_id": ticket["id"]})
        assert result == Problem("INVALID_INPUT", "This can't be empty.", ("body",))
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]
