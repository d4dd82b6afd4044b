"""A query that fails leaves nothing behind: no coroutine that nobody awaited, no failure that nobody heard of"""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import orjson
import pytest
from graphql import build_schema, graphql

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.reading.sharing import SharedLoader
from graphql_api.requests import GraphQLRequest
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

WRONG = 'wrong: messages(after: "wrong") { totalCount }'
THREAD = "messages(first: 2) { nodes { ticket { id allowedTransitions requester { name } } author { name } } }"
FAILING = {
    "a sibling of a value": f"nodes {{ allowedTransitions {WRONG} }}",
    "one before it": f"nodes {{ {WRONG} allowedTransitions requester {{ name }} }}",
    "one above it": f"nodes {{ {WRONG} requester {{ name }} {THREAD} }}",
    "one far above it": f"nodes {{ {THREAD} {WRONG} category {{ name }} }}",
    "two lists": f"edges {{ node {{ {THREAD} {WRONG} }} }} nodes {{ {THREAD} allowedTransitions }}",
    "another root field": f"nodes {{ {THREAD} allowedTransitions }} }} other: tickets(first: 1) {{ nodes {{ {WRONG} }}",
    "one that fails later": f"nodes {{ {THREAD} late: messages(first: 1) {{ nodes {{ ticket {{ {WRONG} }} }} }} }}",
    "many of them": f"nodes {{ {WRONG} a{WRONG} b{WRONG} c{WRONG} }}",
}


@contextmanager
def what_is_left() -> Iterator[Counter[str]]:
    """What nobody awaited or heard of, as Python tells of it."""
    left: Counter[str] = Counter()
    loop, told = asyncio.get_running_loop(), sys.unraisablehook
    sys.unraisablehook = lambda each: left.update([str(each.exc_value)])
    loop.set_exception_handler(lambda _loop, each: left.update([each["message"]]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield left
            gc.collect()
    finally:
        loop.set_exception_handler(None)
        sys.unraisablehook = told


@pytest.mark.parametrize("selection", FAILING.values(), ids=FAILING)
async def test_a_failing_query_leaves_nothing_behind(a_helpdesk: Make, services: Services, selection: str) -> None:
    helpdesk = await a_helpdesk()
    for _ in range(6):
        await helpdesk.ticket()
    engine = Engine(services.database, services, planned=False)
    actor = replace(helpdesk.world.customer, database=services.database)
    request = GraphQLRequest(f"{{ tickets {{ {selection} }} }}", None, {}, {})

    with what_is_left() as left:
        answer = orjson.loads((await (await engine.prepare(request, actor)).execute()).body)
        # What is given up ends in the next turns of the loop.
        await helpdesk.agent.query("{ feedCursor }")

    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_INPUT"}
    assert left == {}


SCHEMA = build_schema("type Query { fails: Int! rows: [Row!]! } type Row { rows: [Row!]! row: Row! value: Int! }")

LEVELS = ["rows {{ {} }}", "rows {{ row {{ {} }} value }}", "rows {{ {} other: rows {{ value }} }}"]


class Query:
    """What is there at once, and takes a turn of the loop at each level nevertheless."""

    async def fails(self, _info: object) -> int:
        raise ValueError("not this")

    async def rows(self, _info: object) -> list[Query]:
        return [Query(), Query()]

    async def row(self, _info: object) -> Query:
        return Query()

    async def value(self, _info: object) -> int:
        return 1


@pytest.mark.parametrize("levels", range(6))
@pytest.mark.parametrize("level", LEVELS)
async def test_what_had_no_turn_yet_when_a_sibling_fails_is_not_left_behind(level: str, levels: int) -> None:
    deep = "rows { value }"
    for _ in range(levels):
        deep = level.format(deep)

    with what_is_left() as left:
        result = await graphql(SCHEMA, f"{{ {deep} fails again: fails }}", Query())
        for _ in range(levels + 2):
            await asyncio.sleep(0)

    assert [error.message for error in result.errors or ()] == ["not this"]
    assert left == {}


async def test_a_failure_whose_reader_leaves_at_the_same_moment_is_heard() -> None:
    with what_is_left() as left:
        reading: list[asyncio.Future[int]] = []

        async def load(_keys: list[int]) -> list[int | BaseException]:
            reading.pop().cancel()
            return [ValueError("not this")]

        reading.append(asyncio.ensure_future(SharedLoader(load_fn=load).load(1)))
        for _ in range(4):
            await asyncio.sleep(0)

    assert (reading, left) == ([], {})
