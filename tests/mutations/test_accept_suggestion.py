"""acceptSuggestion"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.drafts import DRAFT, record, requested, suggestion
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

NO_DRAFT = Problem("INVALID_INPUT", "There is no draft yet: wait for it, or ask for another.", ("suggestionId",))
MESSAGE = """query($id: ID!) { node(id: $id) { ... on Message {
  body authorKind author { id } suggestion { id } ticket { status firstRespondedAt lastMessage { id } } } } }"""


async def test_the_draft_is_sent_as_it_is(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)

    sent = await helpdesk.agent.accept_suggestion(suggestion_id=draft)

    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    assert (await helpdesk.agent.query(MESSAGE, id=sent["id"]))["node"] == {
        "body": DRAFT.text,
        "authorKind": "AGENT",
        "author": {"id": agent},
        "suggestion": {"id": draft},
        "ticket": {"status": "IN_PROGRESS", "firstRespondedAt": sent["createdAt"], "lastMessage": {"id": sent["id"]}},
    }
    decided = await suggestion(helpdesk.agent, draft)
    assert (decided["status"], decided["sentBody"], decided["editDistance"]) == ("ACCEPTED", DRAFT.text, 0)
    assert (decided["decidedBy"], decided["decidedAt"]) == ({"id": agent}, sent["createdAt"])
    assert (await helpdesk.events(ticket))[-3:] == ["MessageAdded", "TicketStatusChanged", "SuggestionDecided"]


async def test_the_customer_sees_an_agents_message_and_no_draft(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    sent = await helpdesk.agent.accept_suggestion(suggestion_id=await record(helpdesk.world, ticket))

    shown = (await helpdesk.customer.query(MESSAGE, id=sent["id"]))["node"]
    assert (shown["body"], shown["authorKind"], shown["suggestion"]) == (DRAFT.text, "AGENT", None)


async def test_a_draft_is_decided_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)

    results = await asyncio.gather(
        helpdesk.agent.accept_suggestion(suggestion_id=draft), helpdesk.admin.accept_suggestion(suggestion_id=draft)
    )

    assert [each for each in results if isinstance(each, Problem)] == [
        Problem("ALREADY_DECIDED", "This draft was accepted before.")
    ]
    assert (await helpdesk.events(ticket)).count("MessageAdded") == 2


async def test_a_draft_that_is_still_being_written_can_not_be_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    assert await helpdesk.agent.accept_suggestion(suggestion_id=asked["id"]) == NO_DRAFT
    await record(helpdesk.world, ticket, event_id=await requested(helpdesk, ticket))
    assert (await helpdesk.agent.accept_suggestion(suggestion_id=asked["id"]))["body"] == DRAFT.text


async def test_a_draft_that_came_to_nothing_can_not_be_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])
    await record(helpdesk.world, ticket, None, await requested(helpdesk, ticket))

    assert await helpdesk.agent.accept_suggestion(suggestion_id=asked["id"]) == NO_DRAFT
    assert (await helpdesk.events(ticket)).count("MessageAdded") == 1


async def test_a_draft_for_a_closed_ticket_may_still_be_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])

    sent = await helpdesk.agent.accept_suggestion(suggestion_id=draft)

    shown = await helpdesk.agent.query(MESSAGE, id=sent["id"])
    assert shown["node"]["ticket"]["status"] == "CLOSED"


@pytest.mark.parametrize("unknown", ["sug_" + "0" * 32, "msg_" + "0" * 32, ""])
async def test_an_unknown_draft_is_not_found(a_helpdesk: Make, unknown: str) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.agent.accept_suggestion(suggestion_id=unknown)

    assert result == Problem("NOT_FOUND", "There is no such suggestion.")


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    result = await getattr(helpdesk, role).accept_suggestion(suggestion_id=draft)

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: accept suggestion.")
