"""What service levels cost: clocks reckoned after an event, an edit that concerns 10,000 open tickets, a list.

    .venv/bin/python -m benchmarks.clocks

A database of its own, made afresh and thrown away. Server CPU is this process's, which runs nothing else meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time, thread_time
from uuid import UUID

from helpdesk.postgres import embedded_postgres
from helpdesk.serving import spare_the_collector
from models.actors import Actor, ActorKind, Role
from models.database import Database
from models.fact import Change
from models.lifecycle import TicketPriority, TicketStatus
from models.migrate import migrate
from models.rows import new
from models.service_level_events import SlaPolicyChanged
from models.service_levels import SlaPolicy, SlaPolicyVersion
from models.sla import Policy, PolicyDefinition, Targets
from models.writer import organization_write
from resolvers.clocks import clocks_of
from resolvers.imports import ImportedTicket, Person, Said, import_tickets
from resolvers.organizations import add_member, create_organization
from resolvers.recalculation import recalculate, reckon_new
from resolvers.reckoning import reckon
from resolvers.tickets import change_ticket_status

TICKETS = 10_000
EVENTS = 500
LISTS = 200


async def promise(system: Actor, hours: int, policy_id: UUID | None = None) -> SlaPolicyChanged:
    """A default policy, or another version of it."""
    span = timedelta(hours=hours)
    terms = Policy(dict.fromkeys(TicketPriority, Targets(span, span, 3 * span)), span / 4)
    said = PolicyDefinition("Standard", terms, is_default=True).as_json()
    async with organization_write(system) as write:
        made = {"organization_id": system.organization_id, "definition": said, "created_at": write.now}
        if policy_id is None:
            policy = new(SlaPolicy, name="Standard", is_default=True, updated_at=write.now, **made)
            write.insert(policy)
            policy_id = policy.id
        version = new(SlaPolicyVersion, policy_id=policy_id, number=hours, **made)
        write.insert(version)
        fact = SlaPolicyChanged(policy_id, version.id, Change.UPDATED)
        write.record(fact)
    return fact


async def tickets(system: Actor) -> None:
    """Open tickets with five messages each."""
    chance, now = random.Random(1), system.database.now()
    for start in range(0, TICKETS, 200):
        told = []
        for number in range(start, start + 200):
            created = now - timedelta(hours=1 + 40 * chance.random())
            steps = [
                Said(
                    created + timedelta(minutes=10 * (1 + place)),
                    ActorKind.AGENT if place % 2 == 0 else ActorKind.CUSTOMER,
                    "Hm.",
                    "agent@example.test" if place % 2 == 0 else None,
                )
                for place in range(4)
            ]
            person = Person("customer@example.test")
            told.append(ImportedTicket(str(number), person, "It broke", "Help.", created, steps=steps))
        outcome = await import_tickets(system, told)
        assert not outcome.refused, outcome.refused[:2]


async def backend_cpu(database: Database) -> float:
    """Seconds of CPU that the server's own processes have used, as the kernel counts them."""
    rows = await database.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return sum(_ticks(row["pid"]) for row in rows) / 100


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


async def measured(database: Database, what: str, count: int, work: Callable[[], Awaitable[object]]) -> None:
    """Print what `work` takes, in all and for each of so many."""
    theirs, own, begun = await backend_cpu(database), process_time(), perf_counter()
    with longest_callback() as longest:
        await work()
    took, own = perf_counter() - begun, process_time() - own
    theirs = await backend_cpu(database) - theirs
    each, server, postgres = (1e3 * total / count for total in (took, own, theirs))
    print(
        f"{what}: {took:.2f} s; for each of {count:,}: {each:.2f} ms, server CPU {server:.2f} ms, PostgreSQL"
        f" {postgres:.2f} ms; no piece of work took the event loop more than {1e3 * longest[0]:.0f} ms of CPU"
    )


@contextmanager
def longest_callback() -> Iterator[list[float]]:
    """How much CPU the longest callback of the event loop takes: waiting for a turn of the machine is not counted."""
    longest, run = [0.0], asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        begun = thread_time()
        run(handle)
        longest[0] = max(longest[0], thread_time() - begun)

    asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]
    try:
        yield longest
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


@asynccontextmanager
async def a_database() -> AsyncIterator[Database]:
    """A migrated database that is thrown away."""
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres", durable=False) as url:
        await migrate(url)
        async with Database.connect(url, connections=2) as database:
            yield database


async def main() -> None:
    """Measure one after the other."""
    async with a_database() as database:
        organization_id = await create_organization(database, "Measured", "measured")
        system = Actor.system(database, organization_id)
        member = await add_member(database, organization_id, Role.AGENT, "Agent", "agent@example.test")
        agent = Actor.member(database, organization_id, member.id, Role.AGENT)
        policy_id = (await promise(system, 8)).policy_id
        await tickets(system)
        rows = await database.fetch("SELECT id FROM support_ticket ORDER BY id")
        ids = [row["id"] for row in rows]

        spare_the_collector()

        async def new_ones() -> None:
            while await reckon_new(system):
                pass

        await measured(database, "imported tickets reckoned", TICKETS, new_ones)
        await database.execute("ANALYZE")

        async def edit() -> None:
            fact = await promise(system, 9, policy_id)
            row = await database.fetchrow(
                "SELECT id, seq FROM support_event WHERE type = 'SlaPolicyChanged' ORDER BY seq DESC LIMIT 1"
            )
            assert row is not None
            while not await recalculate(system, fact, row["id"], row["seq"]):
                pass

        await measured(database, "an edit of the policy of all open tickets", TICKETS, edit)
        for ticket_id in ids[:EVENTS]:
            await change_ticket_status(agent, ticket_id, TicketStatus.WAITING_ON_CUSTOMER)

        async def follow() -> None:
            for ticket_id in ids[:EVENTS]:
                await reckon(system, [ticket_id])

        await measured(database, "clocks reckoned after an event", EVENTS, follow)
        await measured(database, "clocks reckoned where nothing is new", EVENTS, follow)

        async def listed() -> None:
            for _ in range(LISTS):
                found = await clocks_of(agent, database.fetch, ids[:50])
                assert all(len(each) == 4 for each in found)

        await measured(database, "clocks of 50 tickets", LISTS, listed)
        await promise(system, 10, policy_id)
        await measured(database, "clocks of 50 tickets that have yet to follow an edit", LISTS, listed)


if __name__ == "__main__":
    asyncio.run(main())
