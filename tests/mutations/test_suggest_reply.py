"""suggestReply, and record_suggestion, which answers it"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.actors import Actor
from models.errors import NotAllowed
from models.fields import new_id
from rag.replies import SuggestedReply
from resolvers.suggestions import record_suggestion
from tests.client import Problem
from tests.mutations.drafts import DRAFT, cited, record, requested, suggestion
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SEEN = """query($id: ID!) { ticket(id: $id) {
  version updatedAt messageCount suggestions { totalCount nodes { id } edges { cursor } } } }"""


async def test_an_agent_asks_for_a_draft(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    assert (asked["status"], asked["body"], asked["decidedAt"]) == ("GENERATING", None, None)
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "SuggestionRequested"]


async def test_the_draft_fills_what_was_asked_for(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    recorded = await record(helpdesk.world, ticket, await cited(helpdesk.world), await requested(helpdesk, ticket))

    assert recorded == asked["id"]
    assert await suggestion(helpdesk.agent, recorded) == {
        "status": "PENDING",
        "body": "Hold the button for ten seconds.",
        "confidence": 0.75,
        "answerable": True,
        "model": "extractive",
        "decidedAt": None,
        "decidedBy": None,
        "sentBody": None,
        "editDistance": None,
        "reason": None,
        "ticket": {"id": ticket["id"]},
        "sources": [
            {
                "article": {"title": "Buttons"},
                "title": "Buttons",
                "heading": "Power > Off",
                "excerpt": "Hold the button.",
                "url": "https://help.example.com/buttons",
                "score": 0.9,
            },
            {
                "article": {"title": "Buttons"},
                "title": "Buttons",
                "heading": None,
                "excerpt": "Ten seconds will do.",
                "url": None,
                "score": 0.4,
            },
        ],
    }
    assert (await helpdesk.events(ticket))[-2:] == ["SuggestionRequested", "SuggestionReady"]


async def test_a_draft_for_an_event_is_recorded_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, event_id = await helpdesk.ticket(), new_id()
    again = SuggestedReply("Something else.", confidence=0.1, answerable=False, sources=(), model="other")

    recorded = await asyncio.gather(
        record(helpdesk.world, ticket, await cited(helpdesk.world), event_id),
        record(helpdesk.world, ticket, await cited(helpdesk.world), event_id),
    )
    later = await record(helpdesk.world, ticket, again, event_id)
    nothing = await record(helpdesk.world, ticket, None, event_id)

    assert {*recorded, later, nothing} == {recorded[0]}
    shown = await suggestion(helpdesk.agent, recorded[0])
    assert (shown["body"], len(shown["sources"])) == (DRAFT.text, 2)
    assert (await helpdesk.events(ticket)).count("SuggestionReady") == 1


@pytest.mark.parametrize(
    "drafted", [None, SuggestedReply(" \n", confidence=0, answerable=False, sources=(), model="extractive")]
)
async def test_where_there_is_no_answer_the_agent_hears_of_it(a_helpdesk: Make, drafted: SuggestedReply | None) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    await record(helpdesk.world, ticket, drafted, await requested(helpdesk, ticket))

    shown = await suggestion(helpdesk.agent, asked["id"])
    assert (shown["status"], shown["body"]) == ("FAILED", None)
    assert shown["reason"] == "The help centre has no answer to this."
    assert (await helpdesk.events(ticket))[-1] == "SuggestionReady"


async def test_without_an_answer_and_without_a_question_nothing_is_recorded(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    assert await record(helpdesk.world, ticket, None) is None
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_a_customer_sees_nothing_of_a_draft(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    unmoved = await helpdesk.customer.query(SEEN, id=ticket["id"])

    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])
    recorded = await record(helpdesk.world, ticket)

    assert await helpdesk.customer.query(SEEN, id=ticket["id"]) == unmoved
    assert unmoved["ticket"]["suggestions"] == {"totalCount": 0, "nodes": [], "edges": []}
    assert await suggestion(helpdesk.customer, recorded) is None
    staff = (await helpdesk.agent.query(SEEN, id=ticket["id"]))["ticket"]
    assert [each["id"] for each in staff["suggestions"]["nodes"]] == [recorded, asked["id"]]
    # A draft is no change of the ticket: nobody's version moves.
    assert (staff["version"], staff["updatedAt"]) == (ticket["version"], ticket["updatedAt"])


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await getattr(helpdesk, role).suggest_reply(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: suggest reply.")


async def test_only_the_ai_records_drafts(a_helpdesk: Make) -> None:
    world = (await a_helpdesk()).world
    for actor in (world.admin, world.agent, world.customer, Actor.system(world.database, world.id)):
        with pytest.raises(NotAllowed):
            await record_suggestion(actor, new_id(), DRAFT, new_id())
