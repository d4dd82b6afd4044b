"""`python -m benchmarks.faults`: injects faults while clients send mutations, then checks all that must hold."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.faults import parts
from benchmarks.faults.disk import NoDiskError
from benchmarks.faults.injecting import Injected
from benchmarks.faults.parts import Outcome, Part
from benchmarks.faults.site import Site


@dataclass(frozen=True)
class Choice:
    """A part of the run, and how many faults it has where nobody says."""

    part: Part
    times: int
    help: str


CHOICES: Mapping[str, Choice] = {
    "api": Choice(parts.api, 100, "kills of the API, a hundred mutations after each other"),
    "workers": Choice(parts.workers, 100, "kills of workers"),
    "postgres": Choice(parts.postgres, 20, "faults of PostgreSQL"),
    "redis": Choice(parts.redis, 20, "faults of Redis"),
    "smtp": Choice(parts.smtp, 8, "faults of the mail server"),
    "search": Choice(parts.search, 6, "faults of Qdrant, of which a stand-in is there"),
    "disk": Choice(parts.disk, 4, "full disks under PostgreSQL; only root can have them"),
    "outbox": Choice(parts.outbox, 2, "full disks under the outbox; only root can have them"),
    "stops": Choice(parts.stops, 10, "processes told to stop while they have work"),
    "sabotage": Choice(parts.sabotage, 1, "runs with each of the products that do what must not be: all are found out"),
}


async def run(chosen: argparse.Namespace, folder: Path) -> int:
    """All that was chosen; how many things are wrong."""
    print(f"Seed {chosen.seed}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}; logs in {folder}", flush=True)
    wrong = 0
    for name, choice in CHOICES.items():
        if times := getattr(chosen, name):
            begun = time.monotonic()
            own = folder / name
            own.mkdir(mode=0o755)
            try:
                outcome = await choice.part(own, times, chosen.seed)
            except NoDiskError as error:
                print(f"\n{name}: not run, {error}", flush=True)
                continue
            told(name, outcome, time.monotonic() - begun)
            wrong += len(outcome.wrong)
    return wrong


def told(name: str, outcome: Outcome, seconds: float) -> None:
    """Print a part's outcome."""
    print(f"\n{name}: {seconds:.0f} s, load {os.getloadavg()[0]:.0f}")
    for site in outcome.sites:
        _told_of(site)
    print(f"{'injected':45} {'times':>5}   {'work went on':^18}   {'had caught up':^18}")
    for each in outcome.injected:
        print(f"{each.name:45} {len(each.recovered):5} {_spread(each.recovered)}   {_caught_up(each, outcome.sites)}")
    print(f"{len(outcome.wrong)} things wrong" + "".join(f"\n  {each}" for each in outcome.wrong[:50]), flush=True)


def _told_of(site: Site) -> None:
    followed = [each.subscriber for tenant in site.tenants for each in tenant.followed]
    returns, closed = sum(each.returns for each in followed), Counter[int | None]()
    for each in followed:
        closed += each.closed
    sent, distinct = site.sink.received.total(), len(site.sink.received)
    drafts = sum(len(tenant.ledger.drafts) for tenant in site.tenants)
    print(f"{site.acknowledged:,} mutations acknowledged, {drafts} drafts asked for among them;")
    print(f"{distinct:,} mails, {sent - distinct} deliveries more; {site.vendor.asked:,} model calls;")
    print(f"subscribers came back {returns} times, their sockets closed by {dict(closed)}")


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):8.2f} {max(seconds):8.2f}s" if seconds else ""


def _caught_up(each: Injected, sites: Sequence[Site]) -> str:
    return _spread(each.caught_up(sites[0])) if sites and sites[0].due else ""


def main() -> None:
    """Parse, run, tell."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    for name, choice in CHOICES.items():
        parser.add_argument(f"--{name}", type=int, help=f"{choice.help}; {choice.times} where nothing is chosen")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = parser.parse_args()
    if all(getattr(chosen, name) is None for name in CHOICES):
        vars(chosen).update({name: choice.times for name, choice in CHOICES.items()})
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o755)
    sys.exit(1 if asyncio.run(run(chosen, folder)) else 0)


if __name__ == "__main__":
    main()
