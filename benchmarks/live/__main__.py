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
from benchmarks.live.servers import BARE, NODE, PRODUCT, Followed, by_streams, peer, peers, product
from benchmarks.live.sockets import Socket
from benchmarks.live.storm import PACE, weather
from benchmarks.live.streams import Stream
from helpdesk.postgres import embedded_postgres
from models.database import Database
from models.migrate import migrate

GOALS = {BARE: 1.5, NODE: 0.5}
TENANTS = 20
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
        tenant, another, *tenants = asyncio.run(_founded(url, chosen.sockets))
        ours = stack.enter_context(product(url, folder, tenant))
        streams = by_streams(ours, another)
        with ExitStack() as beside:
            servers = [ours, streams, *(beside.enter_context(peer(name, command)) for name, command in peers().items())]
            costs = uvloop.run(fan_out(servers, chosen.sockets, chosen.events, chosen.rounds, status.update))
        console.print(table(costs), *goals(costs), sep="\n", highlight=False)
        if not chosen.only_fan_out:
            each = max(1, chosen.sockets // TENANTS)
            told = uvloop.run(_more(ours, url, folder, tenants, chosen.sockets, each, chosen.seconds, status.update))
            console.print(*told, sep="\n", highlight=False)
    console.print(f"Load of the machine at the end: {', '.join(f'{load:.1f}' for load in os.getloadavg())}.")


async def _founded(url: str, agents: int) -> list[Tenant]:
    """Two for everybody, and others to spread the same number over."""
    await migrate(url)
    async with Database.connect(url, connections=2) as database:
        followed = [await found(database, name, min(agents, 200)) for name in ("followed", "by-streams")]
        return [*followed, *[await found(database, f"tenant-{number}", 5) for number in range(TENANTS)]]


async def _more(
    ours: Followed,
    url: str,
    folder: Path,
    tenants: Sequence[Tenant],
    sockets: int,
    each: int,
    seconds: float,
    told: Callable[[str], None],
) -> list[str]:
    told(f"{PACE} mutations a second over {len(tenants)} organizations of {each} sockets")
    late = await delays(ours.port, ours.pid, tenants, each, PACE, seconds)
    taken = {}
    stalling = max(1, sockets // 10)
    for kind, opening in (("socket", Socket.open), ("stream", Stream.open)):
        told(f"Memory, by {kind}s")
        # One that has had a thousand connections before has room left for as many.
        with product(url, folder / kind, tenants[0]) as fresh:
            taken[kind] = await memory(opening, fresh.port, fresh.pid, tenants[:2], sockets, stalling, STALLED_EVENTS)
    told("Storm")
    weathered = await weather(url, folder, tenants, each, sockets, round(PACE * seconds))
    return [
        f"From sending a mutation to its event at a client: median {late.median:.1f} ms, p99 {late.p99:.1f} ms, worst"
        f" {late.worst:.1f} ms of {late.deliveries:,}; the goal is 250. CPU: server {late.server:.0%}, clients"
        f" {late.clients:.0%} of a core.",
        *(
            f"Memory of a {kind} that follows: {its.each / 1000:.1f} kB; the goal is 40. Of {stalling} of which nobody"
            f" reads, during {STALLED_EVENTS} events: {its.stalled / 1e6:.1f} MB; the goal is 10 for 100."
            for kind, its in taken.items()
        ),
        f"{each * len(tenants):,} sockets at once: {weathered.first:.2f} s until the last one's first event; the goal"
        f" is 10. All back after the server was stopped and another there: {weathered.after_stop:.2f} s; killed:"
        f" {weathered.after_kill:.2f} s. Before that {sockets:,} were cut at random, always while others wrote:"
        f" {weathered.deliveries:,} deliveries, each as the log has it.",
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
