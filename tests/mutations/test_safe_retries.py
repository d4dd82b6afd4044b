"""An Idempotency-Key: what came twice is done once, and answered twice alike"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Role
from models.database import Database, utc_now
from resolvers.retries import RequestKey, attempt
from resolvers.tokens import actor_of_token
from tests.client import Client, Problem
from tests.mutations.retried import A_TICKET, CREATE, Make, keys_of, tickets_of
from tests.queries.test_statements import counted
from tests.serving import serving
from tests.world import make_world

IN_HAND = Problem("CONFLICT", "The same request is being carried out. Ask again when it is done.")
MISMATCH = Problem("IDEMPOTENCY_MISMATCH", "This idempotency key came with another request before. Take a new key.")
SEVERAL = """mutation($id: ID!, $input: CreateTicketInput!) {
  one: createTicket(input: $input) { ... on Ticket { id } }
  two: createTicket(input: $input) { ... on Ticket { id } }
  done: closeTicket(ticketId: $id, expectedVersion: 2) { ... on Ticket { status } ... on Problem { code } } }"""


async def test_a_request_sent_again_is_answered_again_and_done_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("once")

    first = await keyed.create_ticket(input=A_TICKET)
    second = await keyed.create_ticket(input=A_TICKET)

    assert second == first
    assert first["number"] == 1
    assert await tickets_of(helpdesk.world) == 1
    assert await helpdesk.events(first) == ["TicketCreated", "MessageAdded"]
    assert await keys_of(helpdesk.world) == ["createTicket"]


async def test_without_a_key_twice_is_twice(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    first, second = [await helpdesk.customer.create_ticket(input=A_TICKET) for _ in range(2)]

    assert (first["number"], second["number"]) == (1, 2)
    assert await keys_of(helpdesk.world) == []


async def test_of_two_at_once_one_is_done(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("once")

    answers = await asyncio.gather(*(keyed.create_ticket(input=A_TICKET) for _ in range(8)))

    done = [answer for answer in answers if answer != IN_HAND]
    assert done
    assert all(answer == done[0] for answer in done)
    assert await tickets_of(helpdesk.world) == 1
    # Who was turned away asks again, and hears what came of it.
    assert await keyed.create_ticket(input=A_TICKET) == done[0]


async def test_a_request_that_is_being_carried_out_is_not_begun_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    keyed = helpdesk.agent.keyed("once")

    actor = await actor_of_token(helpdesk.world.database, helpdesk.agent.token)
    assert actor

    async with attempt(actor, RequestKey("once", b"the same"), "resolveTicket"):
        assert await keyed.resolve_ticket(ticket_id=ticket["id"]) == IN_HAND

    assert (await keyed.resolve_ticket(ticket_id=ticket["id"]))["status"] == "RESOLVED"


async def test_a_key_stands_for_one_request(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("once")
    await keyed.create_ticket(input=A_TICKET)

    assert await keyed.create_ticket(input={**A_TICKET, "subject": "Another"}) == MISMATCH
    # Variables the same, another document.
    other = (await keyed.query(CREATE.replace("number", "number status"), input=A_TICKET))["createTicket"]
    assert other == {"code": "IDEMPOTENCY_MISMATCH"}
    assert await tickets_of(helpdesk.world) == 1


async def test_spaces_commas_and_comments_make_no_other_request(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("once")

    first = await keyed.query(CREATE, input=A_TICKET)
    second = await keyed.query("# again\n" + CREATE.replace("\n ", ",,"), input=dict(reversed(A_TICKET.items())))

    assert second == first


async def test_two_callers_may_take_the_same_key(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    other = Client(helpdesk.agent.http, await helpdesk.world.token_of(helpdesk.world.customer))

    tickets = [await by.keyed("once").create_ticket(input=A_TICKET) for by in (helpdesk.customer, other)]

    assert [ticket["number"] for ticket in tickets] == [1, 2]


async def test_each_field_of_a_document_is_done_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    keyed = helpdesk.agent.keyed("once")
    behalf = {**A_TICKET, "onBehalfOf": {"email": "somebody@example.test"}}

    first = await keyed.query(SEVERAL, id=ticket["id"], input=behalf)
    assert first["done"] == {"code": "CONFLICT"}
    assert first["one"] != first["two"]
    assert await keys_of(helpdesk.world) == ["one", "two"]
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    # What was refused left nothing under the key: it is tried again, and what was done is not.
    assert await keyed.query(SEVERAL, id=ticket["id"], input=behalf) == {**first, "done": {"status": "CLOSED"}}
    assert await tickets_of(helpdesk.world) == 3


async def test_a_refusal_keeps_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.agent.keyed("once")
    behalf = {**A_TICKET, "body": " ", "on_behalf_of": {"email": "new@example.test"}}
    people = await helpdesk.world.database.fetchval("SELECT count(*) FROM support_membership")

    assert (await keyed.create_ticket(input=behalf)).code == "INVALID_INPUT"

    assert await keys_of(helpdesk.world) == []
    assert await helpdesk.world.database.fetchval("SELECT count(*) FROM support_membership") == people
    assert (await keyed.create_ticket(input={**behalf, "body": "Please."}))["number"] == 1


async def test_who_may_not_is_told_so(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    refused = await helpdesk.analyst.keyed("once").create_ticket(input=A_TICKET)

    assert refused.code == "NOT_ALLOWED"


async def test_over_a_socket_the_key_is_in_the_payload(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    payload = {"query": CREATE, "variables": {"input": A_TICKET}, "extensions": {"idempotencyKey": "once"}}

    async with helpdesk.customer.socket() as socket:
        answers = []
        for number in ("1", "2"):
            await socket.send(json.dumps({"id": number, "type": "subscribe", "payload": payload}))
            answers.append(json.loads(await socket.recv())["payload"])
            assert json.loads(await socket.recv()) == {"id": number, "type": "complete"}
        # A key that can't be one ends its operation, not the socket.
        bad = {**payload, "extensions": {"idempotencyKey": 5}}
        await socket.send(json.dumps({"id": "3", "type": "subscribe", "payload": bad}))
        refused = json.loads(await socket.recv())

    assert answers[0]["data"]["createTicket"]["number"] == 1
    assert answers[1] == answers[0]
    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "BAD_REQUEST")
    # The header says the same: one key, however it came.
    assert (await helpdesk.customer.keyed("once").query(CREATE, input=A_TICKET)) == answers[0]["data"]


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 256])
async def test_a_key_is_short_and_visible(a_helpdesk: Make, key: str) -> None:
    helpdesk = await a_helpdesk()
    extensions = {"idempotencyKey": key}
    body = {"query": CREATE, "variables": {"input": A_TICKET}, "extensions": extensions}

    refused = await helpdesk.customer.http.post(
        "/graphql", json=body, headers={"Authorization": f"Bearer {helpdesk.customer.token}"}
    )

    (error,) = refused.json()["errors"]
    assert error == {
        "message": "An idempotency key is 1 to 255 visible ASCII characters.",
        "extensions": {"code": "BAD_REQUEST"},
    }
    assert await tickets_of(helpdesk.world) == 0


async def test_the_longest_key_and_alias(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("~" * 255)

    for length, expected in ((200, None), (201, "INVALID_INPUT")):
        alias = "a" * length
        text = CREATE.replace("createTicket(", f"{alias}: createTicket(")
        assert (await keyed.query(text, input=A_TICKET))[alias].get("code") == expected
        assert await tickets_of(helpdesk.world) == 1


async def test_two_keys_are_one_too_many(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    body = {"query": CREATE, "variables": {"input": A_TICKET}, "extensions": {"idempotencyKey": "a"}}

    refused = await helpdesk.customer.http.post(
        "/graphql",
        json=body,
        headers={"Authorization": f"Bearer {helpdesk.customer.token}", "Idempotency-Key": "b"},
    )

    assert refused.json()["errors"][0]["message"] == "The request has two different idempotency keys."


async def test_queries_take_no_notice(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    assert await helpdesk.agent.keyed("once").query("{ viewer { role } }") == {"viewer": {"role": "AGENT"}}
    assert await helpdesk.agent.keyed("once").query("{ __typename }") == {"__typename": "Query"}


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@asynccontextmanager
async def served_by(clock: Clock, database_url: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        Database.connect(database_url, clock=clock) as database,
        serving(Application(Engine(database, services))) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield http


async def test_a_key_lives_for_a_day(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk = await a_helpdesk()
    clock = Clock()

    async with served_by(clock, database_url, services) as http:
        keyed = Client(http, helpdesk.customer.token).keyed("once")
        first = await keyed.create_ticket(input=A_TICKET)
        clock.ahead = timedelta(hours=23, minutes=59)
        assert await keyed.create_ticket(input=A_TICKET) == first
        clock.ahead = timedelta(hours=24, minutes=1)
        other = {**A_TICKET, "subject": "Another"}
        later = await keyed.create_ticket(input=other)
        assert await keyed.create_ticket(input=other) == later

    assert (first["number"], later["number"]) == (1, 2)
    assert await keys_of(helpdesk.world) == ["createTicket"]


async def test_each_new_key_takes_ten_old_ones_away(an_empty_database: Database, services: Services) -> None:
    world = await make_world(an_empty_database)
    an_empty_database.now = clock = Clock()
    async with (
        serving(Application(Engine(an_empty_database, services))) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        customer = Client(http, world.token(Role.CUSTOMER))
        for number in range(12):
            await customer.keyed(f"old-{number}").create_ticket(input=A_TICKET)
        clock.ahead = timedelta(hours=25)
        left = []
        for number in range(2):
            await customer.keyed(f"new-{number}").create_ticket(input=A_TICKET)
            left.append(len(await keys_of(world)))

    assert left == [3, 2]


async def test_what_keys_cost_in_statements(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk = await a_helpdesk()

    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        customer = Client(http, helpdesk.customer.token)
        costs = []
        for by in (customer, customer, customer.keyed("warm"), customer.keyed("once"), customer.keyed("once")):
            statements.clear()
            await by.query(CREATE, input=A_TICKET)
            costs.append(list(statements))

    plain, first, again = costs[1], costs[3], costs[4]
    assert [len(each) for each in (plain, first, again)] == [2, 8, 6], "\n".join(first)
