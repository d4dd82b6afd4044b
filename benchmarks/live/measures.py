"""What a thousand connections take: time from a mutation to the client, memory, and what stalled readers hold."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.live.organizations import Tenant
from benchmarks.live.sample import QUERY
from benchmarks.live.sockets import Following, Opening, Socket
from benchmarks.measuring import cpu
from benchmarks.raw_http import Connection

WRITERS = 8
SMALL_BUFFER = 4096
SETTLED = 2.0
"""Seconds after which a subscription that was asked for follows the log, also on a busy machine."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from sending a mutation to its event at a client, with what both sides spent meanwhile.

    The mutation's own time is in it, so from the commit on it is less.
    """

    deliveries: int
    median: float
    p99: float
    worst: float
    server: float
    clients: float
    """CPU seconds in a second."""


async def delays(port: int, pid: int, tenants: Sequence[Tenant], each: int, a_second: float, seconds: float) -> Delays:
    """So many sockets for each organization, and so many mutations a second over all of them."""
    found: list[float] = []

    def heard(_socket: Socket, frame: bytes) -> None:
        at = frame.find(b'"body":"@')
        if at >= 0:
            found.append(time.perf_counter() - int(frame[at + 9 : frame.index(b'"', at + 9)]) / 1e9)

    sockets = await _connected(partial(Socket.open, heard=heard), port, tenants, each)
    numbers, count = itertools.count(), int(a_second * seconds)
    before, own_before, started = cpu(pid), time.process_time(), time.perf_counter()

    async def write() -> None:
        connection = await Connection.open(port)
        while (number := next(numbers)) < count:
            await asyncio.sleep(max(0.0, started + number / a_second - time.perf_counter()))
            await connection.ask(tenants[number % len(tenants)].note(f"@{time.perf_counter() * 1e9:.0f}"))
        connection.close()

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    await _settle(lambda: len(found), count * each)
    took = time.perf_counter() - started
    server, clients = cpu(pid) - before, time.process_time() - own_before
    _hang_up(sockets)
    found.sort()
    p99, median = found[int(len(found) * 0.99)], found[len(found) // 2]
    return Delays(len(found), median * 1e3, p99 * 1e3, found[-1] * 1e3, server / took, clients / took)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that the server's process took: for each connection with a subscription, and at most for all that stall."""

    each: float
    stalled: float


async def memory(
    opening: Opening, port: int, pid: int, tenants: Sequence[Tenant], count: int, stalling: int, events: int
) -> Memory:
    """Follow one organization; then, in another, have some read no more while events come until all are cut."""
    tenant, other = tenants
    warm = await _connected(opening, port, [tenant], 20)
    await _publish(port, tenant, 20)
    before = resident(pid)
    followers = await _connected(opening, port, [tenant], count)
    await _publish(port, tenant, 5)
    opened = resident(pid)
    stalled = await _connected(opening, port, [other], stalling, buffer=SMALL_BUFFER)
    await _publish(port, other, 5)
    few = most = resident(pid)
    for each in stalled:
        each.stall()
    for _ in range(10):
        await _publish(port, other, events // 10)
        most = max(most, resident(pid))
    _hang_up([*followers, *stalled, *warm])
    return Memory((opened - before) / count, most - few)


def resident(pid: int) -> int:
    """Bytes of memory that are a process's own."""
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in rolled if line.startswith(("Private_Dirty", "Private_Clean")))


async def _connected(
    opening: Opening, port: int, tenants: Sequence[Tenant], each: int, buffer: int = 0
) -> list[Following]:
    found: list[Following] = []
    for tenant in tenants:
        tokens = itertools.islice(itertools.cycle(tenant.tokens), each)
        found += await asyncio.gather(*(opening(port, token, QUERY, buffer=buffer) for token in tokens))
    await asyncio.sleep(SETTLED)
    return found


async def _publish(port: int, tenant: Tenant, events: int) -> None:
    connection = await Connection.open(port)
    for _ in range(events):
        await connection.ask(tenant.note("A note of some length. " * 80))
    connection.close()
    await asyncio.sleep(SETTLED)


async def _settle(count: Callable[[], int], wanted: int) -> None:
    for _ in range(3000):
        if count() >= wanted:
            return
        await asyncio.sleep(0.01)


def _hang_up(connections: Sequence[Following]) -> None:
    for each in connections:
        each.close()
