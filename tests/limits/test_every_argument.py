"""Every argument of the schema with values that have broken servers: never a 5xx, never INTERNAL, always a code"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from graphql import StringValueNode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest, Refusal, RequestRefused
from graphql_api.schema import sdl
from graphql_api.transport.strict_json import refuse_unusable_text
from models.actors import Actor, Role
from models.database import Database
from resolvers.access import OPEN_TO_ALL, PERMITTED
from tests.access.calls import arguments, prepare
from tests.access.documents import call, root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.client import Client
from tests.following import results
from tests.limits.nasty import VALUES, places, put, values_for
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ROLES = [Role.ADMIN, Role.AGENT, Role.CUSTOMER]
# The short form tries one value in so many at each place, and others at the next.
EVERY = 41
AT_ONCE = 10


def permitted(role: Role, *kinds: str) -> list[str]:
    """The operations of these kinds that a role gets as far into as their arguments."""
    return [
        name
        for name, kind in root_fields().items()
        if kind in kinds and (role in PERMITTED.get(snake(name), ()) or snake(name) in OPEN_TO_ALL)
    ]


def attempts(name: str, base: dict[str, Any], every: int) -> Iterator[dict[str, Any]]:
    """The operation's arguments with a nasty value in each place in turn."""
    for number, (path, kind) in enumerate(places(name)):
        for value in values_for(kind)[number % every :: every]:
            yield put(base, name, path, value)


async def post(by: Client, text: str, given: dict[str, Any]) -> tuple[int, Any]:
    """The status and the body of an answer. Half characters travel as browsers send them, escaped."""
    body = json.dumps({"query": text, "variables": given}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {by.token}"}
    answer = await by.http.post("/graphql", content=body, headers=headers, timeout=60)
    return answer.status_code, answer.json()


def codes_of(body: Any) -> list[str]:
    """The codes of an answer's errors; a list with one None where an error has none."""
    return [error.get("extensions", {}).get("code", "no code") for error in body.get("errors", [])]


async def try_everything(helpdesk: Helpdesk, role: Role, name: str, every: int) -> Counter[str]:
    """Call an operation with nasty values in all places, and count the codes that answer."""
    things = await things_of(helpdesk, role=role)
    await prepare(helpdesk, name, things)
    by: Client = getattr(helpdesk, role.value)
    base, counted = arguments(name, things), Counter[str]()
    turn = asyncio.Semaphore(AT_ONCE)

    async def attempt(given: dict[str, Any]) -> None:
        async with turn:
            status, body = await post(by, call(name, given), given)
        codes = codes_of(body)
        assert status < 500, (name, given, body)
        assert not {"INTERNAL", "no code"} & set(codes), (name, given, body)
        counted.update(codes or ["no error"])

    await asyncio.gather(*(attempt(given) for given in attempts(name, base, every)))
    return counted


async def everywhere(a_helpdesk: Make, role: Role, every: int) -> Counter[str]:
    counted = Counter[str]()
    for name in permitted(role, "query", "mutation"):
        # An organization for each: what a mutation with odd arguments does shall not be in the way of the next.
        counted += await try_everything(await a_helpdesk(), role, name, every)
    return counted


@pytest.mark.parametrize("role", ROLES)
async def test_nasty_values_everywhere(a_helpdesk: Make, role: Role) -> None:
    counted = await everywhere(a_helpdesk, role, EVERY)

    assert counted["no error"] and counted["BAD_USER_INPUT"]


@pytest.mark.long
@pytest.mark.parametrize("role", Role)
async def test_all_nasty_values_everywhere(a_helpdesk: Make, role: Role) -> None:
    counted = await everywhere(a_helpdesk, role, 1)

    print(f"{role}: {counted.total():,} answers: {counted}")
    assert counted["no error"] and counted["BAD_USER_INPUT"]


def test_the_values_are_many_and_unlike() -> None:
    assert len({json.dumps(value) for value in VALUES}) == len(VALUES) >= 80
    tried = {name: len(list(places(name))) for name in root_fields()}
    assert tried["createTicket"] >= 8 and tried["tickets"] >= 12


@pytest.mark.parametrize("role", ROLES)
async def test_nasty_values_of_subscriptions(
    a_helpdesk: Make, database: Database, services: Services, role: Role
) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk, role=role)
    engine, actor = Engine(database, services), getattr(helpdesk.world, role.value)

    for name in permitted(role, "subscription"):
        for odd in filter(usable, attempts(name, arguments(name, things), 3)):
            assert await first_code(engine, actor, call(name, odd), odd) != "INTERNAL", (name, odd)


def usable(given: dict[str, Any]) -> bool:
    try:
        refuse_unusable_text(given)
    except RequestRefused:
        return False
    return True


async def first_code(engine: Engine, actor: Actor, text: str, given: dict[str, Any]) -> str | None:
    """The code that ends a subscription at its beginning; None for one that waits for something to happen."""
    try:
        operation = await engine.prepare(GraphQLRequest(text, None, given, {}), actor)
        async with results(operation) as next_result, asyncio.timeout(0.02):
            await next_result()
    except TimeoutError:
        return None
    except Refusal as refusal:
        return str(json.loads(refusal.errors)[0]["extensions"]["code"])
    return None


def generated(number: int) -> list[str]:
    """Documents of the whole schema with values of the right types, as hypothesis-graphql thinks them up."""
    found: list[str] = []
    text = st.text().map(lambda text: StringValueNode(value=text))
    texts = dict.fromkeys(("Date", "DateTime", "Cursor", "JSON"), text)

    @given(from_schema(sdl(), custom_scalars=texts))
    @settings(max_examples=number, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    def collect(text: object) -> None:
        found.append(str(text))

    collect()
    return found


async def run_generated(helpdesk: Helpdesk, number: int) -> Counter[str]:
    counted = Counter[str]()
    for text in generated(number):
        for by in (helpdesk.admin, helpdesk.customer):
            status, body = await post(by, text, {})
            codes = codes_of(body)
            assert status < 500 and not {"INTERNAL", "no code"} & set(codes), (text, body)
            counted.update(codes or ["no error"])
    return counted


async def test_generated_documents(a_helpdesk: Make) -> None:
    counted = await run_generated(await a_helpdesk(), 60)

    assert counted["no error"]


@pytest.mark.long
async def test_thousands_of_generated_documents(a_helpdesk: Make) -> None:
    counted = await run_generated(await a_helpdesk(), 3_000)

    print(f"{counted.total():,} answers: {counted}")
    assert counted["no error"]
