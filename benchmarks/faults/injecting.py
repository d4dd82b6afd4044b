"""The faults, one after the other, and how long it took until work went on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from signal import Signals

from benchmarks.faults.cluster import Stop
from benchmarks.faults.points import Point
from benchmarks.faults.site import Site

PATIENCE = 120.0

Hurt = Callable[[Site], Awaitable[float]]
"""Does it, and returns the instant from which on work can be asked for again."""


@dataclass
class Injected:
    """How often a fault was injected, and the seconds until work went on, of each."""

    name: str
    recovered: list[float] = field(default_factory=list)


async def kill_api(site: Site) -> float:
    """kill -9 of the API, and another one in its place; counted from the kill."""
    begun = time.monotonic()
    await site.api.kill()
    await site.api.start()
    return begun


async def restart_fast(site: Site) -> float:
    """PostgreSQL throws everybody out and is started again; counted from its return, as for all that follow."""
    await site.cluster.stop(Stop.FAST)
    await site.cluster.start()
    return time.monotonic()


async def restart_immediate(site: Site) -> float:
    """PostgreSQL stops as by a crash and recovers."""
    await site.cluster.stop(Stop.IMMEDIATE)
    await site.cluster.start()
    return time.monotonic()


async def kill_connections(site: Site) -> float:
    """Every session of the helpdesk's is ended."""
    await site.cluster.kill_connections()
    return time.monotonic()


async def stop_for_ten_seconds(site: Site) -> float:
    """PostgreSQL is away for a while, and asked all the time."""
    await site.cluster.stop(Stop.FAST)
    site.healthy.set()
    await asyncio.sleep(10)
    await site.cluster.start()
    return time.monotonic()


async def inject(site: Site, name: str, hurt: Hurt, times: int, every: int) -> Injected:
    """The fault so many times, each after so many more mutations were acknowledged."""
    told = Injected(name)
    for _ in range(times):
        await site.reached(site.acknowledged + every)
        site.healthy.clear()
        try:
            begun = await hurt(site)
        finally:
            site.healthy.set()
        await site.reached(site.acknowledged + 1)
        told.recovered.append(time.monotonic() - begun)
    return told


async def kill_workers(site: Site, lives: Sequence[Point], chance: random.Random, most: int) -> list[Injected]:
    """A worker for each of these ends, which it meets when it has come to its point at most so many times; then one
    that lives on. Work goes on when the next mail arrives."""
    deaths: list[tuple[Point, float]] = []
    for point in lives:
        await _die(site, point, chance.randint(1, most))
        deaths.append((point, time.monotonic()))
    await site.worker.start()
    have = len(site.sink.times)
    await site.sink.until(lambda: len(site.sink.times) > have, PATIENCE)
    told = {point: Injected(f"kill -9 of a worker, {point.value}") for point in Point}
    for point, at in deaths:
        told[point].recovered.append(next((each for each in site.sink.times if each > at), float("inf")) - at)
    return [each for each in told.values() if each.recovered]


async def _die(site: Site, point: Point, times: int) -> None:
    if point is Point.DATA:
        site.sink.blow = lambda: site.worker.signal(Signals.SIGKILL)
    await site.worker.start(FAULTS_POINT=point.value, FAULTS_TIMES=str(times))
    status = await site.worker.ended()
    if status != -Signals.SIGKILL:
        raise RuntimeError(f"a worker ended with {status} instead of being killed {point.value}")
