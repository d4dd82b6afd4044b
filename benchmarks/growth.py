"""What a list costs as the tickets grow: `make bench ARGS=--growth`, which seeds for a long time.

Of every size there is a database with a product of its own, and the servers take turns. The buffers that the list's
statements touch say whether it reads more; the CPU time, whether it takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
from rich.table import Table

from benchmarks.buffers import Sent, touched
from benchmarks.measuring import CONNECTIONS, Backends, Cost, least, take_turns
from benchmarks.questions import Q2, Subject
from benchmarks.seeding import seed
from benchmarks.servers import Server
from benchmarks.spelling import Product
from graphql_api.execution import Engine
from graphql_api.requests import Credentials, GraphQLRequest
from helpdesk.house import open_house
from models.actors import Role
from models.database import Database
from models.migrate import migrate
from models.settings import Settings
from resolvers.organizations import member_token

SIZES = (1_000, 100_000, 1_000_000)
PARTS = 4
"""Organizations of one size, seeded one after the other: the rows of a million tickets do not fit into memory."""

THREAD = 1
"""Messages for each ticket: the list reads none, and what it counts is kept in the ticket's row."""
TOLERATED = 1.2


@dataclass(frozen=True, slots=True)
class Grown:
    """A database with so many tickets, and somebody of its first organization."""

    tickets: int
    url: str
    subject: Subject
    token: str


async def grown(cluster: str, tickets: int) -> Grown:
    """Make a database with so many tickets."""
    name = f"grown_{tickets}"
    connection = await asyncpg.connect(cluster)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = urlsplit(cluster)._replace(path=f"/{name}").geturl()
    await migrate(url)
    size = tickets // PARTS
    made = [
        (await seed(url, tickets=size, messages=size * THREAD, shares=(1.0,), number=number + 1))[0]
        for number in range(PARTS)
    ]
    agent = made[0].agents[0]
    async with Database.connect(url, connections=1) as database:
        token = await member_token(database, made[0].id, f"{agent.hex}@example.test", Role.AGENT, "benchmark")
    return Grown(tickets, url, Subject(made[0].id, agent, (), ()), token)


async def costs(sizes: Sequence[Grown], servers: Sequence[Server], *, rounds: int, requests: int) -> list[Cost]:
    """The least cost of a list at each size."""
    named = [replace(server, name=each.url) for server, each in zip(servers, sizes, strict=True)]
    subjects = {each.url: each.subject for each in sizes}
    connection = await asyncpg.connect(sizes[0].url)
    backends = Backends(connection, [urlsplit(each.url).path[1:] for each in sizes])
    count = max(CONNECTIONS, round(requests * Q2.share))

    def asked(server: Server) -> Iterator[bytes]:
        return Q2.requests(subjects[server.name], server)

    found = await take_turns(named, backends, asked, count=count, rounds=rounds, warm_up=2 * count)
    await connection.close()
    return [least(found[each.url]) for each in sizes]


async def buffers(each: Grown, folder: Path) -> int:
    """The pages of 8 kB that a list's statements touch, without that of the authentication."""
    request = orjson.loads(Product(each.token).tickets(each.subject.organization).partition(b"\r\n\r\n")[2])
    sent = Sent()
    async with (
        open_house(Settings(folder=folder), each.url, tasks=False) as house,
        Database.connect(each.url, connections=1) as database,
    ):
        engine = Engine(database, house.services)
        actor = await engine.authenticate(Credentials(bearer=each.token))
        async with database.connection() as connection:
            connection.add_query_logger(sent.log)
        operation = await engine.prepare(_request(request), actor)
        await operation.execute()
    beside = await asyncpg.connect(each.url)
    pages = [await touched(beside, statement) for statement in sent]
    await beside.close()
    return sum(pages)


def _request(asked: Mapping[str, Any]) -> GraphQLRequest:
    return GraphQLRequest(asked["query"], None, asked["variables"], {})


def growth_table(sizes: Sequence[int], pages: Sequence[int], found: Sequence[Cost]) -> Table:
    """A list's cost at each size, and against the first."""
    shown = Table("tickets", "buffers", "server \\[PostgreSQL] ms", "x the first")
    for tickets, read, cost in zip(sizes, pages, found, strict=True):
        figure = f"{cost.server:.3f} \\[{cost.postgres:.3f}]"
        shown.add_row(f"{tickets:,}", str(read), figure, f"{cost.both / found[0].both:.2f}")
    return shown


def flat(pages: Sequence[int], found: Sequence[Cost]) -> str:
    """Whether the goal is reached: the same buffers, and times that are no further than a fifth apart."""
    sums = [cost.both for cost in found]
    apart = max(sums) / min(sums)
    reached = len(set(pages)) == 1 and apart <= TOLERATED
    return (
        f"Q2 grows by {max(pages) - min(pages)} buffers and {apart - 1:.0%} of time; the goal is 0 and"
        f" {TOLERATED - 1:.0%}: {'reached' if reached else 'missed'}."
    )
