"""Ids of others: every operation answers as if they did not exist, at the same cost, and nothing is written"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from graphql_api.context import Services
from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from resolvers.access import PERMITTED
from tests.access.calls import arguments, ask, code_of, places, prepare, put, takes_after
from tests.access.documents import root_fields
from tests.access.test_permitted import snake
from tests.access.things import Things, things_of
from tests.access.traces import traces
from tests.client import Client
from tests.queries.test_statements import Statements, counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

OPERATIONS = [name for name in root_fields() if any(places(name))]
AGAIN = 5


def test_every_operation_that_takes_ids_is_tried() -> None:
    reading = {
        "node",
        "nodes",
        "ticket",
        "tickets",
        "suggestions",
        "satisfactionRatings",
        "ticketEvents",
        "messageAdded",
        "presence",
        "suggestionProgress",
        "events",
        "eventsExport",
        "slaPolicyImpact",
        "businessCalendarImpact",
    }
    without = {
        "createCategory",
        "createBusinessCalendar",
        "createCannedResponse",
        "updateSupportSettings",
        "updatePreferences",
        "createArticle",
        "inviteMember",
        "createApiToken",
        "signIn",
        "signOut",
        "acceptInvitation",
    }
    assert set(OPERATIONS) == reading | {
        name for name, kind in root_fields().items() if kind == "mutation" and name not in without
    }
    assert (("input", "categoryId"), "cat") in list(places("createTicket"))
    assert (("filter", "assigneeId"), "usr") in list(places("tickets"))


async def without_id(by: Client, name: str, given: dict[str, Any], given_id: str) -> str:
    """The answer, with the id that was asked for blotted out."""
    return json.dumps(await ask(by, name, given)).replace(given_id, "ID")


@pytest.mark.parametrize("role", Role)
async def test_an_id_of_others_is_answered_like_one_of_nothing(
    a_helpdesk: Make, client: Callable[[str], Client], database_url: str, services: Services, role: Role
) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    world = helpdesk.world
    strangers = [await things_of(other)]
    if role is Role.CUSTOMER:
        strangers.append(await _of_a_neighbour(helpdesk, client))

    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        by = Client(http, world.token(role))
        for name in OPERATIONS:
            if role not in PERMITTED[snake(name)]:
                continue
            mine = await things_of(helpdesk, role=role)
            await prepare(helpdesk, name, mine)
            before = await traces(world.database, world.id, other.world.id)
            refusals = [
                await _refusal(by, statements, name, arguments(name, mine), path, prefix, strangers)
                for path, prefix in places(name)
            ]
            assert await traces(world.database, world.id, other.world.id) == before, name

            # The same calls with ids of one's own: what was refused was refused for the ids.
            for (path, prefix), refused in zip(places(name), refusals, strict=True):
                if (prefix, name) not in _HIDDEN.get(role, set()):
                    await _accepted(by, name, put(arguments(name, mine), path, mine[prefix]), mine[prefix], refused)


# What a customer does not see of one's own either.
_STAFFS = ("tag", "view", "sug", "can", "tok", "sla", "cal", "mai", "rct")
# Nor do agents and analysts see what failed for good.
_ADMINS = {("rct", "node"), ("rct", "nodes")}
_HIDDEN = {
    Role.AGENT: _ADMINS,
    Role.ANALYST: _ADMINS,
    Role.CUSTOMER: {(prefix, name) for prefix in _STAFFS for name in ("node", "nodes", "addMessage")},
}


async def _of_a_neighbour(helpdesk: Helpdesk, client: Callable[[str], Client]) -> Things:
    """What another customer of the same organization has, and what only staff may see."""
    neighbour = await helpdesk.world.member(Role.CUSTOMER, "A neighbour")
    theirs = dict(await things_of(helpdesk, client(await helpdesk.world.token_of(neighbour))))
    theirs["usr"] = encode("usr", neighbour.user_id or new_id())
    return {prefix: each for prefix, each in theirs.items() if prefix in {"usr", "tkt", "msg", "sat", *_STAFFS}}


async def _refusal(
    by: Client,
    statements: Statements,
    name: str,
    given: dict[str, Any],
    path: tuple[str, ...],
    prefix: str,
    strangers: list[Things],
) -> str:
    async def tried(some_id: str) -> tuple[str, int]:
        statements.clear()
        answer = await without_id(by, name, put(given, path, some_id), some_id)
        return answer, len(statements)

    # Once before it counts: a new connection also asks what the types are.
    await tried(encode(prefix, new_id()))
    expected = await tried(encode(prefix, new_id()))
    for theirs in strangers:
        if prefix in theirs:
            found = await tried(theirs[prefix])
            for _ in range(AGAIN):
                if found == expected:
                    break
                # On a busy machine something else may have been asked of the connection meanwhile.
                expected = await tried(encode(prefix, new_id()))
                found = await tried(theirs[prefix])
            assert found == expected, (name, path, prefix)
    return expected[0]


async def _accepted(by: Client, name: str, given: dict[str, Any], given_id: str, refused: str) -> None:
    if takes_after(name):
        answer = await ask(by, name, {**given, "after": "made up"})
        assert code_of(name, answer) == "INVALID_INPUT", name
        return
    if name in {"tickets", "suggestions", "satisfactionRatings"} and given["filter"].keys().isdisjoint(
        {"categoryId", "ticketId"}
    ):
        # Nothing fits an agent as assignee, requester or decider here, just as nothing fits an unknown one.
        return
    if name in {"events", "eventsExport"} and "actorId" in given["filter"]:
        # Nor has the agent done anything yet.
        return
    answer = await ask(by, name, given)
    # A second message on one ticket; a second removal of one member.
    if name in {"addMessage", "removeMember"} and code_of(name, answer) == "CONFLICT":
        return
    assert code_of(name, answer) is None, (name, answer)
    assert json.dumps(answer).replace(given_id, "ID") != refused, name
