"""`make bench-live`: what following live costs."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.live.fan_out import fan_out
from benchmarks.live.measures import delays, memory
from benchmarks.live.organizations import Tenant, found
from benchmarks.live.servers import BARE, NODE, PRODUCT, Followed, peer, peers, product
from benchmarks.live.storm import Crowd
from helpdesk.postgres import embedded_postgres
from models.database import Database
from models.migrate import migrate

GOALS = {BARE: 1.5, NODE: 0.5}
TENANTS, EACH, PACE = 20, 50, 100
STALLED_EVENTS = 1000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--events", type=int, default=50, help="of a round")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=20, help="of mutations, for the time until they arrive")
    options.add_argument("--only-fan-out", action="store_true", help="nothing but what a delivered event costs")
    chosen = options.parse_args()
    console = Console(width=max(100, Console().width))
    with ExitStack() as stack, console.status("Starting") as status:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(embedded_postgres(folder / "postgres"))
        tenant, *tenants = asyncio.run(_founded(url, chosen.sockets))
        ours = stack.enter_context(product(url, folder, tenant))
        with ExitStack() as beside:
            servers = [ours, *(beside.enter_context(peer(name, command)) for name, command in peers().items())]
            costs = uvloop.run(fan_out(servers, chosen.sockets, chosen.events, chosen.rounds, status.update))
        console.print(table(costs), *goals(costs), sep="\n", highlight=False)
        if not chosen.only_fan_out:
            each = max(1, chosen.sockets // TENANTS)
            told = uvloop.run(_more(ours, url, tenant, tenants, chosen.sockets, each, chosen.seconds, status.update))
            console.print(*told, sep="\n", highlight=False)
    console.print(f"Load of the machine at the end: {', '.join(f'{load:.1f}' for load in os.getloadavg())}.")


async def _founded(url: str, agents: int) -> list[Tenant]:
    """One organization for everybody, and others to spread the same number over."""
    await migrate(url)
    async with Database.connect(url, connections=2) as database:
        one = await found(database, "followed", min(agents, 200))
        return [one, *[await found(database, f"tenant-{number}", 5) for number in range(TENANTS)]]


async def _more(
    ours: Followed,
    url: str,
    tenant: Tenant,
    tenants: Sequence[Tenant],
    sockets: int,
    each: int,
    seconds: float,
    told: Callable[[str], None],
) -> list[str]:
    told(f"{PACE} mutations a second over {len(tenants)} organizations of {each} sockets")
    late = await delays(ours.port, ours.pid, tenants, each, PACE, seconds)
    told("Memory")
    stalling = max(1, sockets // 10)
    taken = await memory(ours.port, ours.pid, tenant, tenants[0], sockets, stalling, STALLED_EVENTS)
    told("Storm")
    crowd = Crowd(ours.port, url, tenants, each)
    first = await crowd.arrive()
    await asyncio.gather(crowd.write(round(PACE * seconds), PACE), crowd.lose(sockets, seconds))
    deliveries = await crowd.check()
    await crowd.leave()
    return [
        f"From sending a mutation to its event at a client: median {late.median:.1f} ms, p99 {late.p99:.1f} ms, worst"
        f" {late.worst:.1f} ms of {late.deliveries:,}; the goal is 250. CPU: server {late.server:.0%}, clients"
        f" {late.clients:.0%} of a core.",
        f"Memory of a socket that follows: {taken.socket / 1000:.1f} kB; the goal is 40.",
        f"Memory of {stalling} stalled readers during {STALLED_EVENTS} events:"
        f" {taken.stalled / 1e6:.1f} MB; the goal is 10 for 100.",
        f"{each * len(tenants):,} sockets at once: {first:.2f} s to the last one's first event; the goal is 10.",
        f"{sockets:,} of them cut at random while others wrote: {deliveries:,} deliveries, each as the log has it.",
    ]


def table(costs: Mapping[str, Sequence[float]]) -> Table:
    """Microseconds of CPU for each delivered event: the least round, and the others beside it."""
    shown = Table("", "us a delivered event", "the rounds", "the product's, compared")
    for name, rounds in costs.items():
        others = " ".join(f"{each:.1f}" for each in rounds)
        shown.add_row(name, f"{min(rounds):.1f}", others, f"{min(costs[PRODUCT]) / min(rounds):.2f} x")
    return shown


def goals(costs: Mapping[str, Sequence[float]]) -> list[str]:
    """Each goal with what was reached."""
    ours = min(costs[PRODUCT])
    found = {name: (ours / min(costs[name]), limit) for name, limit in GOALS.items() if name in costs}
    return [
        f"{name}: {reached:.2f} x; the goal is {limit:g}: {'reached' if reached <= limit else 'missed'}."
        for name, (reached, limit) in found.items()
    ]


if __name__ == "__main__":
    main()
