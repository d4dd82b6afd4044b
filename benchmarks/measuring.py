"""What processes and requests cost: CPU time as the kernel counts it, by servers that take turns.

A round puts the same number of requests to each server, one server after the other, on 8 connections that stay open.
What counts is the least of several rounds: other work on the machine only ever adds.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg

from benchmarks.raw_http import Connection

CONNECTIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds per request."""

    server: float
    postgres: float

    @property
    def both(self) -> float:
        """The sum: composing JSON in SQL moves cost from the one to the other."""
        return self.server + self.postgres


class Asked(Protocol):
    """A server that can be measured."""

    name: str
    port: int
    pid: int


def cpu(pid: int) -> float:
    """CPU seconds, utime + stime, that a process has used in all its living threads; 0 of one that has ended.

    The scheduler counts the same time in nanoseconds that `stat` shows in hundredths of a second.
    """
    process = Path(f"/proc/{pid}")
    try:
        threads = [(thread / "schedstat").read_text() for thread in (process / "task").iterdir()]
        return sum(int(text.split()[0]) for text in threads) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return _cpu_in_ticks(process)


def _cpu_in_ticks(process: Path) -> float:
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:13])) / TICKS


class Backends:
    """PostgreSQL's processes that serve clients of these databases; those that tidy up are nobody's cost."""

    def __init__(self, connection: asyncpg.Connection, databases: Sequence[str]) -> None:
        self._connection = connection
        self._databases = databases

    async def cpu(self) -> dict[int, float]:
        """CPU seconds of each that lives."""
        rows = await self._connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND datname = ANY($1::text[]) AND pid <> pg_backend_pid()",
            self._databases,
        )
        return {row["pid"]: cpu(row["pid"]) for row in rows}


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """What processes used between two readings; one that came in between counts whole."""
    return sum(used - before.get(pid, 0.0) for pid, used in after.items())


async def run_round(server: Asked, backends: Backends, requests: Iterator[bytes], count: int) -> Cost:
    """Put so many requests to a server and say what one of them cost."""
    before, postgres_before = cpu(server.pid), await backends.cpu()
    await put(server.port, requests, count)
    after, postgres_after = cpu(server.pid), await backends.cpu()
    return Cost((after - before) / count * 1000, spent(postgres_before, postgres_after) / count * 1000)


async def put(port: int, requests: Iterator[bytes], count: int) -> None:
    """Put so many requests to a port on 8 connections; an answer that is no success ends the run."""
    left = itertools.islice(requests, count)

    async def some(connection: Connection) -> None:
        for request in left:
            body = await connection.ask(request)
            if b'"errors":' in body or b'"Problem"' in body:
                raise RuntimeError(f"port {port} answered {body[:500]!r}")

    connections = [await Connection.open(port) for _ in range(CONNECTIONS)]
    try:
        await asyncio.gather(*map(some, connections))
    finally:
        for connection in connections:
            connection.close()


async def take_turns(
    servers: Sequence[Asked],
    backends: Backends,
    requests: Callable[[Asked], Iterator[bytes]],
    *,
    count: int,
    rounds: int,
    warm_up: int,
) -> dict[str, list[Cost]]:
    """The rounds of each server by its name, after a warm-up of all."""
    streams = {server.name: requests(server) for server in servers}
    for server in servers:
        await put(server.port, streams[server.name], warm_up)
    found: dict[str, list[Cost]] = {server.name: [] for server in servers}
    for number in range(rounds):
        # Nobody always comes after the same neighbour's caches.
        for server in rotated(servers, number):
            found[server.name].append(await run_round(server, backends, streams[server.name], count))
    return found


def rotated(servers: Sequence[Asked], number: int) -> list[Asked]:
    """The servers in the order of a round."""
    first = number % len(servers)
    return [*servers[first:], *servers[:first]]


def least(rounds: Iterable[Cost]) -> Cost:
    """The least of each share: whatever else runs on the machine only adds."""
    known = list(rounds)
    return Cost(min(each.server for each in known), min(each.postgres for each in known))
