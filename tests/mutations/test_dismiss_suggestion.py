"""dismissSuggestion"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.drafts import record, suggestion
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


@pytest.mark.parametrize(("reason", "kept"), [(" Wrong product. ", "Wrong product."), (None, None), ("", None)])
async def test_a_draft_is_put_aside(a_helpdesk: Make, reason: str | None, kept: str | None) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)

    result = await helpdesk.agent.dismiss_suggestion(suggestion_id=draft, reason=reason)

    assert (result["status"], result["reason"], result["sentBody"]) == ("DISMISSED", kept, None)
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    assert (await suggestion(helpdesk.agent, draft))["decidedBy"] == {"id": agent}
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "SuggestionReady", "SuggestionDecided"]
    shown = await helpdesk.agent.query("query($id: ID!) { ticket(id: $id) { status version } }", id=ticket["id"])
    assert shown["ticket"] == {"status": "OPEN", "version": 1}


async def test_a_dismissed_draft_can_not_be_sent(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)
    await helpdesk.agent.dismiss_suggestion(suggestion_id=draft)

    results = [
        await helpdesk.agent.accept_suggestion(suggestion_id=draft),
        await helpdesk.agent.edit_suggestion(suggestion_id=draft, body="Hold it."),
        await helpdesk.agent.dismiss_suggestion(suggestion_id=draft, reason="Again"),
    ]

    assert results == [Problem("ALREADY_DECIDED", "This draft was dismissed before.")] * 3
    assert (await helpdesk.events(ticket))[-1] == "SuggestionDecided"


async def test_a_reason_is_a_sentence_or_two(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    result = await helpdesk.agent.dismiss_suggestion(suggestion_id=draft, reason="r" * 1_001)

    assert result == Problem("INVALID_INPUT", "This has 1,001 characters; at most 1,000 are kept.", ("reason",))
    assert (await suggestion(helpdesk.agent, draft))["status"] == "PENDING"


async def test_there_is_nothing_to_dismiss_before_the_draft_is_there(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    result = await helpdesk.agent.dismiss_suggestion(suggestion_id=asked["id"])

    sentence = "There is no draft yet: wait for it, or ask for another."
    assert result == Problem("INVALID_INPUT", sentence, ("suggestionId",))


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    result = await getattr(helpdesk, role).dismiss_suggestion(suggestion_id=draft)

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: dismiss suggestion.")
