"""What a mutation shows of a row is what a query by the ordinary executor shows of it"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest, Refusal
from graphql_api.schema import CORE_SCHEMA
from models.actors import Actor, Role
from tests.plans.documents import Document, Pool
from tests.plans.furniture import furnish

SEED = 7_000


@dataclass(frozen=True)
class Verb:
    """A mutation that shows a row of a type; `change` makes its arguments from a ticket's id."""

    kind: str
    roles: tuple[Role, ...]
    call: str


VERBS = [
    Verb("Ticket", (Role.AGENT, Role.ADMIN), "updateTicket(input: {ticketId: $ticket})"),
    Verb("Ticket", (Role.AGENT, Role.CUSTOMER), "reopenTicket(ticketId: $ticket)"),
    Verb("Ticket", (Role.AGENT,), 'addTicketTags(ticketId: $ticket, tags: ["new"])'),
    Verb("Message", (Role.AGENT, Role.CUSTOMER), 'addMessage(input: {ticketId: $ticket, body: "Hello."})'),
]


@pytest.fixture(scope="module")
async def furnished(services: Services) -> tuple[dict[Role, Actor], Pool]:
    """Organizations full of odd things, for this module's mutations to change."""
    return await furnish(services)


async def answer(engine: Engine, actor: Actor, text: str, variables: Mapping[str, Any]) -> Any:
    """The response map."""
    try:
        body = (await (await engine.prepare(GraphQLRequest(text, None, variables, {}), actor)).execute()).body
    except Refusal as refusal:
        body = refusal.body
    return orjson.loads(body)


async def test_two_hundred_selections(services: Services, furnished: tuple[dict[Role, Actor], Pool]) -> None:
    actors, pool = furnished
    planned, ordinary = Engine(services.database, services), Engine(services.database, services, planned=False)
    tickets = [each for each in pool.ids if each.startswith("tkt_0")]
    compared = 0
    for seed in range(SEED, SEED + 200):
        random = Random(seed)
        verb = random.choice(VERBS)
        actor = actors[random.choice(verb.roles)]
        document = Document(random, pool)
        kind = CORE_SCHEMA.type_map[verb.kind]
        assert isinstance(kind, GraphQLObjectType)
        selection = document.selection(kind, 4)
        shown = f"__typename ... on {verb.kind} {{ shownId: id ... on {verb.kind} {selection} }}"
        declared = ", ".join(["$ticket: ID!", *document.declared])
        fragments = "\n".join(document.fragments)
        variables = {"ticket": random.choice(tickets), **document.variables}

        text = f"mutation({declared}) {{ it: {verb.call} {{ {shown} ... on Problem {{ code }} }} }} {fragments}"
        changed = await answer(planned, actor, text, variables)

        found = (changed.get("data") or {}).get("it")
        if found is None or found["__typename"] == "Problem":
            continue
        declared = ", ".join(["$row: ID!", *document.declared])
        read = f"query({declared}) {{ it: node(id: $row) {{ {shown} }} }} {fragments}"
        expected = await answer(ordinary, actor, read, {"row": found["shownId"], **document.variables})
        assert orjson.dumps(expected["data"]) == orjson.dumps(changed["data"]), (seed, text, variables)
        compared += 1

    assert planned.plans
    assert compared > 80, compared
    assert planned.plans.counts["hit"] + planned.plans.counts["miss"] > planned.plans.counts["fallback"] + 80


OWN = {
    "Ticket": "id number version subject status priority createdAt updatedAt firstRespondedAt resolvedAt closedAt "
    "reopenCount messageCount allowedTransitions",
    "Message": "id body bodyHtml authorKind internal createdAt",
}


@pytest.mark.parametrize(
    ("call", "kind", "role"),
    [
        ("changeTicketStatus(ticketId: $ticket, status: PENDING)", "Ticket", Role.AGENT),
        ("resolveTicket(ticketId: $ticket)", "Ticket", Role.AGENT),
        ("resolveTicket(ticketId: $ticket)", "Ticket", Role.CUSTOMER),
        ('updateTicket(input: {ticketId: $ticket, subject: "Another"})', "Ticket", Role.ADMIN),
        ('addMessage(input: {ticketId: $ticket, body: "**Hello**, \\u00e4."})', "Message", Role.AGENT),
        ('addMessage(input: {ticketId: $ticket, body: "A note", internal: true})', "Message", Role.AGENT),
        ('addMessage(input: {ticketId: $ticket, body: "Hello."})', "Message", Role.CUSTOMER),
    ],
)
async def test_what_was_just_written_is_shown_as_it_is_read(
    services: Services, a_helpdesk: Any, call: str, kind: str, role: Role
) -> None:
    helpdesk = await a_helpdesk()
    actor = getattr(helpdesk.world, role.value)
    ticket = (await helpdesk.ticket())["id"]
    planned, ordinary = Engine(services.database, services), Engine(services.database, services, planned=False)

    shown = f"__typename ... on {kind} {{ {OWN[kind]} shownId: id }}"
    changed = await answer(planned, actor, f"mutation($ticket: ID!) {{ it: {call} {{ {shown} }} }}", {"ticket": ticket})

    read = f"query($row: ID!) {{ it: node(id: $row) {{ {shown} }} }}"
    expected = await answer(ordinary, actor, read, {"row": changed["data"]["it"]["shownId"]})
    assert orjson.dumps(changed["data"]) == orjson.dumps(expected["data"])
