"""addMessage from a draft: what acceptSuggestion and editSuggestion do, with the next status in the same step"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_canned_response
from tests.mutations.drafts import DRAFT, record, suggestion
from tests.mutations.thread import seen
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SENT_FROM = "query($id: ID!) { node(id: $id) { ... on Message { suggestion { id } } } }"


async def send(by: Any, ticket: Any, draft: str | None, **given: Any) -> Any:
    """The result of addMessage from a draft."""
    return await by.add_message(input={"ticket_id": ticket["id"], "suggestion_id": draft, **given})


@pytest.mark.parametrize(
    ("given", "status", "body"),
    [
        ({}, "ACCEPTED", DRAFT.text),
        ({"body": DRAFT.text}, "ACCEPTED", DRAFT.text),
        ({"body": "In my words."}, "EDITED", "In my words."),
    ],
)
async def test_it_is_decided_as_it_is_sent(a_helpdesk: Make, given: dict[str, str], status: str, body: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)

    message = await send(helpdesk.agent, ticket, draft, then_status="RESOLVED", **given)

    assert (message["body"], message["authorKind"]) == (body, "AGENT")
    assert (await helpdesk.agent.query(SENT_FROM, id=message["id"]))["node"]["suggestion"] == {"id": draft}
    decided = await suggestion(helpdesk.agent, draft)
    assert (decided["status"], decided["sentBody"], decided["decidedAt"]) == (status, body, message["createdAt"])
    assert (await seen(helpdesk.agent, ticket))["status"] == "RESOLVED"
    assert (await helpdesk.events(ticket))[3:] == [
        "MessageAdded",
        "TicketStatusChanged",
        "SuggestionDecided",
        "TicketResolved",
    ]


async def test_a_draft_is_sent_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)
    await send(helpdesk.agent, ticket, draft)

    assert await send(helpdesk.admin, ticket, draft) == Problem("ALREADY_DECIDED", "This draft was accepted before.")
    assert (await seen(helpdesk.agent, ticket))["messageCount"] == 2


async def test_a_draft_for_another_ticket_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket, another = await helpdesk.ticket(), await helpdesk.ticket()
    mine = await record(helpdesk.world, another)
    theirs = await record(other.world, await other.ticket())

    for draft in (mine, theirs, encode("sug", new_id()), "sug_nonsense"):
        result = await send(helpdesk.agent, ticket, draft)
        assert result == Problem("NOT_FOUND", "There is no such suggestion.", ("suggestionId",))
    assert (await suggestion(helpdesk.agent, mine))["status"] == "PENDING"
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_what_makes_no_sense_together_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, canned = await helpdesk.ticket(), await a_canned_response(helpdesk)
    draft = await record(helpdesk.world, ticket)

    both = await send(helpdesk.agent, ticket, draft, canned_response_id=canned["id"])
    note = await send(helpdesk.agent, ticket, draft, internal=True)
    customer = await send(helpdesk.customer, ticket, draft)

    sentence = "A message is sent from a canned response or from a draft, not from both."
    assert both == Problem("INVALID_INPUT", sentence, ("suggestionId",))
    assert note == Problem(
        "INVALID_INPUT", "A draft answers the customer: it can't be an internal note.", ("internal",)
    )
    assert customer == Problem("NOT_ALLOWED", "Canned responses and drafts are sent by agents.")
    assert (await suggestion(helpdesk.agent, draft))["status"] == "PENDING"
