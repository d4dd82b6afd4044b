"""expectedVersion: of those who have read the same, one writes; the others are told, and write nothing"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from tests.access.calls import arguments, ask, code_of, prepare, put
from tests.access.documents import ROOTS
from tests.access.things import things_of
from tests.access.traces import traces
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

AT_ONCE = 6
# Where an operation's version stands, of which row, and what the refusal calls that row.
VERSIONED = {
    "updateTicket": (("input", "expectedVersion"), "tkt", "ticket"),
    "assignTicket": (("expectedVersion",), "tkt", "ticket"),
    "changeTicketStatus": (("expectedVersion",), "tkt", "ticket"),
    "resolveTicket": (("expectedVersion",), "tkt", "ticket"),
    "closeTicket": (("expectedVersion",), "tkt", "ticket"),
    "reopenTicket": (("expectedVersion",), "tkt", "ticket"),
    "updateSupportSettings": (("input", "expectedVersion"), "", "list of settings"),
    "updateCannedResponse": (("input", "expectedVersion"), "can", "canned response"),
    "updateArticle": (("input", "expectedVersion"), "art", "article"),
    "updateSavedView": (("input", "expectedVersion"), "view", "view"),
    "updateSlaPolicy": (("input", "expectedVersion"), "sla", "policy"),
    "updateBusinessCalendar": (("input", "expectedVersion"), "cal", "calendar"),
}
VERSION = """query($id: ID!) { node(id: $id) { ... on Ticket { version } ... on CannedResponse { version }
  ... on Article { version } ... on SavedView { version }
  ... on SlaPolicy { version } ... on BusinessCalendar { version } } }"""


def takes_a_version(name: str) -> bool:
    """Whether a mutation has the argument, at the top or in its input."""
    declared = ROOTS["mutation"].fields[name].args
    kinds = [get_named_type(each.type) for each in declared.values()]
    inner = [field for kind in kinds if isinstance(kind, GraphQLInputObjectType) for field in kind.fields]
    return "expectedVersion" in {*declared, *inner}


def test_every_operation_that_takes_one_is_tried() -> None:
    assert {name for name in ROOTS["mutation"].fields if takes_a_version(name)} == set(VERSIONED)


async def version_of(helpdesk: Helpdesk, row_id: str) -> int:
    """The row's version; the settings' where there is no id."""
    if not row_id:
        found = await helpdesk.admin.query("{ supportSettings { version } }")
        return int(found["supportSettings"]["version"])
    return int((await helpdesk.agent.query(VERSION, id=row_id))["node"]["version"])


async def given(helpdesk: Helpdesk, name: str) -> tuple[dict[str, Any], str]:
    """Arguments with which the operation changes something, and the row that it changes."""
    things = await things_of(helpdesk)
    await prepare(helpdesk, name, things)
    return arguments(name, things), things.get(VERSIONED[name][1], "")


@pytest.mark.parametrize("name", VERSIONED)
async def test_of_many_with_the_same_version_one_writes(a_helpdesk: Make, name: str) -> None:
    helpdesk = await a_helpdesk()
    path, _, noun = VERSIONED[name]
    called, row_id = await given(helpdesk, name)
    read = await version_of(helpdesk, row_id)

    asked = put(called, path, read)
    answers = await asyncio.gather(*(ask(helpdesk.admin, name, asked) for _ in range(AT_ONCE)))

    refused = [each["data"][name] for each in answers if code_of(name, each)]
    assert len(refused) == AT_ONCE - 1
    message = f"The {noun} has changed: you read version {read}, it is at {read + 1}. Read it again."
    assert {(each["Problem_code"], each["Problem_message"]) for each in refused} == {("CONFLICT", message)}
    assert await version_of(helpdesk, row_id) == read + 1


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("name", VERSIONED)
async def test_another_version_writes_nothing(a_helpdesk: Make, name: str, off: int) -> None:
    helpdesk = await a_helpdesk()
    called, row_id = await given(helpdesk, name)
    read = await version_of(helpdesk, row_id)
    before = await traces(helpdesk.world.database, helpdesk.world.id)

    answer = await ask(helpdesk.admin, name, put(called, VERSIONED[name][0], read + off))

    assert code_of(name, answer) == "CONFLICT"
    assert await traces(helpdesk.world.database, helpdesk.world.id) == before
