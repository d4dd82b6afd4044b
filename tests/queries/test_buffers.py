"""What the common lists of tickets read of the database: so many pages of 8 kB, however many tickets there are"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from benchmarks.buffers import Sent, touched
from benchmarks.seeding import Seeded, seed
from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from graphql_api.reading.paging import Order, seal
from models.actors import Actor, Role
from models.database import Database
from tests.client import Client
from tests.databases import a_database
from tests.serving import serving
from tests.world import token_for

LIST = """query($search: String, $filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String) {
  tickets(search: $search, filter: $filter, orderBy: $order, first: $first, after: $after) {
    nodes { number } pageInfo { endCursor } } }"""
COUNT = """query($search: String, $filter: TicketFilter, $order: TicketOrder) {
  tickets(search: $search, filter: $filter, orderBy: $order, first: 0) { totalCount } }"""


@dataclass(frozen=True)
class Scale:
    """A seeded database, the statements that its server sends, and two people of its largest organization."""

    seeded: Seeded
    database: asyncpg.Connection
    sent: Sent
    agent: Client
    customer: Client
    me: str

    async def buffers(self, mode: str) -> list[int]:
        """The pages that each of the statements sent touches when it is planned in that way."""
        await self.database.execute(f"SET plan_cache_mode = {mode}")
        return [await touched(self.database, each) for each in self.sent]


@asynccontextmanager
async def at_scale(postgres_url: str, services: Services) -> AsyncIterator[Scale]:
    """100,000 tickets with 400,000 messages in ten organizations; the largest has 40,000."""
    async with a_database(postgres_url) as url:
        largest, *_ = await seed(url)
        await with_clocks(url)
        async with looking_at(url, largest, services) as found:
            yield found


async def with_clocks(url: str) -> None:
    """Give the tickets states and due times as reckoning would: of the open ones, one in ten is late."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "UPDATE support_ticket SET sla_state = CASE WHEN status IN ('resolved', 'closed')"
        " THEN CASE WHEN number % 10 = 0 THEN 'met_late' ELSE 'met' END"
        " WHEN number % 10 = 0 THEN 'breached' WHEN number % 10 = 1 THEN 'paused' ELSE 'running' END,"
        " sla_due_at = CASE WHEN status IN ('resolved', 'closed') OR number % 10 = 1 THEN sla_due_at"
        " WHEN number % 10 = 0 THEN now() - number * interval '1 second' ELSE now() + number * interval '1 minute' END"
    )
    await connection.execute("VACUUM ANALYZE support_ticket")
    await connection.close()


@asynccontextmanager
async def looking_at(url: str, largest: Seeded, services: Services) -> AsyncIterator[Scale]:
    """A server of a seeded database, on one connection that is listened to."""
    sent = Sent()
    beside = await asyncpg.connect(url)
    async with Database.connect(url, connections=1) as database:
        people = [(largest.agents[0], Role.AGENT), (largest.customers[0], Role.CUSTOMER)]
        tokens = [(await token_for(Actor.member(database, largest.id, id, role)))[1] for id, role in people]
        async with database.connection() as connection:
            connection.add_query_logger(sent.log)
        async with (
            serving(Application(Engine(database, services))) as address,
            httpx.AsyncClient(base_url=address, timeout=60) as http,
        ):
            agent, customer = (Client(http, token) for token in tokens)
            yield Scale(largest, beside, sent, agent, customer, encode("usr", largest.agents[0]))
    await beside.close()


# A list, who asks for it, and how many pages all its statements together may touch: about twice what they did when this
# was written. Lists by columns stay within a few hundred whatever the number of tickets; a tag, and a word that is
# neither rare nor common, cost what lies between walking the list and looking them up.
LISTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "newest": ("agent", {}, 50),
    "oldest": ("agent", {"order": {"field": "CREATED_AT", "direction": "ASC"}}, 50),
    "last changed": ("agent", {"order": {"field": "UPDATED_AT"}}, 50),
    "by number": ("agent", {"order": {"field": "NUMBER"}}, 50),
    "deep in the list": ("agent", {"after": "{deep}"}, 50),
    "open": ("agent", {"filter": {"status": ["OPEN"]}}, 100),
    "being worked on": ("agent", {"filter": {"status": ["OPEN", "PENDING", "IN_PROGRESS"]}}, 100),
    "being worked on, last changed": (
        "agent",
        {"filter": {"status": ["OPEN", "PENDING", "IN_PROGRESS"]}, "order": {"field": "UPDATED_AT"}},
        100,
    ),
    "closed": ("agent", {"filter": {"status": ["CLOSED"]}}, 100),
    "closed, deep in the list": ("agent", {"filter": {"status": ["CLOSED"]}, "after": "{deep}"}, 100),
    "urgent": ("agent", {"filter": {"priority": ["URGENT"]}}, 150),
    "mine": ("agent", {"filter": {"assignedToMe": True}}, 200),
    "mine, last changed": ("agent", {"filter": {"assignedToMe": True}, "order": {"field": "UPDATED_AT"}}, 100),
    "my open ones": ("agent", {"filter": {"assignedToMe": True, "status": ["OPEN"]}}, 100),
    "a colleague's": ("agent", {"filter": {"assigneeId": "{colleague}"}}, 1_500),
    "nobody's": ("agent", {"filter": {"unassigned": True}}, 100),
    "nobody's open ones": ("agent", {"filter": {"unassigned": True, "status": ["OPEN"]}}, 300),
    "with a common tag": ("agent", {"filter": {"tag": "billing"}}, 1_500),
    "with a rare tag": ("agent", {"filter": {"tag": "project-77"}}, 1_500),
    "with a tag between the two": ("agent", {"filter": {"tag": "vip"}}, 6_000),
    "the next to be due": ("agent", {"order": {"field": "SLA_DUE_AT", "direction": "ASC"}}, 60),
    "late, newest": ("agent", {"filter": {"slaState": ["BREACHED"]}}, 100),
    "late, the most urgent": (
        "agent",
        {"filter": {"slaState": ["BREACHED"]}, "order": {"field": "SLA_DUE_AT", "direction": "ASC"}},
        100,
    ),
    "running, the next to be due": (
        "agent",
        {"filter": {"slaState": ["RUNNING"]}, "order": {"field": "SLA_DUE_AT", "direction": "ASC"}},
        100,
    ),
    "due before long": ("agent", {"filter": {"slaDueBefore": "2030-01-01T00:00:00Z"}}, 100),
    "in a category": ("agent", {"filter": {"categoryId": "{category}"}}, 100),
    "of a customer": ("agent", {"filter": {"requesterId": "{requester}"}}, 100),
    "a customer's own": ("customer", {}, 100),
    "a customer's own, last changed": ("customer", {"order": {"field": "UPDATED_AT"}}, 100),
    "a customer's own open ones": ("customer", {"filter": {"status": ["OPEN"]}}, 100),
    "a rare word": ("agent", {"search": "{rare} "}, 5_000),
    "a rare word, newest": ("agent", {"search": "{rare} ", "order": {"field": "CREATED_AT"}}, 5_000),
    "an unfinished word": ("agent", {"search": "certif", "order": {"field": "CREATED_AT"}}, 15_000),
    "a common word, newest": ("agent", {"search": "help ", "order": {"field": "CREATED_AT"}}, 1_000),
    "a common word, deep in the list": (
        "agent",
        {"search": "help ", "order": {"field": "CREATED_AT"}, "after": "{deep}"},
        1_000,
    ),
    "the commonest word, last changed": ("agent", {"search": "the ", "order": {"field": "UPDATED_AT"}}, 1_000),
    "a common word, the best": ("agent", {"search": "help "}, 40_000),
    "the commonest word, the best": ("agent", {"search": "the "}, 40_000),
    "common words": ("agent", {"search": "printer account order ", "order": {"field": "CREATED_AT"}}, 40_000),
    "a word of my open ones": (
        "agent",
        {"search": "help", "filter": {"assignedToMe": True, "status": ["OPEN"]}, "order": {"field": "CREATED_AT"}},
        3_000,
    ),
    "a name": ("agent", {"search": "Krüger ", "order": {"field": "CREATED_AT"}}, 15_000),
    "a name with a typo": ("agent", {"search": "zimmremann ", "order": {"field": "CREATED_AT"}}, 10_000),
    "a number": ("agent", {"search": "#12345", "order": {"field": "CREATED_AT"}}, 5_000),
    "a word that nobody wrote": ("agent", {"search": "xyzzyxyzzy ", "order": {"field": "CREATED_AT"}}, 5_000),
    "a common word, by a customer": ("customer", {"search": "help "}, 10_000),
}
EMPTY = {"a word that nobody wrote"}
# Every count of a list reads the list; of a search, no more than the first thousand hits.
COUNTS: dict[str, tuple[dict[str, Any], int]] = {
    "all": ({}, 3_000),
    "open": ({"filter": {"status": ["OPEN"]}}, 3_000),
    "a rare word": ({"search": "{rare} "}, 10_000),
    "a common word": ({"search": "help "}, 60_000),
}


async def filled(scale: Scale, given: Any) -> Any:
    """The variables with what stands for a row of the largest organization."""
    if isinstance(given, dict):
        return {name: await filled(scale, value) for name, value in given.items()}
    if not isinstance(given, str) or "{" not in given:
        return given
    place = given.strip().strip("{}")
    largest = scale.seeded
    if place == "colleague":
        return encode("usr", largest.agents[-1])
    if place == "requester":
        return encode("usr", largest.customers[0])
    if place == "category":
        return encode("cat", await scale.database.fetchval(CATEGORY, largest.id))
    if place == "deep":
        (row,) = await scale.database.fetch(DEEP, largest.id, largest.tickets // 2)
        return seal(NEWEST, row)
    return f"{await scale.database.fetchval(RARE)} "


NEWEST = Order("created_at-True", ("created_at", "id"), descending=True)
CATEGORY = "SELECT category_id FROM support_ticket WHERE organization_id = $1 AND category_id IS NOT NULL LIMIT 1"
DEEP = "SELECT created_at, id FROM support_ticket WHERE organization_id = $1 ORDER BY number OFFSET $2 LIMIT 1"
# The word that fewest of the earliest messages have.
RARE = """
SELECT word FROM ts_stat('SELECT words FROM support_ticket_message WHERE ctid < $$(300,0)$$')
WHERE length(word) > 7 AND word ~ '^[a-z]+$' ORDER BY ndoc, word LIMIT 1
"""


async def test_lists_at_100_000_tickets(postgres_url: str, services: Services) -> None:
    # One test, because another process that took a part of it would have to seed a database too.
    async with at_scale(postgres_url, services) as scale:
        await what_is_seeded_is_as_the_counters_say(scale)
        await a_search_goes_on_by_date_and_stops_at_500_by_relevance(scale)
        pages = {name: await pages_of_a_list(scale, name) for name in LISTS}
        counts = {name: await pages_of_a_count(scale, name) for name in COUNTS}

    assert {name: found for name, found in pages.items() if sum(found) > LISTS[name][-1]} == {}
    assert {name: found for name, found in counts.items() if sum(found) > COUNTS[name][-1]} == {}


async def pages_of_a_list(scale: Scale, name: str) -> list[int]:
    """What each statement touches for the first page."""
    who, given, _limit = LISTS[name]
    client: Client = getattr(scale, who)
    variables = await filled(scale, given)
    scale.sent.clear()
    shown = (await client.query(LIST, **variables))["tickets"]["nodes"]
    assert bool(shown) is (name not in EMPTY), name
    return await scale.buffers("auto")


async def pages_of_a_count(scale: Scale, name: str) -> list[int]:
    """What each statement touches for totalCount."""
    given, _limit = COUNTS[name]
    variables = await filled(scale, given)
    scale.sent.clear()
    counted = (await scale.agent.query(COUNT, order={"field": "CREATED_AT"}, **variables))["tickets"]["totalCount"]
    assert counted > 0, name
    return await scale.buffers("auto")


async def a_search_goes_on_by_date_and_stops_at_500_by_relevance(scale: Scale) -> None:
    """Pages of a word that thousands of tickets have."""
    found = {}
    for field in ("CREATED_AT", "RELEVANCE"):
        numbers: list[int] = []
        after = None
        for _ in range(7):
            given = {"search": "the ", "order": {"field": field}, "first": 100, "after": after}
            shown = (await scale.agent.query(LIST, **given))["tickets"]
            numbers += [each["number"] for each in shown["nodes"]]
            after = shown["pageInfo"]["endCursor"] or after
        assert len(set(numbers)) == len(numbers)
        found[field] = len(numbers)
    assert found == {"CREATED_AT": 700, "RELEVANCE": 500}


async def what_is_seeded_is_as_the_counters_say(scale: Scale) -> None:
    """The seeder's promise; constraints, foreign keys too, it has met already."""
    rows = await scale.database.fetch(
        "SELECT c.ticket_number, count(t.id) AS tickets, max(t.number) AS highest,"
        " sum(t.message_count)::int AS messages,"
        " (SELECT count(*) FROM support_ticket_message m WHERE m.organization_id = c.organization_id) AS stored"
        " FROM support_event_counter c JOIN support_ticket t USING (organization_id) GROUP BY c.organization_id"
    )
    assert len(rows) == 10
    assert sum(row["tickets"] for row in rows) == 100_000
    assert 380_000 < sum(row["stored"] for row in rows) < 420_000
    for row in rows:
        assert row["ticket_number"] == row["tickets"] == row["highest"]
        assert row["messages"] == row["stored"]
