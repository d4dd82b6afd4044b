"""editSuggestion"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.client import Problem
from tests.mutations.drafts import DRAFT, record, suggestion
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


@pytest.mark.parametrize(
    ("body", "status", "distance"),
    [
        ("Hold the button for twenty seconds.", "EDITED", 1 / 6),
        ("Hold the big button for ten seconds.", "EDITED", 1 / 7),
        ("No idea!", "EDITED", 1),
        ("Hold the button\nfor ten seconds.", "EDITED", 0),
        (f"  {DRAFT.text}\n", "ACCEPTED", 0),
    ],
)
async def test_the_agents_words_are_sent_and_how_far_they_are_from_the_drafts_is_kept(
    a_helpdesk: Make, body: str, status: str, distance: float
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)

    sent = await helpdesk.agent.edit_suggestion(suggestion_id=draft, body=body)

    assert (sent["body"], sent["authorKind"]) == (body.strip(), "AGENT")
    decided = await suggestion(helpdesk.agent, draft)
    assert (decided["status"], decided["body"], decided["sentBody"]) == (status, DRAFT.text, body.strip())
    assert decided["editDistance"] == pytest.approx(distance)
    assert decided["decidedAt"] == sent["createdAt"]
    assert (await helpdesk.events(ticket))[-3:] == ["MessageAdded", "TicketStatusChanged", "SuggestionDecided"]


async def test_the_longest_edit_takes_no_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    sent = await helpdesk.agent.edit_suggestion(suggestion_id=draft, body=("ab " * 17_000)[:50_000])

    assert sent["authorKind"] == "AGENT"
    assert (await suggestion(helpdesk.agent, draft))["editDistance"] == 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [("  ", "This can't be empty."), ("b" * 50_001, "This has 50,001 characters; at most 50,000 are kept.")],
)
async def test_what_is_too_long_or_empty_is_refused(a_helpdesk: Make, body: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    result = await helpdesk.agent.edit_suggestion(suggestion_id=draft, body=body)

    assert result == Problem("INVALID_INPUT", sentence, ("body",))
    assert (await suggestion(helpdesk.agent, draft))["status"] == "PENDING"


async def test_a_draft_is_decided_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    draft = await record(helpdesk.world, ticket)
    await helpdesk.agent.edit_suggestion(suggestion_id=draft, body="Hold it.")

    result = await helpdesk.admin.edit_suggestion(suggestion_id=draft, body="Press it.")

    assert result == Problem("ALREADY_DECIDED", "This draft was edited before.")
    assert (await suggestion(helpdesk.agent, draft))["sentBody"] == "Hold it."
    assert (await helpdesk.events(ticket)).count("SuggestionDecided") == 1


async def test_there_is_nothing_to_edit_before_the_draft_is_there(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    asked = await helpdesk.agent.suggest_reply(ticket_id=ticket["id"])

    result = await helpdesk.agent.edit_suggestion(suggestion_id=asked["id"], body="Hold it.")

    sentence = "There is no draft yet: wait for it, or ask for another."
    assert result == Problem("INVALID_INPUT", sentence, ("suggestionId",))
    assert (await helpdesk.events(ticket))[-1] == "SuggestionRequested"


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    draft = await record(helpdesk.world, await helpdesk.ticket())

    result = await getattr(helpdesk, role).edit_suggestion(suggestion_id=draft, body="Hold it.")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: edit suggestion.")
