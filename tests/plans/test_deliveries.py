"""Subscribers are shown by plans what the ordinary executor shows, once for all who are shown the same"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import orjson
import pytest
from graphql import GraphQLObjectType

from graphql_api.context import Services
from graphql_api.deliveries import KEPT_SECONDS, Deliveries
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest, Refusal
from graphql_api.schema import CORE_SCHEMA
from models.actors import Actor, Role
from models.database import Database, Row
from models.recorded import RecordedEvent
from subscriptions.cursor import Position
from tests.following import results
from tests.live.following import now
from tests.mutations.views import a_view
from tests.plans.documents import Document, Pool
from tests.plans.furniture import furnish
from tests.plans.happenings import happen, seen
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]
SEED = 9_000
TAKEN = 3
AGAIN = 20
DEPTH = 4


@dataclass(frozen=True)
class Onlookers:
    """Actors of one organization, and what each may see of its log."""

    pool: Pool
    logs: Sequence[tuple[Actor, Sequence[RecordedEvent]]]


@pytest.fixture(scope="module")
async def onlookers(services: Services) -> Onlookers:
    """People of every role, two of some, before a log that has everything."""
    actors, pool = await furnish(services)
    organization = actors[Role.ADMIN].organization_id
    world = World(services.database, organization, *actors.values(), tokens={})
    people = [*actors.values(), *[await world.member(role) for role in (Role.ADMIN, Role.AGENT)]]
    await happen(people, pool, SEED)
    return Onlookers(pool, [(actor, await seen(actor)) for actor in people])


async def deliveries(engine: Engine, request: GraphQLRequest, actor: Actor, count: int) -> list[bytes]:
    """What comes first on a subscription, errors in one order."""
    try:
        operation = await engine.prepare(request, actor)
        async with results(operation) as next_result:
            return [_sorted(await next_result()) for _ in range(count)]
    except Refusal as refusal:
        return [_sorted(refusal.body)]


def _sorted(body: bytes) -> bytes:
    body = re.sub(rb"has it as [0-9a-f]{12}", b"has it", body)
    if not body.startswith(b'{"errors"'):
        return body
    if body.endswith(b'"data":null}'):
        # Where a required field fails, what its siblings said by then is told, and that is a matter of time.
        return b"nothing"
    answer = orjson.loads(body)
    answer["errors"].sort(key=orjson.dumps)
    return orjson.dumps(answer)


def subscription(document: Document, events: Sequence[RecordedEvent]) -> str:
    """A random selection on all events and on the types of these."""
    kinds = sorted({type(event.fact).__name__ for event in events})
    parts = ["cursor", "__typename", f"... on Event {document.selection(CORE_SCHEMA.type_map['Event'], DEPTH)}"]
    for name in kinds:
        kind = CORE_SCHEMA.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        inside = document.selection(kind, DEPTH)
        parts.append(document.fragment(kind, inside) if document.chance(0.3) else f"... on {name} {inside}")
    declared = ", ".join(["$after: Cursor", *document.declared])
    fragments = " ".join(document.fragments)
    return f"subscription({declared}) {{ it: feed(after: $after) {{ {' '.join(parts)} }} }} {fragments}"


async def compare(services: Services, onlookers: Onlookers, seeds: range) -> Counter[str]:
    """Random subscriptions, by everybody who sees the same events, both ways; how many were planned."""
    planned, ordinary = Engine(services.database, services), Engine(services.database, services, planned=False)
    plans = planned.plans
    assert plans
    counted: Counter[str] = Counter()
    for seed in seeds:
        random = Random(seed)
        actor, log = random.choice(onlookers.logs)
        place = random.randrange(len(log) - TAKEN)
        before, events = log[place], log[place + 1 : place + 1 + TAKEN]
        document = Document(random, onlookers.pool)
        text = subscription(document, events)
        after = services.cursors.seal(Position(1, before.organization_id, before.seq))
        request = GraphQLRequest(text, None, {"after": after, **document.variables}, {})
        # Whoever sees the same events may be sent what was made for another.
        others = [each for each, theirs in onlookers.logs if theirs[-len(log) :] == log or each is actor]
        for reader in random.sample(others, len(others)):
            given_up = plans.counts["fallback"]
            expected = await deliveries(ordinary, request, reader, TAKEN)
            found = await deliveries(planned, request, reader, TAKEN)
            for _ in range(AGAIN):
                if found == expected or not any(each.startswith(b'{"errors"') for each in expected):
                    break
                # Where a required field fails, time decides which of two errors is told.
                expected = await deliveries(ordinary, request, reader, TAKEN)
                found = await deliveries(planned, request, reader, TAKEN)
            assert found == expected, (seed, reader.role, text, document.variables)
            shown = sum(each.startswith(b'{"data"') for each in expected)
            counted["data"] += shown
            counted["planned"] += shown and TAKEN - (plans.counts["fallback"] - given_up)
    return counted


async def test_three_hundred_subscriptions(services: Services, onlookers: Onlookers) -> None:
    counted = await compare(services, onlookers, range(SEED, SEED + 300))

    assert counted["data"] > 700, counted
    assert counted["planned"] > 0.5 * counted["data"], counted


@pytest.mark.long
async def test_three_thousand_subscriptions(services: Services, onlookers: Onlookers) -> None:
    counted = await compare(services, onlookers, range(SEED + 10_000, SEED + 13_000))

    assert counted["planned"] > 0.5 * counted["data"], counted


class Counting(Database):
    """The same database, which counts what subscribers' selections read."""

    statements = 0

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        self.statements += 1
        return await super().fetch(sql, *values)


TICKETS = """subscription($after: Cursor) { feed(after: $after) { cursor ... on Event { id actor { name email }
  ticket { number subject tags allowedTransitions assignee { name } messages(last: 5) { nodes { body } } } } } }"""
VIEWS = """subscription($after: Cursor) { feed(after: $after) {
  ... on SavedViewChanged { shared view { name owner { name } } } } }"""


@dataclass(frozen=True)
class Crowd:
    """Subscribers to one server, and how many statements their selections take."""

    engine: Engine
    counting: Counting

    @classmethod
    def of(cls, services: Services) -> Crowd:
        """Nobody yet."""
        return cls(Engine(services.database, services), Counting(services.database._pool))

    async def follow(self, text: str, people: Sequence[Actor], cursor: str, count: int) -> list[list[bytes]]:
        """What each of them is sent first."""
        request = GraphQLRequest(text, None, {"after": cursor}, {})
        counted = [replace(actor, database=self.counting) for actor in people]
        return await asyncio.gather(*(deliveries(self.engine, request, actor, count) for actor in counted))


async def test_fifty_who_ask_for_the_same_cost_one_read_an_event(services: Services, a_helpdesk: Make) -> None:
    helpdesk, crowd = await a_helpdesk(), Crowd.of(services)
    colleague = await helpdesk.world.member(Role.AGENT)
    cursor = await now(helpdesk.agent)
    following = asyncio.create_task(crowd.follow(TICKETS, [helpdesk.world.agent, colleague] * 25, cursor, 2))

    await helpdesk.ticket(subject="For all")

    sent = await following
    assert all(each == sent[0] for each in sent)
    assert crowd.counting.statements == 2
    assert orjson.loads(sent[0][1])["data"]["feed"]["ticket"]["subject"] == "For all"


async def test_other_roles_and_other_customers_are_shown_their_own(services: Services, a_helpdesk: Make) -> None:
    helpdesk, crowd = await a_helpdesk(), Crowd.of(services)
    world = helpdesk.world
    cursor = await now(helpdesk.admin)
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])
    people = [world.admin, world.agent, world.analyst, world.customer]

    sent = await crowd.follow(TICKETS, people * 2, cursor, 1)

    assert crowd.counting.statements == len(people)
    shown = [orjson.loads(each[0])["data"]["feed"]["ticket"] for each in sent]
    assert [each["tags"] for each in shown] == [["vip"], ["vip"], ["vip"], []] * 2
    assert [bool(each["allowedTransitions"]) for each in shown] == [True, True, False, True] * 2


async def test_what_depends_on_the_person_is_not_shared(services: Services, a_helpdesk: Make) -> None:
    helpdesk, crowd = await a_helpdesk(), Crowd.of(services)
    colleague = await helpdesk.world.member(Role.AGENT)
    cursor = await now(helpdesk.agent)
    view = await a_view(helpdesk.agent, "Mine", shared=True)
    await helpdesk.agent.update_saved_view(input={"view_id": view["id"], "shared": False})

    mine, theirs = await crowd.follow(VIEWS, [helpdesk.world.agent, colleague], cursor, 2)

    shown = {"shared": True, "view": {"name": "Mine", "owner": {"name": "Agent"}}}
    assert [orjson.loads(each)["data"]["feed"] for each in mine] == [shown, shown]
    assert [orjson.loads(each)["data"]["feed"]["view"] for each in theirs] == [None, None]
    assert crowd.counting.statements == 4


@pytest.mark.parametrize(
    ("selection", "fragments"),
    [
        ("... on Event { ticket { messages(first: $many) { nodes { body } } } }", ""),
        ("...Ours", "fragment Ours on Event { ticket { messages(first: $many) { nodes { body } } } }"),
    ],
    ids=["in the field", "in a fragment"],
)
async def test_variables_that_decide_what_is_shown_are_told_apart(
    services: Services, a_helpdesk: Make, selection: str, fragments: str
) -> None:
    helpdesk, crowd = await a_helpdesk(), Crowd.of(services)
    cursor = await now(helpdesk.agent)
    ticket = await helpdesk.ticket()
    text = f"""subscription($after: Cursor, $id: ID!, $many: Int) {{ ticketEvents(ticketId: $id, after: $after) {{
      {selection} }} }} {fragments}"""
    agent = replace(helpdesk.world.agent, database=crowd.counting)

    async def messages(many: int) -> int:
        request = GraphQLRequest(text, None, {"after": cursor, "id": ticket["id"], "many": many}, {})
        (body,) = await deliveries(crowd.engine, request, agent, 1)
        return len(orjson.loads(body)["data"]["ticketEvents"]["ticket"]["messages"]["nodes"])

    assert [await messages(many) for many in (0, 1, 0, 1)] == [0, 1, 0, 1]


async def test_who_asked_first_may_leave() -> None:
    shared, go_on = Deliveries(), asyncio.Event()

    async def work() -> bytes:
        await go_on.wait()
        return b"worked out"

    async def never() -> bytes:
        raise LookupError("twice")

    first = asyncio.create_task(shared.once("event", work))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.once("event", never))
    await asyncio.sleep(0)
    first.cancel()
    go_on.set()

    assert await second == b"worked out"
    assert first.cancelled()


async def test_a_failure_is_told_to_those_who_wait_and_forgotten() -> None:
    shared = Deliveries()

    async def fail() -> bytes:
        raise LookupError("no database")

    async def work() -> bytes:
        return b"worked out"

    told = await asyncio.gather(*(shared.once("event", fail) for _ in range(3)), return_exceptions=True)

    assert [str(each) for each in told] == ["no database"] * 3
    assert await shared.once("event", work) == b"worked out"


async def test_what_was_shown_a_moment_ago_is_read_again() -> None:
    instants = [0.0]
    shared = Deliveries(clock=lambda: instants[0])
    answers = iter([b"then", b"now"])

    async def work() -> bytes:
        return next(answers)

    async def ask() -> bytes:
        return await shared.once("event", work)

    assert (await ask(), await ask()) == (b"then", b"then")
    instants[0] += KEPT_SECONDS
    assert await ask() == b"now"
