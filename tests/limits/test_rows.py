"""Documents of 1 kB that read as many rows as they may: none takes the event loop a tenth of a second"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson
import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from graphql_api.requests import GraphQLRequest, OperationRefused
from models.actors import Actor
from models.database import Database
from models.settings import Limits, Settings
from rag.markdown import MARK, MOST_MARKS, rendered, shown_as_it_is, to_html
from tests.limits.test_hostile import CEILING
from tests.world import Helpdesk, make_world

Make = Callable[[], Awaitable[Helpdesk]]

KILOBYTE = 1_000
UNPLANNED = "z: savedViews { count } "

FIELDS = " ".join(f"{letter}:createdAt" for letter in "abcdefghijklmnopqrstuvwxy")
LEAVES = "id number version subject status priority createdAt updatedAt reopenCount aiResolved messageCount"
PEOPLE = "requester { id name } assignee { id name } category { id name }"
COUNT = "messages(first: 0) { totalCount }"
TEN = " ".join(f"a{number}: tickets(first: %(n)s) {{ ...P }}" for number in range(10))
QUERIES = {
    "messages": "{ %(also)s tickets(first: 100) { nodes { messages(first: %(n)s) { nodes { id body createdAt } } } } }",
    "messages and authors": "{ %(also)s tickets(first: 100) { nodes { messages(first: %(n)s) { nodes {"
    " author { name } } } } } }",
    "messages as HTML": "{ %(also)s tickets(first: 100) { nodes { messages(first: %(n)s) { nodes { bodyHtml } } } } }",
    "values": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ nodes {{ {LEAVES} }} }}",
    "instants": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ nodes {{ {FIELDS} }} }}",
    "instants of messages": "{ %(also)s tickets(first: 100) { nodes { messages(first: %(n)s) {"
    f" nodes {{ {FIELDS} }} }} }} }} }}",
    "people": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ nodes {{ {PEOPLE} }} }}",
    "tags": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ nodes {{ tags }} }}",
    "cursors": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ edges {{ cursor node {{ id }} }} }}",
    "counts": f"{{ %(also)s {TEN} }} fragment P on TicketConnection {{ nodes {{ {COUNT} }} }}",
    "there and back": "{ %(also)s tickets(first: 100) { nodes { messages(first: %(n)s) { nodes {"
    " ticket { lastMessage { id } } } } } } }",
}


@pytest.fixture(scope="module")
async def crowded(database: Database) -> Actor:
    """The agent of an organization with a hundred tickets of a hundred messages."""
    world = await make_world(database)
    people = (world.id, world.customer.user_id, world.agent.user_id)
    await database.execute(
        """INSERT INTO support_ticket (id, organization_id, number, subject, requester_id, assignee_id, status,
  priority, version, public_version, created_at, updated_at, public_updated_at, reopen_count, ai_resolved, ai_triaged,
  message_count, public_message_count)
SELECT gen_random_uuid(), $1, n, 'It broke', $2, $3, 'open', 'medium', 1, 1, now(), now(), now(), 0, FALSE, FALSE,
  100, 100 FROM generate_series(1, 100) AS n""",
        *people,
    )
    await database.execute(
        """INSERT INTO support_ticket_message (id, organization_id, ticket_id, author_id, author_kind, body, internal,
  created_at)
SELECT gen_random_uuid(), $1, t.id, $2, 'customer', repeat('Please *help*, the [printer] is on fire. ', 3), FALSE, now()
FROM support_ticket t, generate_series(1, 100) WHERE t.organization_id = $1""",
        *people[:2],
    )
    await database.execute(
        "UPDATE support_ticket t SET last_message_id = m.id FROM (SELECT DISTINCT ON (ticket_id) id, ticket_id"
        " FROM support_ticket_message WHERE organization_id = $1) m WHERE m.ticket_id = t.id",
        world.id,
    )
    return world.agent


async def loop_time(engine: Engine, text: str, actor: Actor) -> float:
    """Seconds of the event loop that a query takes, the least of some."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        await (await engine.prepare(GraphQLRequest(text, None, {}, {}), actor)).execute()
        took.append(time.thread_time() - began)
    return min(took)


async def largest(engine: Engine, query: str, also: str, actor: Actor) -> str:
    """The query with pages as long as they may be."""
    for length in range(100, 0, -3):
        text = query % {"n": length, "also": also}
        try:
            await (await engine.prepare(GraphQLRequest(text, None, {}, {}), actor)).execute()
        except OperationRefused as refusal:
            assert b"TOO_COSTLY" in refusal.errors
        else:
            return text
    raise AssertionError(query)


async def test_many_ids_take_few_statements(services: Services, crowded: Actor) -> None:
    engine = Engine(crowded.database, replace(services, settings=Settings(limits=Limits(cost_per_minute=10**9))))
    rows = await crowded.database.fetch(
        "SELECT id FROM support_ticket_message WHERE organization_id = $1 LIMIT 100", crowded.organization_id
    )
    aliases = " ".join(f"a{number}: nodes(ids: $ids) {{ id }}" for number in range(13))
    request = GraphQLRequest(
        f"query($ids: [ID!]!) {{ {aliases} }}", None, {"ids": [encode("msg", row["id"]) for row in rows]}, {}
    )

    took = []
    for _ in range(3):
        began = time.thread_time()
        answer = await (await engine.prepare(request, crowded)).execute()
        took.append(time.thread_time() - began)

    assert answer.body.count(b"msg_") == 1_300
    assert min(took) < CEILING, took


@pytest.mark.parametrize("also", ["", UNPLANNED], ids=["planned", "unplanned"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_as_many_rows_as_may_be(services: Services, crowded: Actor, query: str, also: str) -> None:
    limits = Limits(cost_per_minute=1_000_000_000)
    engine = Engine(crowded.database, replace(services, settings=Settings(limits=limits)))

    text = await largest(engine, query, also, crowded)

    assert len(text) <= KILOBYTE
    assert await loop_time(engine, text, crowded) < CEILING


async def test_a_refused_argument_opens_no_way_around(services: Services, crowded: Actor) -> None:
    engine = Engine(crowded.database, replace(services, settings=Settings()))
    text = "{ refused: tickets(first: -1) { totalCount } " + QUERIES["people"].removeprefix("{") % {"n": 50, "also": ""}
    request = GraphQLRequest(text, None, {}, {})

    operation = await engine.prepare(request, crowded)
    assert operation.spent.estimated > Limits().unplanned_cost
    with pytest.raises(OperationRefused) as refusal:
        await operation.execute()

    (error,) = orjson.loads(refusal.value.errors)
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("text", ["[", "# a\n", "|a\n|-\n" + "|\n" * 10_000, "***a** b* ", "~~a", "[a](<b"])
def test_a_text_full_of_marks_is_shown_as_it_is(text: str) -> None:
    whole = (text * 50_000)[:50_000]
    short = whole[: 50_000 * MOST_MARKS // len(MARK.findall(whole)) - 20]

    began = time.thread_time()
    assert to_html(short) != shown_as_it_is(short)
    assert time.thread_time() - began < 10 * CEILING
    assert to_html(whole) == shown_as_it_is(whole)


async def test_messages_become_html_beside_the_event_loop() -> None:
    began = time.thread_time()

    assert len(await rendered(["*a* " * (MOST_MARKS // 2)] * 20)) == 20

    assert time.thread_time() - began < CEILING / 2


async def test_events_are_spelled_beside_the_event_loop(services: Services, a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    await helpdesk.world.database.execute(
        """INSERT INTO support_event
SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'seq', e.seq + 10 + n))).*
FROM support_event e, generate_series(1, 1000) AS n WHERE e.organization_id = $1 AND e.type = 'TicketCreated'""",
        helpdesk.world.id,
    )
    engine = Engine(services.database, replace(services, settings=Settings()))

    took = await loop_time(engine, "{ eventsExport { text } }", helpdesk.world.admin)

    assert took < CEILING / 8
