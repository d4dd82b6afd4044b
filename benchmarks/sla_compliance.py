"""What compliance costs at 100,000 tickets with 250,000 clocks: `python -m benchmarks.sla_compliance`."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg

from benchmarks.buffers import Sent, touched
from benchmarks.seeding import END, Seeded, seed
from helpdesk.postgres import embedded_postgres
from models.actors import Actor, Role
from models.database import Database
from models.fields import new_id
from models.migrate import migrate
from models.sla import SlaDimension
from resolvers.compliance import ROWS_LIMIT, DateRange, sla_compliance

RANGES = {
    "a day": DateRange(date(2026, 10, 20), date(2026, 10, 20)),
    "a month": DateRange(date(2026, 10, 1), date(2026, 10, 31)),
    "a year": DateRange(date(2025, 11, 1), date(2026, 10, 31)),
}
BY: Sequence[tuple[SlaDimension, ...]] = (
    (),
    (SlaDimension.MONTH, SlaDimension.KIND),
    (SlaDimension.DAY,),
    (SlaDimension.PRIORITY, SlaDimension.POLICY),
    (SlaDimension.AGENT,),
)

_POLICY = """
WITH policy AS (
    INSERT INTO support_sla_policy (id, organization_id, name, position, is_default, targets, created_at, updated_at,
        version)
    VALUES ($1, $2, 'Standard', 0, TRUE, '{}', now(), now(), 1) RETURNING id
)
INSERT INTO support_sla_policy_version (id, organization_id, policy_id, number, definition, created_at)
SELECT $1, $2, id, 1, '{}', now() FROM policy
"""
# Of each ticket a first response and a resolution, of every other one a next response. A tenth is breached, most of it
# met later; what is at work has no end yet, and a few clocks have become due since anybody looked.
_CLOCKS = """
INSERT INTO support_sla_clock (id, organization_id, ticket_id, position, kind, state, priority, started_at,
    target_seconds, due_at, met_at, breached_at, agent_id, policy_version_id, warned, breach_recorded)
SELECT gen_random_uuid(), organization_id, ticket_id, position, kind,
    CASE WHEN met_at IS NOT NULL THEN CASE WHEN late THEN 'met_late' ELSE 'met' END
         WHEN late THEN 'breached' ELSE 'running' END,
    priority, started_at, 28800, due_at, met_at, CASE WHEN late THEN started_at + interval '8 hours' END,
    CASE WHEN late OR met_at IS NOT NULL THEN assignee_id END, $1, FALSE, FALSE
FROM (
    SELECT t.*, t.id AS ticket_id, clock.*, random() < 0.1 AS late,
        t.created_at + place * interval '3 hours' AS started_at,
        CASE WHEN status IN ('resolved', 'closed') OR place < 2 AND random() < 0.5
             THEN t.created_at + place * interval '3 hours' + random() * interval '8 hours' END AS met_at,
        CASE WHEN random() < 0.05 THEN $2::timestamptz - random() * interval '10 minutes'
             ELSE $2::timestamptz + interval '1 day' END AS due_at
    FROM support_ticket t
    CROSS JOIN (VALUES (0, 0, 'first_response'), (1, 2, 'next_response'), (2, 1, 'resolution'))
        AS clock(place, position, kind)
    WHERE kind <> 'next_response' OR t.number % 2 = 0
    ORDER BY t.created_at
) AS made
"""


async def with_clocks(url: str, tickets: int) -> Seeded:
    """Seed one organization whose tickets have clocks."""
    await migrate(url)
    (seeded,) = await seed(url, tickets=tickets, messages=tickets, shares=(1.0,))
    connection = await asyncpg.connect(url)
    version_id = new_id()
    await connection.execute(_POLICY, version_id, seeded.id)
    await connection.execute(_CLOCKS, version_id, END)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    return seeded


async def measure(url: str, tickets: int) -> None:
    """Print the time, the pages and the rows of each question."""
    seeded = await with_clocks(url, tickets)
    beside = await asyncpg.connect(url)
    sent = Sent()
    async with Database.connect(url, connections=1, clock=lambda: END) as database:
        async with database.connection() as connection:
            connection.add_query_logger(sent.log)
        actor = Actor.member(database, seeded.id, seeded.admin, Role.ADMIN)
        print(f"{await beside.fetchval('SELECT count(*) FROM support_sla_clock'):,} clocks")
        for name, over in RANGES.items():
            for by in BY:
                took, rows = await _time(actor, over, by)
                counting = next(each for each in reversed(sent) if "support_sla_clock" in each.sql)
                print(
                    f"{name:8} by {', '.join(by) or 'nothing':18}: {took * 1000:7.1f} ms,"
                    f" {await touched(beside, counting):6,} pages, {len(rows):4} rows,"
                    f" {sum(row.met + row.met_late + row.breached + row.running for row in rows):7,} clocks"
                )
        print(json.dumps(await _nodes(beside, counting)))
    await beside.close()


async def _time(actor: Actor, over: DateRange, by: Sequence[SlaDimension]) -> tuple[float, Any]:
    """The least of five times, in seconds."""
    times = []
    for _ in range(5):
        began = perf_counter()
        rows = await sla_compliance(actor, actor.database.fetch, over, by, ROWS_LIMIT)
        times.append(perf_counter() - began)
    return min(times), rows


async def _nodes(connection: asyncpg.Connection, statement: Any) -> list[str]:
    """The steps of the statement's plan."""
    plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.sql}", *statement.values))
    found, todo = [], [plan[0]["Plan"]]
    while todo:
        node = todo.pop(0)
        found.append(f"{node['Node Type']} {node.get('Index Name', node.get('Relation Name', ''))}".strip())
        todo += node.get("Plans", [])
    return found


def main() -> None:
    """Make a database, measure, and take it away."""
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres", durable=False) as url:
        asyncio.run(measure(url, 100_000))


if __name__ == "__main__":
    main()
