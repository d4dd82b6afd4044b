"""How late timer and cron are, and what a pass costs among 100,000 open tickets: `python -m benchmarks.bench_sla`.

Makes a database of its own in a folder that it removes again, and takes about five minutes. Due are 1 % of the
tickets in the next minute for the timer, and as many in the minute after that for the cron, while people open tickets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

import typer

from benchmarks.clocks import measured
from helpdesk.house import migrated_database
from helpdesk.postgres import embedded_postgres
from helpdesk.serving import spare_the_collector
from models.actors import Actor, Role
from models.cron import Cron
from models.database import Database
from models.fact import Change
from models.lifecycle import TicketPriority
from models.rows import new
from models.service_level_events import SlaPolicyChanged
from models.service_levels import SlaPolicy, SlaPolicyVersion
from models.sla import Policy, PolicyDefinition, Targets
from models.writer import organization_write
from resolvers.organizations import add_member, create_organization
from resolvers.tickets import NewTicket, create_ticket
from subscriptions.background import background
from tasks import sla_timer
from tasks.sla_timer import SlaTimer

PROMISED, MINUTE = timedelta(hours=4), timedelta(minutes=1)
EVERY_MINUTE = Cron.parse("* * * * *")
# How many tickets people open in a second meanwhile.
OPENED = 20


async def a_policy(actor: Actor) -> UUID:
    """A first response within four hours, and nothing else; the id of its version."""
    definition = PolicyDefinition(
        "Standard", Policy(dict.fromkeys(TicketPriority, Targets(first_response=PROMISED))), is_default=True
    )
    kept = definition.as_json()
    async with organization_write(actor) as write:
        policy = new(
            SlaPolicy,
            organization_id=actor.organization_id,
            name=definition.name,
            is_default=True,
            definition=kept,
            calendar_id=None,
            created_at=write.now,
            updated_at=write.now,
        )
        version = new(
            SlaPolicyVersion,
            organization_id=actor.organization_id,
            policy_id=policy.id,
            number=1,
            definition=kept,
            created_at=write.now,
        )
        write.insert(policy)
        write.insert(version)
        write.record(SlaPolicyChanged(policy.id, version.id, Change.CREATED))
    return version.id


_SEED = """
CREATE TEMPORARY TABLE seeded AS
SELECT gen_random_uuid() AS id, gen_random_uuid() AS created_event, place, counter.seq AS base,
       $3::timestamptz + CASE WHEN place <= $4 / 100 THEN place * interval '1 minute' * 100 / $4
                              WHEN place <= $4 / 50 THEN interval '80 seconds'
                                  + (place - $4 / 100) * interval '1 minute' * 100 / $4
                              ELSE interval '1 hour' + place * interval '100 milliseconds' END AS due_at
FROM generate_series(1, $4::int) place, support_event_counter counter WHERE counter.organization_id = $1;
"""
_ROWS = (
    """
INSERT INTO support_ticket (id, organization_id, number, subject, status, priority, requester_id, created_at,
    updated_at, public_updated_at, version, public_version, reopen_count, ai_resolved, ai_triaged, message_count,
    public_message_count, sla_state, sla_due_at)
SELECT id, $1, place, 'It broke', 'open', 'medium', $2, due_at - interval '4 hours', due_at - interval '4 hours',
    due_at - interval '4 hours', 1, 1, 0, false, false, 0, 0, 'running', due_at FROM seeded WHERE $3::uuid IS NOT NULL
""",
    """
INSERT INTO support_event (id, organization_id, seq, type, ticket_id, actor_kind, actor_id, visibility, person_id, data,
    reacts, occurred_at, recorded_at)
SELECT CASE part WHEN 1 THEN created_event ELSE gen_random_uuid() END, $1, base + 2 * place - 2 + part,
    CASE part WHEN 1 THEN 'TicketCreated' ELSE 'SlaPolicyApplied' END, id,
    CASE part WHEN 1 THEN 'customer' ELSE 'system' END, CASE part WHEN 1 THEN $2::uuid END,
    CASE part WHEN 1 THEN 'customer' ELSE 'staff' END, CASE part WHEN 1 THEN $2::uuid END,
    CASE part WHEN 1 THEN '{"priority": "medium", "follow_up_of_id": null}'::jsonb ELSE jsonb_build_object(
        'policy_version_id', $3::uuid, 'calendar_version_id', null, 'cause_id', created_event) END,
    true, due_at - interval '4 hours', due_at - interval '4 hours'
FROM seeded, generate_series(1, 2) part
""",
    """
INSERT INTO support_ticket_sla (id, organization_id, seq, policy_version_id, next_at)
SELECT id, $1, base + 2 * place, $3, due_at + interval '1 millisecond' FROM seeded WHERE $2::uuid IS NOT NULL
""",
    """
INSERT INTO support_sla_clock (id, organization_id, ticket_id, position, kind, state, priority, started_at,
    target_seconds, due_at, warn_at, policy_version_id, warned, breach_recorded)
SELECT gen_random_uuid(), $1, id, 0, 'first_response', 'running', 'medium', due_at - interval '4 hours', 14400, due_at,
    due_at, $3, false, false FROM seeded WHERE $2::uuid IS NOT NULL
""",
)


async def seed(actor: Actor, requester_id: UUID, version_id: UUID, tickets: int) -> None:
    """Open tickets with running clocks, as if each had been reckoned when it was opened."""
    # The first of them are due a minute and a half from now, by when they should be there.
    async with actor.database.transaction() as connection:
        begin = actor.database.now() + timedelta(seconds=90)
        await connection.execute(
            _SEED.replace("$1", f"'{actor.organization_id}'").replace("$3", f"'{begin}'").replace("$4", str(tickets))
        )
        for statement in _ROWS:
            await connection.execute(statement, actor.organization_id, requester_id, version_id)
        await connection.execute(
            "UPDATE support_event_counter SET seq = seq + 2 * $2, ticket_number = $2 WHERE organization_id = $1",
            actor.organization_id,
            tickets,
        )
        await connection.execute(
            "INSERT INTO support_relay_position SELECT organization_id, seq FROM support_event_counter"
        )
        await connection.execute("DROP TABLE seeded")
    await actor.database.execute("VACUUM ANALYZE")


@asynccontextmanager
async def people(customer: Actor) -> AsyncIterator[None]:
    """Open tickets all the while."""

    async def work() -> None:
        while True:
            await create_ticket(customer, NewTicket("Another", "Please help."))
            await asyncio.sleep(1 / OPENED)

    async with background(work(), "people"):
        yield


class Commits:
    """When the log grew, for each place in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: list[tuple[int, datetime]] = []
        database.on_commit(lambda _organization_id, seq: self._seen.append((seq, database.now())))

    async def lateness(self, since: datetime, until: datetime) -> list[float]:
        """How many milliseconds after the instant each breach of a stretch of time was there for all to see."""
        rows = await self._database.fetch(
            "SELECT seq, occurred_at FROM support_event WHERE type = 'SlaBreached' AND occurred_at BETWEEN $1 AND $2",
            since,
            until,
        )
        seen = sorted(self._seen)
        return [
            (next(at for seq, at in seen if seq >= row["seq"]) - row["occurred_at"]) / timedelta(milliseconds=1)
            for row in rows
        ]


def told(what: str, lateness: Sequence[float]) -> None:
    """Half and all but one of a hundred."""
    cuts = quantiles(lateness, n=100)
    typer.echo(f"{what}: {len(lateness)} breaches, p50 {cuts[49]:,.0f} ms, p99 {cuts[98]:,.0f} ms late")


async def explained(database: Database, sql: str, *values: object) -> None:
    """How PostgreSQL runs a statement, and what that costs."""
    async with database.transaction() as connection:
        for row in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", *values):
            typer.echo(f"    {row[0]}")


async def costs(database: Database, timer: SlaTimer) -> None:
    """What a look costs that finds nothing due."""
    begin = perf_counter()
    for _ in range(100):
        await timer.turn()
    typer.echo(f"A turn with nothing due: {(perf_counter() - begin) * 10:.2f} ms")
    await explained(database, sla_timer._NEXT, [])


async def measure(database: Database, tickets: int, *, waiting: bool) -> None:
    """All of it, on an empty database."""
    organization_id = await create_organization(database, "Measured", "measured")
    system = Actor.system(database, organization_id)
    member = await add_member(database, organization_id, Role.CUSTOMER, "Customer", "customer@example.test")
    customer = Actor.member(database, organization_id, member.id, Role.CUSTOMER)
    begin = perf_counter()
    await seed(system, member.id, await a_policy(system), tickets)
    typer.echo(f"{tickets:,} open tickets, seeded in {perf_counter() - begin:.0f} s")
    timer = SlaTimer(database, asyncio.Event(), Cron.parse("0 0 1 1 *"))
    await costs(database, timer)
    if waiting:
        await punctuality(database, customer, timer)
    await one_pass(database, tickets)


async def punctuality(database: Database, customer: Actor, timer: SlaTimer) -> None:
    """How late timer and cron are, one after the other."""
    commits = Commits(database)
    spare_the_collector()
    first = await database.fetchval("SELECT min(next_at) FROM support_ticket_sla")
    async with people(customer), background(timer._watch(), "timer"):
        await asyncio.sleep((first - database.now()).total_seconds() + 65)
    told("Timer", await commits.lateness(first - MINUTE, first + MINUTE + timedelta(seconds=5)))
    second = await database.fetchval("SELECT min(next_at) FROM support_ticket_sla")
    async with people(customer), background(SlaTimer(database, asyncio.Event(), EVERY_MINUTE)._by_cron(), "cron"):
        await asyncio.sleep((second - database.now()).total_seconds() + 125)
    told("Cron, once a minute", await commits.lateness(second - timedelta(seconds=5), second + MINUTE))


async def one_pass(database: Database, tickets: int) -> None:
    """What a pass costs that finds 1 % of the tickets breached: the clock is set forth until so many are."""
    far = await database.fetchval(
        "SELECT next_at FROM support_ticket_sla ORDER BY next_at LIMIT 1 OFFSET $1", tickets // 100 - 1
    )
    database.now = lambda: far
    typer.echo("Finding a batch of those that are due:")
    await explained(database, sla_timer._DUE, far, [], sla_timer.BATCH)
    timer = SlaTimer(database, asyncio.Event(), EVERY_MINUTE)
    spare_the_collector()
    await measured(database, "A pass that finds so many breached", tickets // 100, timer.sweep)


async def _run(address: str, tickets: int, *, waiting: bool) -> None:
    async with migrated_database(address) as database:
        await measure(database, tickets, waiting=waiting)


def main(tickets: int = 100_000, *, waiting: bool = True) -> None:
    """Make a database, measure, and remove it; without waiting, only what looks and passes cost."""
    with TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres", durable=True) as address:
        asyncio.run(_run(address, tickets, waiting=waiting))


if __name__ == "__main__":
    typer.run(main)
