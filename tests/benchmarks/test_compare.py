"""`make bench` in small: the servers answer alike, and the order between them is as it should be"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from benchmarks.compare import compare, seeded
from benchmarks.servers import floor, idiomatic, product
from models.fields import new_id


async def test_the_product_costs_less_than_the_idiomatic_server(postgres_url: str, tmp_path: Path) -> None:
    name = f"compared_{new_id().hex}"
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    filled = await seeded(url, 2_000)

    with product(url, tmp_path, filled.agent_token) as ours, floor(url) as least, idiomatic(url) as usual:
        found = await compare(filled, [ours, least, usual], rounds=1, requests=80)

    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()
    servers = ["helpdesk", "floor", "idiomatic"]
    assert {question: list(costs) for question, costs in found.items()} == {"Q1": servers, "Q2": servers, "M1": servers}
    # By a factor of ten and more: far enough apart for one round on a busy machine.
    assert found["Q2"]["helpdesk"].server < found["Q2"]["idiomatic"].server
    assert found["Q2"]["floor"].server < found["Q2"]["idiomatic"].server
    assert all(cost.server > 0 and cost.postgres > 0 for costs in found.values() for cost in costs.values())
