"""addMessage with expectedLastMessageId: who answers what is not the newest message is shown what they missed"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from graphql_api.requests import GraphQLRequest
from models.fields import new_id
from tests.client import Client, Problem
from tests.mutations.thread import seen, write
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SENTENCE = "Somebody wrote on this ticket after the message that you answer. Read the thread again."
ADD = """mutation($input: AddMessageInput!) { addMessage(input: $input) {
  ... on Message { id }
  ... on Problem { code missed { id body internal authorKind author { name } ticket { number } } path } } }"""


async def answer(by: Client, ticket: Any, expected: str, **given: Any) -> Any:
    """What addMessage says to an answer to a message."""
    input = {"ticketId": ticket["id"], "body": "Hello.", "expectedLastMessageId": expected, **given}
    return (await by.query(ADD, input=input))["addMessage"]


async def last_read(by: Client, ticket: Any) -> str:
    """The newest message that somebody sees."""
    newest: str = (await seen(by, ticket))["lastMessage"]["id"]
    return newest


async def test_the_answer_brings_what_was_missed_oldest_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)
    first = await write(helpdesk.customer, ticket, body="Wait, it works.")
    second = await write(helpdesk.admin, ticket, body="Great!")

    result = await answer(helpdesk.agent, ticket, read)

    number = {"number": ticket["number"]}
    common = {"internal": False, "ticket": number}
    assert result == {
        "code": "CONFLICT",
        "missed": [
            {"id": first["id"], "body": "Wait, it works.", "authorKind": "CUSTOMER", "author": {"name": "Customer"}}
            | common,
            {"id": second["id"], "body": "Great!", "authorKind": "AGENT", "author": {"name": "Admin"}} | common,
        ],
        "path": [],
    }
    assert (await seen(helpdesk.agent, ticket))["messageCount"] == 3
    # Whoever has read that answers what is newest now.
    assert "id" in await answer(helpdesk.agent, ticket, result["missed"][-1]["id"])


async def test_a_note_is_missed_by_an_agent_and_is_nothing_to_a_customer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)
    note = await write(helpdesk.admin, ticket, body="I am on it.", internal=True)

    missed = (await answer(helpdesk.agent, ticket, read))["missed"]

    assert [(each["id"], each["internal"]) for each in missed] == [(note["id"], True)]
    assert "id" in await answer(helpdesk.customer, ticket, read)


async def test_a_customer_who_missed_a_reply_is_not_shown_the_notes_around_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.customer, ticket)
    await write(helpdesk.agent, ticket, internal=True)
    reply = await write(helpdesk.agent, ticket, body="Press the button.")
    note = await write(helpdesk.agent, ticket, internal=True)

    result = await answer(helpdesk.customer, ticket, read)

    assert [each["id"] for each in result["missed"]] == [reply["id"]]
    # A note's id tells a customer as much as one that was made up.
    assert await write(helpdesk.customer, ticket, expected_last_message_id=note["id"]) == NOT_FOUND
    assert await write(helpdesk.customer, ticket, expected_last_message_id=encode("msg", new_id())) == NOT_FOUND


NOT_FOUND = Problem("NOT_FOUND", "There is no such message.", ("expectedLastMessageId",))


async def test_a_message_of_another_ticket_is_none_of_this_one(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, other = await helpdesk.ticket(), await helpdesk.ticket()
    elsewhere = await last_read(helpdesk.agent, other)

    assert await write(helpdesk.agent, ticket, expected_last_message_id=elsewhere) == NOT_FOUND
    assert (await seen(helpdesk.agent, ticket))["messageCount"] == 1


async def test_of_many_the_newest_twenty_are_shown(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)
    written = [(await write(helpdesk.customer, ticket, body=f"{number}"))["id"] for number in range(21)]

    missed = (await answer(helpdesk.agent, ticket, read))["missed"]

    assert [each["id"] for each in missed] == written[1:]


async def test_of_several_who_answer_at_once_all_but_one_see_what_that_one_wrote(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)

    results = await asyncio.gather(
        *(answer(by, ticket, read) for by in (helpdesk.agent, helpdesk.admin, helpdesk.agent, helpdesk.admin))
    )

    (sent,) = [each["id"] for each in results if "id" in each]
    assert [[each["id"] for each in result["missed"]] for result in results if "missed" in result] == [[sent]] * 3


@pytest.mark.parametrize("keyed", [False, True])
async def test_both_executions_and_retries_say_the_same(a_helpdesk: Make, services: Services, keyed: bool) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)
    await write(helpdesk.customer, ticket)
    input = {"ticketId": ticket["id"], "body": "Hello.", "expectedLastMessageId": read}
    asked = ADD.replace("... on Problem {", "... on Problem { ids: missed { id } again: missed { id, body }")
    extensions = {"idempotencyKey": new_id().hex} if keyed else {}
    bodies = []
    for planned in (True, False):
        engine = Engine(helpdesk.world.database, services, planned=planned)
        request = GraphQLRequest(asked, None, {"input": input}, extensions)
        bodies.append((await (await engine.prepare(request, helpdesk.world.agent)).execute()).body)

    assert bodies[0] == bodies[1]
    assert b'"ids":[{' in bodies[0]


async def test_other_problems_missed_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    read = await last_read(helpdesk.agent, ticket)

    result = await answer(helpdesk.agent, ticket, read, body=" ")

    assert result == {"code": "INVALID_INPUT", "missed": [], "path": ["body"]}
