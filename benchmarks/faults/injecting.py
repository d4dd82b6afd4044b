"""The faults, one after the other, and how long it took until work went on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from signal import Signals

from benchmarks.faults.cluster import Stop
from benchmarks.faults.points import Point
from benchmarks.faults.site import Site

PATIENCE = 120.0

Hurt = Callable[[Site], Awaitable[float]]
"""Does it, and returns the instant from which on work can be asked for again."""


WentOn = Callable[[Site], Awaitable[None]]
"""Comes back when work goes on."""


@dataclass
class Injected:
    """How often a fault was injected, the seconds until work went on, of each, and when each was over."""

    name: str
    recovered: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)

    def caught_up(self, site: Site) -> list[float]:
        """Of each the seconds until the last mail had come that was due when the fault was over."""
        # A clock that counts for ever, and the calendar's, at one instant.
        counted, told = time.monotonic(), datetime.now(UTC)
        first, late = site.sink.first, []
        for over in self.over:
            by_then = told - timedelta(seconds=counted - over)
            came = [first[id] for id, due in site.due.items() if due <= by_then and id in first]
            late.append(max([0.0, *(each - over for each in came)]))
        return late


async def next_mutation(site: Site) -> None:
    """Something else is acknowledged."""
    await site.reached(site.acknowledged + 1)


async def next_mail(site: Site) -> None:
    """Another mail comes."""
    have = len(site.sink.times)
    if not await site.sink.until(lambda: len(site.sink.times) > have, PATIENCE):
        raise RuntimeError("no more mail comes")


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


async def inject(
    site: Site, name: str, hurt: Hurt, times: int, every: int, went_on: WentOn = next_mutation, *, resting: bool = True
) -> Injected:
    """The fault so many times, each after so many more mutations were acknowledged. `resting`: clients and subscribers
    wait meanwhile."""
    told = Injected(name)
    for _ in range(times):
        await site.reached(site.acknowledged + every)
        if resting:
            site.healthy.clear()
        try:
            begun = await hurt(site)
        finally:
            site.healthy.set()
        await went_on(site)
        told.recovered.append(time.monotonic() - begun)
        told.over.append(begun)
    return told


async def kill_workers(site: Site, lives: Sequence[Point], chance: random.Random, most: int) -> list[Injected]:
    """A worker for each of these ends, which it meets when it has come to its point at most so many times; then one
    that lives on. Work goes on when the next mail arrives."""
    deaths: list[tuple[Point, float]] = []
    for point in lives:
        await _die(site, point, chance.randint(1, most))
        deaths.append((point, time.monotonic()))
    await site.worker.start()
    await next_mail(site)
    told = {point: Injected(f"kill -9 of a worker, {point.value}") for point in Point}
    for point, at in deaths:
        told[point].recovered.append(next((each for each in site.sink.times if each > at), float("inf")) - at)
        told[point].over.append(at)
    return [each for each in told.values() if each.recovered]


async def _die(site: Site, point: Point, times: int) -> None:
    if point is Point.DATA:
        site.sink.blow = lambda: site.worker.signal(Signals.SIGKILL)
    if point is Point.MODEL:
        site.vendor.blow = lambda: site.worker.signal(Signals.SIGKILL)
    await site.worker.start(FAULTS_POINT=point.value, FAULTS_TIMES=str(times))
    status = await site.worker.ended()
    if status != -Signals.SIGKILL:
        raise RuntimeError(f"a worker ended with {status} instead of being killed {point.value}")
