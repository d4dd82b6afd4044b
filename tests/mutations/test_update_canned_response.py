"""updateCannedResponse: written anew, a version at a time"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_canned_response, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_what_is_left_out_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk, folder="Greetings")

    changed = await helpdesk.admin.update_canned_response(
        input={"canned_response_id": made["id"], "expected_version": 1, "body": "Hello {{agent.name}}."}
    )

    assert changed == {
        **made,
        "body": "Hello {{agent.name}}.",
        "version": 2,
        "updatedAt": changed["updatedAt"],
    }
    assert changed["updatedAt"] > made["updatedAt"]
    assert (await changes_of(helpdesk, "CannedResponseChanged"))[1:] == [("canned_response_id", made["id"], "updated")]


async def test_null_takes_it_out_of_its_folder(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk, folder="Greetings")

    changed = await helpdesk.agent.update_canned_response(input={"canned_response_id": made["id"], "folder": None})

    assert (changed["folder"], changed["title"], changed["version"]) == (None, made["title"], 2)


async def test_what_changes_nothing_is_no_event(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)

    same = await helpdesk.agent.update_canned_response(
        input={"canned_response_id": made["id"], "title": made["title"], "shortcut": made["shortcut"].upper()}
    )

    assert same == made
    assert len(await changes_of(helpdesk, "CannedResponseChanged")) == 1


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)
    stale = {"canned_response_id": made["id"], "expected_version": 1}

    results = await asyncio.gather(
        *(helpdesk.agent.update_canned_response(input={**stale, "title": title}) for title in ("One", "Another"))
    )

    sentence = "The canned response has changed: you read version 1, it is at 2. Read it again."
    assert [each for each in results if isinstance(each, Problem)] == [Problem("CONFLICT", sentence)]
    assert len(await changes_of(helpdesk, "CannedResponseChanged")) == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", " ", "This can't be empty."),
        ("shortcut", "a/b", "A shortcut is made of letters, digits and - _ . only."),
        ("folder", "x" * 101, "This has 101 characters; at most 100 are kept."),
    ],
)
async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make, field: str, value: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)

    result = await helpdesk.agent.update_canned_response(input={"canned_response_id": made["id"], field: value})

    assert result == Problem("INVALID_INPUT", sentence, (field,))
    assert len(await changes_of(helpdesk, "CannedResponseChanged")) == 1


async def test_an_unknown_variable_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)

    result = await helpdesk.agent.update_canned_response(
        input={"canned_response_id": made["id"], "body": "Hi {{customer}}."}
    )

    assert (result.code, result.path) == ("INVALID_INPUT", ("body",))
    assert result.message.startswith("There is no variable {{customer}}. There are: {{ticket.number}}, ")


async def test_a_shortcut_of_another_is_taken(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made, other = await a_canned_response(helpdesk), await a_canned_response(helpdesk, shortcut="other")

    result = await helpdesk.agent.update_canned_response(
        input={"canned_response_id": made["id"], "shortcut": other["shortcut"]}
    )

    assert result == Problem("CONFLICT", "The shortcut 'other' is another canned response's.", ("shortcut",))


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await a_canned_response(other)

    for canned_response_id in (theirs["id"], encode("can", new_id())):
        result = await helpdesk.agent.update_canned_response(
            input={"canned_response_id": canned_response_id, "title": "Ours"}
        )
        assert result == Problem("NOT_FOUND", "There is no such canned response.")
    assert len(await changes_of(other, "CannedResponseChanged")) == 1


async def test_they_are_for_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)

    for by in (helpdesk.customer, helpdesk.analyst):
        result = await by.update_canned_response(input={"canned_response_id": made["id"], "title": "Mine"})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: update canned response.")
