"""No plan returns a row or a field that the ordinary path refuses, or that its reader may not see"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import orjson
import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest
from models.database import Database
from tests.access.documents import walks
from tests.plans.documents import Document, Pool
from tests.plans.marked import Marked, marked
from tests.plans.test_equivalence import outcome

SEED = 20261126
DEPTH = 4
NODE = "query($id: ID!) { node(id: $id) { id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


class Readers:
    """Both ways of running reads, and everybody who asks the same of one set of plans, one after the other."""

    def __init__(self, services: Services, house: Marked) -> None:
        self.house = house
        self._database = services.database
        self._planned = Engine(services.database, services)
        self._ordinary = Engine(services.database, services, planned=False)
        self.seen: Counter[str] = Counter()

    async def ask(self, name: str, request: GraphQLRequest) -> str:
        """What somebody is answered by a plan, which is what the ordinary path answers and nothing hidden."""
        actor = replace(self.house.people[name], database=self._database)
        plans = self._planned.plans
        assert plans
        given_up = plans.counts["fallback"]
        found = await outcome(self._planned, request, actor)
        # Where a required root field fails, what its siblings said by then is told, and that is a matter of time.
        if b'"data":null' not in found:
            assert found == await outcome(self._ordinary, request, actor), (name, request)
        told = found.decode()
        hidden = self.house.hidden(name, _answered(found))
        assert not hidden, (name, hidden, request, told)
        planned = plans.counts["fallback"] == given_up
        self.seen["planned" if planned else "not planned"] += 1
        if planned:
            self.seen[name] += len(self.house.found(told))
        return told


def _answered(body: bytes) -> str:
    """The data and the errors' sentences; an error about what somebody wrote may quote it."""
    return orjson.dumps(orjson.loads(body).get("data")).decode()


@pytest.fixture(scope="module")
async def readers(database_url: str, services: Services) -> AsyncIterator[Readers]:
    """The readers, in front of a clock that stands still: cursors of ranked lists tell the time."""
    now = services.database.now()
    async with Database.connect(database_url, connections=20, clock=lambda: now) as database:
        yield Readers(replace(services, database=database), await marked(database))


async def test_an_id_is_a_row_to_those_who_may_see_it_and_to_nobody_else(readers: Readers) -> None:
    house = readers.house
    people = list(house.people)
    for text in house.ids:
        # Whoever comes first makes the plan that all the others of the same role are answered by.
        Random(text).shuffle(people)
        for name in people:
            told = await readers.ask(name, GraphQLRequest(NODE, None, {"id": text}, {}))
            assert (text in told) == (name in house.seen_by[text]), (name, text, told)


async def test_of_all_ids_at_once_everybody_gets_their_own(readers: Readers) -> None:
    house = readers.house
    for start in range(0, len(house.ids), 100):
        ids = house.ids[start : start + 100]
        for name in house.people:
            told = orjson.loads(await readers.ask(name, GraphQLRequest(NODES, None, {"ids": ids}, {})))
            expected = [{"id": each} if name in house.seen_by[each] else None for each in ids]
            assert told["data"]["nodes"] == expected, name


@pytest.mark.parametrize("root", ["tickets", "users", "articles", "categories", "viewer", "cannedResponses", "node"])
async def test_a_walk_meets_nothing_hidden(readers: Readers, root: str) -> None:
    house = readers.house
    for text in house.ids if root == "node" else [""]:
        given = {"id": text} if text else {}
        for document in walks(root, given, DEPTH - 1 if text else DEPTH):
            for name in house.people:
                await readers.ask(name, GraphQLRequest(document, None, given, {}))


async def random_questions(readers: Readers, seeds: range) -> None:
    """Random documents about everybody's ids and texts, each put to everybody in some order."""
    house = readers.house
    texts = [each for each in house.seen_by if each.startswith("mark")]
    pool = Pool(house.ids, [""], texts, ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
    people = list(house.people)
    for seed in seeds:
        random = Random(seed)
        document = Document(random, pool)
        text = document.text()
        random.shuffle(people)
        for name in people:
            await readers.ask(name, GraphQLRequest(text, None, document.variables, {}))


async def test_random_questions_meet_nothing_hidden(readers: Readers) -> None:
    readers.seen.clear()

    await random_questions(readers, range(SEED, SEED + 150))

    # Many are planned, searches and what operations load by themselves are not; everybody has seen something by a plan.
    assert readers.seen["planned"] > readers.seen["not planned"] / 2, readers.seen
    assert all(readers.seen[name] for name in readers.house.people), readers.seen


@pytest.mark.long
async def test_many_random_questions_meet_nothing_hidden(readers: Readers) -> None:
    await random_questions(readers, range(SEED + 10_000, SEED + 14_000))
