"""`python -m benchmarks.faults`: injects faults while clients send mutations, then checks all that must hold."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.faults import injecting
from benchmarks.faults.injecting import Injected, inject, kill_workers
from benchmarks.faults.points import Point
from benchmarks.faults.site import Site

CLIENTS = 3


async def workers(site: Site, kills: int, seed: int) -> tuple[list[Injected], list[str]]:
    """Workers killed at each point in turn."""
    tenants = [await site.tenant() for _ in range(2)]
    lives = [list(Point)[place % len(Point)] for place in range(kills)]
    site.paced = True
    async with site.clients(tenants, CLIENTS, seed):
        done = await kill_workers(site, lives, random.Random(seed), 10)
    return done, await site.judged(site.tenants, mails=True)


async def postgres(site: Site, times: int, seed: int) -> tuple[list[Injected], list[str]]:
    """PostgreSQL hurt in four ways while a worker works."""
    tenants = [await site.tenant() for _ in range(2)]
    ways = (
        ("PostgreSQL restarted, fast", injecting.restart_fast),
        ("PostgreSQL restarted, immediate", injecting.restart_immediate),
        ("PostgreSQL's connections killed", injecting.kill_connections),
        ("PostgreSQL stopped for 10 s", injecting.stop_for_ten_seconds),
    )
    counts = [times // len(ways) + (place < times % len(ways)) for place in range(len(ways))]
    if not site.worker.up.is_set():
        await site.worker.start()
    site.paced = True
    async with site.clients(tenants, CLIENTS, seed):
        done = [await inject(site, *way, count, 20) for way, count in zip(ways, counts, strict=True)]
    return done, await site.judged(site.tenants, mails=True)


async def api(site: Site, kills: int, every: int, seed: int) -> tuple[list[Injected], list[str]]:
    """The API killed every so many mutations; no worker runs, since this is not about what follows."""
    await site.worker.kill()
    tenants = [await site.tenant() for _ in range(2)]
    async with site.clients(tenants, CLIENTS, seed):
        done = [await inject(site, "kill -9 of the API", injecting.kill_api, kills, every)]
    return done, await site.judged(tenants, mails=False)


async def run(chosen: argparse.Namespace, folder: Path) -> int:
    """All that was chosen; the status of the process."""
    print(f"Seed {chosen.seed}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}; logs in {folder}", flush=True)
    wrong = 0
    async with Site.open(folder) as site:
        if chosen.workers:
            wrong += await _part(site, "workers", workers(site, chosen.workers, chosen.seed))
        if chosen.postgres:
            wrong += await _part(site, "postgres", postgres(site, chosen.postgres, chosen.seed + 1))
        if chosen.api:
            wrong += await _part(site, "api", api(site, chosen.api, chosen.every, chosen.seed + 2))
    return wrong


async def _part(site: Site, name: str, work: Coroutine[Any, Any, tuple[list[Injected], list[str]]]) -> int:
    before, begun = site.acknowledged, time.monotonic()
    done, wrong = await work
    told(name, site, done, wrong, site.acknowledged - before, time.monotonic() - begun)
    return len(wrong)


def told(
    name: str, site: Site, done: Sequence[Injected], wrong: Sequence[str], acknowledged: int, seconds: float
) -> None:
    """Print a part's outcome."""
    returns = sum(each.subscriber.returns for tenant in site.tenants for each in tenant.followed)
    sent, distinct = site.sink.received.total(), len(site.sink.received)
    print(f"\n{name}: {acknowledged:,} mutations acknowledged in {seconds:.0f} s, load {os.getloadavg()[0]:.0f};")
    print(f"so far {returns} returns of subscribers, {distinct:,} mails, {sent - distinct} deliveries more")
    print(f"{'injected':45} {'times':>5} {'median':>8} {'longest':>8}")
    for each in done:
        if each.recovered:
            print(f"{each.name:45} {len(each.recovered):5} {median(each.recovered):7.2f}s {max(each.recovered):7.2f}s")
    print(f"{len(wrong)} things wrong" + "".join(f"\n  {sentence}" for sentence in wrong[:50]), flush=True)


def main() -> None:
    """Parse, run, tell."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--api", type=int, default=100, help="kills of the API")
    parser.add_argument("--every", type=int, default=100, help="mutations between two kills of the API")
    parser.add_argument("--workers", type=int, default=100, help="kills of workers")
    parser.add_argument("--postgres", type=int, default=20, help="faults of PostgreSQL")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o755)
    sys.exit(1 if asyncio.run(run(chosen, folder)) else 0)


if __name__ == "__main__":
    main()
