"""createCannedResponse: an answer kept for all agents, its variables known"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Problem
from tests.mutations.content import changes_of, facts_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

HELLO = {"title": "Say hello", "shortcut": "hello", "body": "Hello {{requester.name}}."}
KNOWN = (
    "{{ticket.number}}, {{ticket.subject}}, {{ticket.status}}, {{ticket.category}}, {{requester.name}},"
    " {{requester.email}}, {{agent.name}}, {{organization.name}}"
)


async def test_it_is_kept_as_it_was_written(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await helpdesk.agent.create_canned_response(
        input={
            "title": " Say  hello ",
            "shortcut": "HEL-lo_1.a",
            "body": " Hello {{ requester.name }},\n\nthis is {{agent.name}}. ",
            "folder": " Greetings ",
        }
    )

    assert (made["title"], made["shortcut"], made["folder"]) == ("Say hello", "hel-lo_1.a", "Greetings")
    assert made["body"] == "Hello {{ requester.name }},\n\nthis is {{agent.name}}."
    assert (made["usageCount"], made["lastUsedAt"], made["version"]) == (0, None, 1)
    assert made["createdAt"] == made["updatedAt"]
    assert await changes_of(helpdesk, "CannedResponseChanged") == [("canned_response_id", made["id"], "created")]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"title": ""}, Problem("INVALID_INPUT", "This can't be empty.", ("title",))),
        (
            {"title": "x" * 201},
            Problem("INVALID_INPUT", "This has 201 characters; at most 200 are kept.", ("title",)),
        ),
        ({"shortcut": " "}, Problem("INVALID_INPUT", "This can't be empty.", ("shortcut",))),
        (
            {"shortcut": "x" * 51},
            Problem("INVALID_INPUT", "This has 51 characters; at most 50 are kept.", ("shortcut",)),
        ),
        (
            {"shortcut": "two words"},
            Problem("INVALID_INPUT", "A shortcut is made of letters, digits and - _ . only.", ("shortcut",)),
        ),
        ({"body": "\n"}, Problem("INVALID_INPUT", "This can't be empty.", ("body",))),
        (
            {"body": "x" * 50_001},
            Problem("INVALID_INPUT", "This has 50,001 characters; at most 50,000 are kept.", ("body",)),
        ),
        (
            {"folder": "x" * 101},
            Problem("INVALID_INPUT", "This has 101 characters; at most 100 are kept.", ("folder",)),
        ),
        (
            {"body": "Hello {{name}}, {{requester.name}}, {{ Agent.name }} and {{name}}."},
            Problem(
                "INVALID_INPUT",
                f"There is no variable {{{{name}}}}, {{{{Agent.name}}}}. There are: {KNOWN}.",
                ("body",),
            ),
        ),
        (
            {"body": "Hello {{}}."},
            Problem("INVALID_INPUT", f"There is no variable {{{{}}}}. There are: {KNOWN}.", ("body",)),
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make, given: dict[str, Any], problem: Problem) -> None:
    helpdesk = await a_helpdesk()

    assert await helpdesk.agent.create_canned_response(input={**HELLO, **given}) == problem

    assert await changes_of(helpdesk, "CannedResponseChanged") == []
    assert not isinstance(await helpdesk.agent.create_canned_response(input=HELLO), Problem)


async def test_braces_may_be_plain_text(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    body = r"Write \{{name}} or { {x} } in the template."

    made = await helpdesk.agent.create_canned_response(input={**HELLO, "body": body})

    assert made["body"] == body


async def test_a_shortcut_is_ones_own_whatever_its_case(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await helpdesk.agent.create_canned_response(input=HELLO)

    refused = await helpdesk.admin.create_canned_response(input={**HELLO, "shortcut": "HELLO"})

    assert refused == Problem("CONFLICT", "The shortcut 'hello' is another canned response's.", ("shortcut",))
    assert len(await changes_of(helpdesk, "CannedResponseChanged")) == 1
    assert not isinstance(await other.agent.create_canned_response(input=HELLO), Problem)


async def test_of_two_with_one_shortcut_written_at_once_one_is_kept(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    results = await asyncio.gather(*(helpdesk.agent.create_canned_response(input=HELLO) for _ in range(4)))

    assert [each.code for each in results if isinstance(each, Problem)] == ["CONFLICT"] * 3
    assert await facts_of(helpdesk) == ["CannedResponseChanged"]


async def test_they_are_for_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    refused = Problem("NOT_ALLOWED", "Your role does not include this: create canned response.")

    for by in (helpdesk.customer, helpdesk.analyst):
        assert await by.create_canned_response(input=HELLO) == refused
    assert await facts_of(helpdesk) == []
