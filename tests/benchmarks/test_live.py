"""`make bench-live` in small: the same clients follow all servers, and the order between them is as it should be"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from benchmarks.live.__main__ import goals, table
from benchmarks.live.fan_out import fan_out
from benchmarks.live.organizations import found
from benchmarks.live.servers import BARE, NODE, PRODUCT, VANILLA, peer, peers, product
from models.database import Database
from tests.databases import a_database


async def test_an_event_costs_less_than_by_strawberry_alone(postgres_url: str, tmp_path: Path) -> None:
    async with a_database(postgres_url) as url:
        async with Database.connect(url, connections=2) as database:
            tenant = await found(database, "followed", 5)

        with ExitStack() as stack:
            servers = [stack.enter_context(product(url, tmp_path, tenant))]
            servers += [stack.enter_context(peer(name, command)) for name, command in peers().items()]
            costs = await fan_out(servers, count=100, events=3, rounds=2, told=lambda _: None)

    assert {PRODUCT, BARE, VANILLA} <= set(costs) <= {PRODUCT, BARE, VANILLA, NODE}
    assert table(costs).row_count == len(costs)
    assert min(costs[PRODUCT]) < min(costs[VANILLA])


def test_goals_say_what_was_reached() -> None:
    said = goals({PRODUCT: [12.0, 13.0], BARE: [10.0, 16.0], NODE: [20.0]})

    assert said == [
        "bare ASGI: 1.20 x; the goal is 1.5: reached.",
        "graphql-ws on Node: 0.60 x; the goal is 0.5: missed.",
    ]
