"""`make bench`: what the server costs, and what others cost that answer the same from the same tables.

100,000 tickets and 400,000 messages in ten organizations are seeded into a PostgreSQL of their own. Each server is a
process of its own; they take turns. Measured is CPU time: the server's, and PostgreSQL's apart.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import uvloop
from rich.console import Console

from benchmarks.growth import SIZES, buffers, costs, flat, grown, growth_table
from benchmarks.latency import latencies
from benchmarks.layers import forget_samples, samples_of
from benchmarks.measuring import CONNECTIONS, Backends, Cost, least, put, run_round, take_turns
from benchmarks.peers.postgraphile import prepare, why_not
from benchmarks.questions import QUESTIONS, Question, Subject, prove_equal, subject_of
from benchmarks.report import CONDITIONS, goals, profile_table, table
from benchmarks.seeding import Seeded, seed
from benchmarks.servers import Server, floor, idiomatic, postgraphile, product
from helpdesk.postgres import embedded_postgres
from models.actors import Role
from models.database import Database
from models.migrate import migrate
from resolvers.organizations import member_token

THREAD = 4
"""Messages for each ticket."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A seeded database, and tokens of two people of its largest organization."""

    url: str
    largest: Seeded
    agent_token: str
    customer_token: str

    @property
    def name(self) -> str:
        """The database's."""
        return urlsplit(self.url).path[1:]


async def seeded(url: str, tickets: int) -> Seed:
    """Migrate and fill an empty database."""
    await migrate(url)
    largest, *_ = await seed(url, tickets=tickets, messages=tickets * THREAD)
    async with Database.connect(url, connections=1) as database:
        tokens = [
            await member_token(database, largest.id, f"{member.hex}@example.test", role, "benchmark")
            for member, role in ((largest.agents[0], Role.AGENT), (largest.customers[0], Role.CUSTOMER))
        ]
    return Seed(url, largest, *tokens)


async def compare(seeded: Seed, servers: Sequence[Server], *, rounds: int, requests: int) -> dict[str, dict[str, Cost]]:
    """Prove that all answer alike, then measure: the least cost by question and server."""
    connection = await asyncpg.connect(seeded.url)
    try:
        subject = await subject_of(connection, seeded.largest)
        await prove_equal(connection, servers, subject)
        backends = Backends(connection, [seeded.name])
        return {
            question.name: await _measured(question, servers, backends, subject, rounds, requests)
            for question in QUESTIONS
        }
    finally:
        await connection.close()


async def _measured(
    question: Question, servers: Sequence[Server], backends: Backends, subject: Subject, rounds: int, requests: int
) -> dict[str, Cost]:
    count = max(CONNECTIONS, round(requests * question.share))
    found = await take_turns(
        servers,
        backends,
        lambda server: question.requests(subject, server),
        count=count,
        rounds=rounds,
        # Enough for a compiler at run time to have seen what is hot, and for PostgreSQL to keep its plans.
        warm_up=2 * count,
    )
    return {name: least(costs) for name, costs in found.items()}


async def profile(seeded: Seed, server: Server, samples: Path, requests: int) -> None:
    """Print what a looked-at server's time goes to, for each question."""
    connection = await asyncpg.connect(seeded.url)
    subject = await subject_of(connection, seeded.largest)
    for question in QUESTIONS:
        stream, count = question.requests(subject, server), round(requests * question.share)
        await put(server.port, stream, count)
        forget_samples(server.pid)
        cost = await run_round(server, Backends(connection, [seeded.name]), stream, count * 10)
        Console().print(profile_table(question, cost, samples_of(server.pid, samples)))
    await connection.close()


def grow(console: Console, cluster: str, folder: Path, sizes: Sequence[int], rounds: int, requests: int) -> None:
    """Print what a list costs at each size."""
    with ExitStack() as stack:
        made = []
        for size in sizes:
            with console.status(f"Seeding {size:,} tickets"):
                made.append(asyncio.run(grown(cluster, size)))
        servers = [stack.enter_context(product(each.url, folder, each.token)) for each in made]
        found = uvloop.run(costs(made, servers, rounds=rounds, requests=requests))
        pages = [asyncio.run(buffers(each, folder)) for each in made]
    console.print(growth_table(sizes, pages, found), flat(pages, found), sep="\n")


def main() -> None:
    """Seed, start, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--requests", type=int, default=1000, help="of a round; a quarter of it for lists")
    options.add_argument("--tickets", type=int, default=100_000)
    options.add_argument("--profile", action="store_true", help="say what the product's time goes to, and no more")
    options.add_argument("--growth", type=int, nargs="*", metavar="TICKETS", help="a list at sizes, and no more")
    chosen = options.parse_args()
    console = Console(width=max(100, Console().width))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(embedded_postgres(folder / "postgres"))
        if chosen.growth is not None:
            grow(console, url, folder, chosen.growth or SIZES, chosen.rounds, chosen.requests)
            return
        with console.status(f"Seeding {chosen.tickets:,} tickets"):
            filled = asyncio.run(seeded(url, chosen.tickets))
        if chosen.profile:
            samples = folder / "samples.json"
            looked_at = product(url, folder, filled.agent_token, ["-m", "benchmarks.layers", str(samples)])
            uvloop.run(profile(filled, stack.enter_context(looked_at), samples, chosen.requests))
            return
        servers = [
            stack.enter_context(product(url, folder, filled.agent_token)),
            stack.enter_context(floor(url)),
            stack.enter_context(idiomatic(url)),
        ]
        if missing := why_not():
            console.print(missing)
        else:
            asyncio.run(prepare(url))
            servers.append(stack.enter_context(postgraphile(url)))
        with console.status(f"Measuring {', '.join(server.name for server in servers)}"):
            found = uvloop.run(compare(filled, servers, rounds=chosen.rounds, requests=chosen.requests))
        address = f"http://127.0.0.1:{servers[0].port}"
        times = sorted(uvloop.run(latencies(address, filled.agent_token, filled.customer_token, 200)))
    console.print(*(f"{question.name}: {question.title}" for question in QUESTIONS), table(found), sep="\n")
    console.print(*goals(found), CONDITIONS, sep="\n", highlight=False)
    console.print(f"Load of the machine at the end: {', '.join(f'{load:.1f}' for load in os.getloadavg())}.")
    p99 = times[int(len(times) * 0.99)]
    console.print(f"commit to client: p50 {statistics.median(times) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")


if __name__ == "__main__":
    main()
