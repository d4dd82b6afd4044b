"""HELPDESK_DEBUG: answers say whether a plan read them, and if not, why"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest
from models.actors import Actor
from models.settings import Settings
from tests.following import results
from tests.live.following import now
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
TAGS = "{ tags { nodes { name } } }"
SEARCH = '{ tickets(search: "broken") { nodes { number } } }'
RENAME = """mutation($id: ID!) { updateTicket(input: {ticketId: $id, subject: "Renamed"}) {
  ... on Ticket { subject events { nodes { id } } } } }"""


@pytest.fixture
def telling(services: Services) -> Engine:
    """A server that tells."""
    return Engine(services.database, replace(services, settings=replace(services.settings, debug=True)))


async def extensions(engine: Engine, actor: Actor, text: str, **variables: Any) -> Any:
    """The answer's extensions."""
    operation = await engine.prepare(GraphQLRequest(text, None, variables, {}), actor)
    return orjson.loads((await operation.execute()).body)["extensions"]


async def test_a_plan_is_made_and_then_found(telling: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent

    told = [(await extensions(telling, agent, TAGS))["plan"] for _ in range(2)]

    assert told == [{"planned": True, "cached": False}, {"planned": True, "cached": True}]


async def test_operators_are_told_how_often_and_why(telling: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent

    for text in (TAGS, SEARCH, TAGS, SEARCH):
        await extensions(telling, agent, text)

    assert telling.told() == ("Plans: 2 found, 2 made, 2 given up:\n  2 a search takes several statements")


@pytest.mark.parametrize(
    "text",
    [
        "{ tickets { nodes { messages { nodes { bodyHtml author { name } } } } } }",
        "{ supportSettings { locale supportTickets { used limit resetsAt } } }",
        "{ savedViews { name filter orderBy } }",
        "query($id: ID!) { ticket(id: $id) { satisfaction { rating comment changedAt agent { name } } } }",
        "{ satisfactionRatings(filter: {rating: [1, 2]}) { totalCount nodes { rating ticket { number } } } }",
        "query($id: ID!) { nodes(ids: [$id, $id]) { id ... on Ticket { subject requester { name } } } }",
        "query($id: ID!) { cannedResponses { nodes { preview(ticketId: $id) { body missing } } } }",
    ],
)
async def test_what_operations_load_has_plans(telling: Engine, a_helpdesk: Make, text: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    told = (await extensions(telling, helpdesk.world.agent, text, id=ticket["id"]))["plan"]

    assert told == {"planned": True, "cached": False}


async def test_what_has_no_plan_says_why_and_is_counted(telling: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent

    told = (await extensions(telling, agent, SEARCH))["plan"]

    assert told == {"planned": False, "reason": "a search takes several statements"}
    assert telling.plans
    assert telling.plans.counts["fallback: a search takes several statements"] == 1


async def test_a_mutation_tells_of_what_it_shows(telling: Engine, a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    told = (await extensions(telling, helpdesk.world.agent, RENAME, id=ticket["id"]))["plan"]

    assert told == {"planned": False, "reason": "Ticket.events has a resolver of its own"}


@pytest.mark.parametrize(
    ("shown", "plan"),
    [
        ("ticket { subject }", {"planned": True, "cached": True}),
        ("ticket { events { nodes { id } } }", {"planned": False, "reason": "Ticket.events has a resolver of its own"}),
    ],
)
async def test_a_subscription_tells_with_each_event(
    telling: Engine, a_helpdesk: Make, shown: str, plan: dict[str, object]
) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    await helpdesk.ticket()
    text = f"subscription($after: Cursor) {{ feed(after: $after) {{ ... on Event {{ {shown} }} }} }}"

    operation = await telling.prepare(GraphQLRequest(text, None, {"after": cursor}, {}), helpdesk.world.agent)
    async with results(operation) as next_result:
        body = orjson.loads(await next_result())

    assert body["extensions"] == {"plan": plan}


async def test_customers_are_told_nothing(telling: Engine, a_helpdesk: Make) -> None:
    customer = (await a_helpdesk()).world.customer

    assert "plan" not in await extensions(telling, customer, TAGS)


async def test_nobody_is_told_unless_the_operator_says_so(services: Services, a_helpdesk: Make) -> None:
    admin = (await a_helpdesk()).world.admin

    assert "plan" not in await extensions(Engine(services.database, services), admin, TAGS)


def test_it_is_off_by_default() -> None:
    assert not Settings.from_environment({}).debug
    assert Settings.from_environment({"HELPDESK_DEBUG": "true"}).debug


async def test_counts_do_not_grow_with_what_is_sent(telling: Engine, a_helpdesk: Make) -> None:
    agent = (await a_helpdesk()).world.agent
    assert telling.plans

    for number in range(101, 104):
        await extensions(telling, agent, f"{{ tags(first: {number}) {{ nodes {{ name }} }} }}")

    assert telling.plans.counts["fallback: INVALID_INPUT"] == 3
