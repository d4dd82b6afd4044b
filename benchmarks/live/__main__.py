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
from benchmarks.live.organizations import Tenant, found
from benchmarks.live.servers import BARE, NODE, PRODUCT, peer, peers, product
from helpdesk.postgres import embedded_postgres
from models.database import Database
from models.migrate import migrate

GOALS = {BARE: 1.5, NODE: 0.5}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--events", type=int, default=50, help="of a round")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    console = Console(width=max(100, Console().width))
    with ExitStack() as stack, console.status("Starting") as status:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(embedded_postgres(folder / "postgres"))
        tenant = asyncio.run(_founded(url, chosen.sockets))
        servers = [stack.enter_context(product(url, folder, tenant))]
        servers += [stack.enter_context(peer(name, command)) for name, command in peers().items()]
        costs = uvloop.run(fan_out(servers, chosen.sockets, chosen.events, chosen.rounds, _telling(status.update)))
    console.print(table(costs), *goals(costs), sep="\n", highlight=False)
    console.print(f"Load of the machine at the end: {', '.join(f'{load:.1f}' for load in os.getloadavg())}.")


async def _founded(url: str, agents: int) -> Tenant:
    await migrate(url)
    async with Database.connect(url, connections=2) as database:
        return await found(database, "followed", agents)


def _telling(update: Callable[[str], None]) -> Callable[[str], None]:
    return lambda told: update(told)


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
