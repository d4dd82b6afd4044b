"""A query that is remembered by its bytes: the same for whoever sends it, and nothing is left of who sent it before"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from graphql_api.context import Services
from graphql_api.execution import QUERIES_KEPT, Engine
from graphql_api.requests import NOWHERE, GraphQLRequest, Sender, graphql_request
from graphql_api.trusted import sha256
from models.actors import Role
from models.database import Database
from models.settings import Limits, Settings
from tests.client import Client
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = "query($filter: TicketFilter) { viewer { role } tickets(filter: $filter) { totalCount nodes { subject } } }"
OPEN = {"filter": {"status": ["OPEN"]}}
FROM_HOME = Sender(peer="192.0.2.1", cookie="secret")


def read(query: str, **variables: Any) -> GraphQLRequest:
    body = orjson.dumps({"query": query, "variables": variables})
    return graphql_request(orjson.loads(body), FROM_HOME, body)


def remembered(engine: Engine, request: GraphQLRequest) -> GraphQLRequest | None:
    assert request.body
    return engine.known(request.body)


async def asked_thrice(client: Client) -> list[Any]:
    """The answers of one that is new, of one that is met again, and of one that is remembered."""
    return [await client.query(LIST, **OPEN) for _ in range(3)]


@pytest.fixture
async def engine(database: Database, services: Services) -> Engine:
    """An engine that has met nothing yet."""
    return Engine(database, services)


async def test_each_caller_is_shown_their_own(a_helpdesk: Make) -> None:
    here, there = await a_helpdesk(), await a_helpdesk()
    await here.ticket()
    await here.agent.create_ticket(input={"subject": "Mine", "body": "?"})

    agents, customers, strangers = [await asked_thrice(each) for each in (here.agent, here.customer, there.agent)]

    def shown(role: str, *subjects: str) -> list[Any]:
        nodes = [{"subject": subject} for subject in subjects]
        return [{"viewer": {"role": role}, "tickets": {"totalCount": len(nodes), "nodes": nodes}}] * 3

    assert agents == await asked_thrice(here.agent) == shown("AGENT", "Mine", "It broke")
    assert customers == shown("CUSTOMER", "It broke")
    assert strangers == shown("AGENT")


async def test_those_who_show_nothing_are_told_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await asked_thrice(helpdesk.agent)

    refused = await replace(helpdesk.agent, token="").post(LIST, **OPEN)

    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Content-Type", "text/plain")], 415),
        ([("Content-Type", "application/json"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")], 400),
        ([("Content-Type", "application/json"), ("Accept", "image/png")], 406),
        ([("Content-Type", "application/json")], 200),
    ],
)
async def test_what_is_around_it_is_looked_at_each_time(
    a_helpdesk: Make, headers: list[tuple[str, str]], status: int
) -> None:
    agent = (await a_helpdesk()).agent
    body = json.dumps({"query": LIST, "variables": OPEN}).encode()
    token = ("Authorization", f"Bearer {agent.token}")
    for _ in range(3):
        await agent.http.post("/graphql", content=body, headers=[token, ("Content-Type", "application/json")])

    assert (await agent.http.post("/graphql", content=body, headers=[token, *headers])).status_code == status


async def test_keys_that_come_beside_it_are_not_remembered(a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).agent

    found = [await asked_thrice(agent.keyed(key)) for key in ("a", "b")]

    assert found[0] == found[1] == await asked_thrice(agent)


async def test_so_is_whether_a_role_may_ask_for_it(a_helpdesk: Make, serve: Serve, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({sha256("{ viewer { role } }"): "{ viewer { role } }"}))
    trusting = {"HELPDESK_TRUSTED_DOCUMENTS": str(manifest), "HELPDESK_TRUSTED_DOCUMENTS_MODE": "customer=enforce"}
    at = await serve(Settings.from_environment(trusting))
    await asked_thrice(at(helpdesk.world.token(Role.AGENT)))

    refused = await at(helpdesk.world.token(Role.CUSTOMER)).post(LIST, **OPEN)

    assert refused.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"


async def test_it_is_paid_for_each_time(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings(limits=Limits(cost_per_minute=122))))(helpdesk.world.token(Role.AGENT))

    told = [(await agent.post(LIST, **OPEN)).json() for _ in range(4)]

    costs = [each["extensions"]["cost"] for each in told[:3]]
    assert [each["estimated"] for each in costs] == [30] * 3
    assert [each["remaining"] // 10 for each in costs] == [8, 5, 2]
    assert told[3]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_two_at_once_share_it_and_leave_it_as_it_was(engine: Engine, a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    for _ in range(2):
        await engine.prepare(read(LIST, **OPEN), helpdesk.world.agent)
    asked = remembered(engine, read(LIST, **OPEN))
    assert asked is not None
    callers = (helpdesk.world.agent, helpdesk.world.customer, helpdesk.world.agent)
    operations = [await engine.prepare(asked, caller) for caller in callers]
    before = deepcopy(operations[0].variables.coerced)

    answers = await asyncio.gather(*(each.execute() for each in operations))

    assert [orjson.loads(each.body)["data"]["viewer"]["role"] for each in answers] == ["AGENT", "CUSTOMER", "AGENT"]
    assert len({id(each.variables) for each in operations}) == 1
    assert (asked.variables, operations[0].variables.coerced) == (OPEN, before)


async def test_nothing_of_its_sender_is_kept(engine: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent
    asked = [(await engine.prepare(read(LIST, **OPEN), agent)).request.sender for _ in range(3)]

    known = remembered(engine, read(LIST, **OPEN))

    assert asked == [FROM_HOME] * 3
    assert known and known.sender is NOWHERE


async def test_what_is_asked_once_and_what_changes_anything_is_forgotten(engine: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent
    signing_in = read('mutation { signIn(email: "a@b.test", password: "correct horse") { __typename } }')
    once = read(LIST, filter={"number": [1]})
    wrong = read(LIST, filter={"status": ["OPENED"]})
    await engine.prepare(once, agent)
    for _ in range(3):
        await engine.prepare(signing_in, None)
        with pytest.raises(Exception, match="OPENED"):
            await engine.prepare(wrong, agent)

    assert [remembered(engine, each) for each in (once, signing_in, wrong)] == [None] * 3


async def test_there_are_only_so_many(engine: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent
    requests = [read("query($n: Int) { tickets(first: $n) { totalCount } }", n=1, x=str(n)) for n in range(2_000)]
    for each in requests:
        for _ in range(2):
            await engine.prepare(each, agent)

    kept = [each for each in requests if remembered(engine, each)]

    assert kept == requests[-QUERIES_KEPT:]
