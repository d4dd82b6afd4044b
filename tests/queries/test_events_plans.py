"""How much of a long log the audit trail touches, whatever it is asked"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import orjson
import pytest

from models.actors import ActorKind
from models.fields import new_id
from resolvers.access import Parameters
from resolvers.audit import EventFilter, Stretch, listing
from tests.world import World

Make = Callable[[], Awaitable[World]]

LENGTH = int(os.environ.get("TEST_LOG_LENGTH", "40000"))
# A page of 100 by any filter; walking the log would touch some thousand, and ever more.
BUFFERS = 400

# A long life: one agent and one customer write, a kind that is rare now was common once, the AI did one thing.
_FILL = """INSERT INTO support_event (id, organization_id, seq, type, ticket_id, actor_kind, actor_id, visibility,
  person_id, data, reacts, occurred_at, recorded_at)
SELECT gen_random_uuid(), $1::uuid, n,
  CASE WHEN n <= $2::int / 10 THEN 'TicketClosed' WHEN n % 3 = 0 THEN 'TicketResolved' ELSE 'MessageAdded' END,
  ($5::uuid[])[1 + n % 1000], CASE WHEN n = 5 THEN 'ai' WHEN n % 2 = 0 THEN 'agent' ELSE 'customer' END,
  CASE WHEN n = 5 THEN NULL WHEN n = 7 THEN $6::uuid WHEN n % 2 = 0 THEN $3::uuid ELSE $4::uuid END,
  'staff', NULL, '{}', FALSE, t, t
FROM generate_series(1, $2::int) AS n, LATERAL (SELECT now() - make_interval(mins => $2::int - n) AS t) AS time"""


@pytest.fixture
async def long_log(an_organization: Make) -> tuple[World, list[UUID]]:
    """An organization that has done much, and its tickets."""
    world = await an_organization()
    tickets = [new_id() for _ in range(1000)]
    people = [world.agent.user_id, world.customer.user_id, tickets, world.analyst.user_id]
    await world.database.execute(_FILL, world.id, LENGTH, *people)
    await world.database.execute(
        "UPDATE support_event_counter SET seq = $1 WHERE organization_id = $2", LENGTH, world.id
    )
    await world.database.execute("ANALYZE support_event")
    return world, tickets


async def touched(world: World, wanted: EventFilter, part: Stretch) -> tuple[int, int]:
    """How many buffers reading a page touches, and how many rows it brings."""
    parameters = Parameters(world.admin)
    sql = listing(wanted, part, parameters)
    (row,) = await world.database.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *parameters.values)
    plan: Any = row["QUERY PLAN"]
    top = (orjson.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"], top["Actual Rows"]


async def test_no_filter_walks_the_whole_log(long_log: tuple[World, list[UUID]]) -> None:
    world, tickets = long_log
    now = world.database.now()
    choices: dict[str, list[Any]] = {
        "kinds": [None, ["TicketClosed"], ["TicketAssigned"], ["MessageAdded", "TicketClosed"]],
        "actor_id": [None, world.agent.user_id, world.analyst.user_id, world.admin.user_id],
        "actor_kind": [None, ActorKind.AI, ActorKind.AGENT, ActorKind.SYSTEM],
        "ticket_id": [None, tickets[7]],
        "recorded_from": [None, now - timedelta(minutes=LENGTH / 2)],
        "recorded_before": [None, now - timedelta(minutes=LENGTH * 0.95)],
    }
    most: tuple[int, Any] = (0, None)
    for values in product(*choices.values()):
        wanted = EventFilter(**dict(zip(choices, values, strict=True)))
        for part in (Stretch(101, newest_first=True), Stretch(101, above=LENGTH // 3)):
            buffers, rows = await touched(world, wanted, part)
            most = max(most, (buffers, (wanted, part, rows)), key=lambda found: found[0])
    assert most[0] <= BUFFERS, most
