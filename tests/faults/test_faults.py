"""The short form of `make faults`: each kind of fault a few times, and a checker that would see what went wrong"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks.faults.checker import verdict
from benchmarks.faults.injecting import inject, kill_api, kill_connections, kill_workers, restart_fast
from benchmarks.faults.points import Point
from benchmarks.faults.site import Site, missed, posted
from models.database import Database

# Each takes away, or adds, what the checker must miss or see.
TAMPERING = {
    "lost": "DELETE FROM support_ticket_message WHERE id = (SELECT id FROM support_ticket_message m"
    " WHERE organization_id = $1 AND id = (SELECT last_message_id FROM support_ticket t WHERE t.id = m.ticket_id)"
    " AND body <> (SELECT subject FROM support_ticket t WHERE t.id = m.ticket_id) LIMIT 1)",
    "doubled": "UPDATE support_ticket_message SET body = (SELECT subject FROM support_ticket"
    " WHERE organization_id = $1 LIMIT 1) WHERE id = (SELECT id FROM support_ticket_message WHERE organization_id = $1"
    " AND internal LIMIT 1)",
    "torn": "UPDATE support_ticket SET message_count = message_count + 1 WHERE id ="
    " (SELECT id FROM support_ticket WHERE organization_id = $1 LIMIT 1)",
    "gaps": "DELETE FROM support_event WHERE organization_id = $1 AND seq = 3",
    "unfollowed": "DELETE FROM support_reaction WHERE id = (SELECT id FROM support_reaction WHERE organization_id = $1"
    " AND name = 'triage' LIMIT 1)",
}


async def test_nothing_is_lost_and_nothing_done_twice(tmp_path: Path) -> None:
    async with Site.open(tmp_path, lease=2.0) as site:
        tenants = [await site.tenant(), await site.tenant()]
        site.paced = True
        async with site.clients(tenants, 2, seed=7):
            await kill_workers(site, [*Point], random.Random(7), most=3)
            await inject(site, "the API", kill_api, times=1, every=10)
            await inject(site, "connections", kill_connections, times=1, every=10)
            await inject(site, "PostgreSQL", restart_fast, times=1, every=10)

        assert await site.judged(tenants, followed=True) == []
        assert site.acknowledged > 50
        assert sum(site.sink.received.values()) > len(site.sink.received) > 20
        assert all(each.subscriber.returns >= 1 for tenant in tenants for each in tenant.followed)
        await _is_seen(site)


async def _is_seen(site: Site) -> None:
    """What somebody takes out of the database, or puts in, is found out; and so is what subscribers are shown wrongly,
    and mail that is missing or that nobody asked for."""
    ledger, followed = site.tenants[0].ledger, site.tenants[0].followed
    async with Database.connect(site.cluster.url, connections=2) as database:
        for kind, statement in TAMPERING.items():
            with pytest.raises(_UndoError):
                async with database.transaction() as connection:
                    await connection.execute("SET CONSTRAINTS ALL DEFERRED")
                    await connection.execute(statement, ledger.organization_id)
                    found = await verdict(connection, ledger, followed=True)
                    assert getattr(found, kind), kind
                    raise _UndoError
        for each in followed:
            for shown in _shown_wrongly(each.subscriber.shown):
                subscriber = replace(each.subscriber, shown=shown)
                assert await missed(database, replace(each, subscriber=subscriber), within=0), shown
    wanted, (one, *others) = site.due.keys(), site.sink.received
    assert posted(wanted, others) == [f"mail {one} did not come"]
    assert posted(wanted, [one, *others, "<other>"]) == ["mail <other> was not to come"]


def _shown_wrongly(shown: list[UUID]) -> Iterator[list[UUID]]:
    """One left out, one twice, two in the wrong order, one that is somebody else's."""
    first, second, *others = shown
    yield [second, *others]
    yield [first, first, second, *others]
    yield [second, first, *others]
    yield [uuid4(), second, *others]


class _UndoError(Exception):
    """The rows are to be as they were."""
