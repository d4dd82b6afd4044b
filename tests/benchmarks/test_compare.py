"""`make bench` in small: the servers answer alike, and the order between them is as it should be"""

from __future__ import annotations

from pathlib import Path

from benchmarks.compare import compare, seeded
from benchmarks.servers import floor, idiomatic, product
from tests.databases import a_database


async def test_the_product_costs_less_than_the_idiomatic_server(postgres_url: str, tmp_path: Path) -> None:
    async with a_database(postgres_url, migrated=False) as url:
        filled = await seeded(url, 2_000)

        with product(url, tmp_path, filled.agent_token) as ours, floor(url) as least, idiomatic(url) as usual:
            found = await compare(filled, [ours, least, usual], rounds=1, requests=80)

    servers = ["helpdesk", "floor", "idiomatic"]
    assert {question: list(costs) for question, costs in found.items()} == {"Q1": servers, "Q2": servers, "M1": servers}
    # By a factor of ten and more: far enough apart for one round on a busy machine.
    assert found["Q2"]["helpdesk"].server < found["Q2"]["idiomatic"].server
    assert found["Q2"]["floor"].server < found["Q2"]["idiomatic"].server
    assert all(cost.server > 0 and cost.postgres > 0 for costs in found.values() for cost in costs.values())
