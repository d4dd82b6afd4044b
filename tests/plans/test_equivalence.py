"""Plans and the ordinary executor give the same bytes, whatever is asked"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest, Refusal
from models.actors import Actor, Role
from tests.plans.documents import Document, Pool
from tests.plans.furniture import furnish
from tests.world import World

Organizations = Callable[[], Awaitable[World]]

SEED = 20261125
AGAIN = 20


async def outcome(engine: Engine, request: GraphQLRequest, actor: Actor) -> bytes:
    """The answer's bytes less what is left of the caller's budget; errors, which come in any order, in one order."""
    try:
        body = (await (await engine.prepare(request, actor)).execute()).body
        body = re.sub(rb',"remaining":\d+', b"", body)
    except Refusal as refusal:
        body = refusal.body
    if body.startswith(b'{"errors"'):
        answer = orjson.loads(body)
        answer["errors"].sort(key=orjson.dumps)
        return orjson.dumps(answer)
    return body


async def compare(services: Services, actors: dict[Role, Actor], pool: Pool, seeds: range) -> Counter[str]:
    """Run queries both ways; what came of them, and of how many by a plan."""
    # On a busy machine the one might take too long, and the other not.
    limits = replace(services.settings.limits, seconds=600)
    services = replace(services, settings=replace(services.settings, limits=limits))
    planned, ordinary = (
        Engine(services.database, services),
        Engine(services.database, services, planned=False),
    )
    plans = planned.plans
    assert plans
    seen: Counter[str] = Counter()
    for seed in seeds:
        random = Random(seed)
        document = Document(random, pool)
        text = document.text()
        actor = replace(actors[random.choice(list(actors))], database=services.database)
        request = GraphQLRequest(text, None, document.variables, {})
        expected = await outcome(ordinary, request, actor)
        given_up = plans.counts["fallback"]
        found = await outcome(planned, request, actor)
        for _ in range(AGAIN):
            if found == expected or b'"data":null' not in expected:
                break
            # Where a required root field fails, what its siblings said by then is told, and that is a matter of time.
            expected, found = await outcome(ordinary, request, actor), await outcome(planned, request, actor)
        assert found == expected, (seed, actor.role, text, document.variables)
        kind = kind_of_answer(expected)
        seen[kind] += 1
        seen[f"planned {kind}"] += plans.counts["fallback"] == given_up
    assert "INTERNAL" not in " ".join(seen)
    return seen


def kind_of_answer(body: bytes) -> str:
    """Data, errors, or both."""
    answer: dict[str, Any] = orjson.loads(body)
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    return ", ".join(sorted(codes)) or "data"


@pytest.fixture(scope="module")
async def furnished(services: Services) -> tuple[dict[Role, Actor], Pool]:
    """Two organizations full of odd things, and the values that lead to them."""
    return await furnish(services)


async def test_two_thousand_queries(services: Services, furnished: tuple[dict[Role, Actor], Pool]) -> None:
    seen = await compare(services, *furnished, range(SEED, SEED + 2_000))

    # Few are refused, and most of the rest are planned; what operations load by themselves is not.
    assert seen["data"] > 1_000, seen
    assert seen["planned data"] > 0.5 * seen["data"], seen


@pytest.mark.long
async def test_fifty_thousand_queries(services: Services, furnished: tuple[dict[Role, Actor], Pool]) -> None:
    seen = await compare(services, *furnished, range(SEED + 10_000, SEED + 60_000))

    assert seen["data"] > 25_000, seen
    assert seen["planned data"] > 0.5 * seen["data"], seen
