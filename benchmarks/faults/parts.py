"""The parts of a run: what each has on its site, what is done to it, and the judgement."""

from __future__ import annotations

import asyncio
import email
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from benchmarks.faults import injecting
from benchmarks.faults.checker import mails_of
from benchmarks.faults.children import Child
from benchmarks.faults.clients import UnexplainedError
from benchmarks.faults.disk import a_disk
from benchmarks.faults.injecting import Hurt, Injected, WentOn, inject, kill_workers, next_mail, next_mutation
from benchmarks.faults.neighbours import disk_faults, mail_faults, next_search, redis_faults, search_faults
from benchmarks.faults.points import Point
from benchmarks.faults.redis_server import a_redis
from benchmarks.faults.sabotage import SABOTAGES, Sabotage
from benchmarks.faults.search_server import a_search_server
from benchmarks.faults.site import DOMAIN, SETTLING, Site, posted
from benchmarks.faults.waiting import until
from models.database import Database

CLIENTS = 3
# What a process that was told to stop may take.
LEAVING = 20.0
# How long what is sabotaged is waited for.
PATIENCE = 10.0


@dataclass
class Outcome:
    """What was done, where, and each sentence of what is wrong."""

    injected: list[Injected] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


Part = Callable[[Path, int, int], Awaitable[Outcome]]
"""Takes its folder, how many faults there shall be, and what its clients' choices begin with."""


async def api(folder: Path, times: int, seed: int, every: int = 100) -> Outcome:
    """The API killed every so many mutations; no worker runs, since this is not about what follows."""
    async with Site.open(folder) as site:
        tenants = [await site.tenant() for _ in range(2)]
        async with site.clients(tenants, CLIENTS, seed):
            done = [await inject(site, "kill -9 of the API", injecting.kill_api, times, every)]
        return Outcome(done, await site.judged(tenants, followed=False), [site])


async def workers(folder: Path, times: int, seed: int) -> Outcome:
    """A worker killed at each point in turn."""
    async with Site.open(folder) as site:
        tenants = [await site.tenant() for _ in range(2)]
        lives = [list(Point)[place % len(Point)] for place in range(times)]
        site.paced = True
        async with site.clients(tenants, CLIENTS, seed):
            done = await kill_workers(site, lives, random.Random(seed), 10)
        return Outcome(done, await site.judged(tenants, followed=True), [site])


async def postgres(folder: Path, times: int, seed: int) -> Outcome:
    """PostgreSQL hurt in four ways while a worker works."""
    ways = {
        "PostgreSQL restarted, fast": injecting.restart_fast,
        "PostgreSQL restarted, immediate": injecting.restart_immediate,
        "PostgreSQL's connections killed": injecting.kill_connections,
        "PostgreSQL stopped for 10 s": injecting.stop_for_ten_seconds,
    }
    async with Site.open(folder) as site:
        return await _in_turn(site, ways, times, seed, next_mutation, resting=True)


async def redis(folder: Path, times: int, seed: int) -> Outcome:
    """Redis hurt in three ways while two workers share what is due by it."""
    async with a_redis() as server, Site.open(folder, workers=2, HELPDESK_TASKS_URL=server.url) as site:
        return await _in_turn(site, redis_faults(server), times, seed, next_mail, resting=False)


async def smtp(folder: Path, times: int, seed: int) -> Outcome:
    """The mail server hurt in four ways."""
    async with Site.open(folder, HELPDESK_SMTP_TIMEOUT_SECONDS="5") as site:
        return await _in_turn(site, mail_faults(), times, seed, next_mail, resting=False)


async def search(folder: Path, times: int, seed: int) -> Outcome:
    """Qdrant hurt in three ways: all is served but the search, and drafts come when it is back."""
    async with a_search_server() as server, Site.open(folder, QDRANT_URL=server.url) as site:
        return await _in_turn(site, search_faults(server), times, seed, next_search, resting=False)


async def disk(folder: Path, times: int, seed: int) -> Outcome:
    """PostgreSQL's disk full: nothing is acknowledged that is not there."""
    with a_disk(folder / "disk", "200m") as small:
        async with Site.open(folder, data=small.folder) as site:
            return await _in_turn(site, disk_faults(small), times, seed, next_mutation, resting=False)


async def _in_turn(
    site: Site, ways: Mapping[str, Hurt], times: int, seed: int, went_on: WentOn, *, resting: bool, every: int = 20
) -> Outcome:
    """Each of these faults its share of times, while clients and workers work."""
    tenants = [await site.tenant() for _ in range(2)]
    counts = [times // len(ways) + (place < times % len(ways)) for place in range(len(ways))]
    for each in site.workers:
        await each.start()
    site.paced = True
    async with site.clients(tenants, CLIENTS, seed):
        done = [
            await inject(site, name, hurt, count, every, went_on, resting=resting)
            for (name, hurt), count in zip(ways.items(), counts, strict=True)
            if count
        ]
    return Outcome(done, await site.judged(tenants, followed=True), [site])


async def outbox(folder: Path, times: int, seed: int) -> Outcome:
    """The disk of the outbox full: mail waits, and comes whole."""
    with a_disk(folder / "disk", "4m") as small:
        place = small.folder / "outbox"
        async with Site.open(folder, HELPDESK_SMTP_URL="", HELPDESK_OUTBOX=str(place)) as site:
            tenants = [await site.tenant() for _ in range(2)]
            await site.worker.start()
            told = Injected("the outbox's disk full for 10 s")
            async with site.clients(tenants, 1, seed):
                for _ in range(times):
                    await site.reached(site.acknowledged + 20)
                    await asyncio.to_thread(small.fill)
                    await asyncio.sleep(10)
                    small.free()
                    begun, have = time.monotonic(), len(_files(place))
                    await _files_in(place, have + 1)
                    told.recovered.append(time.monotonic() - begun)
            wrong = await site.judged(tenants, followed=False)
            async with Database.connect(site.cluster.url, connections=2) as database:
                wanted = await mails_of(database, [tenant.ledger for tenant in tenants], DOMAIN)
            await _files_in(place, len(wanted))
            wrong += posted(wanted, [_message_id(file) for file in _files(place)])
            wrong += [f"{each} is left behind" for each in place.glob("*/.*")]
            return Outcome([told], wrong, [site])


def _files(place: Path) -> list[Path]:
    return [*place.glob("*/*.eml")]


async def _files_in(place: Path, count: int) -> None:
    async def there() -> bool:
        return len(_files(place)) >= count

    await until(there, SETTLING)


def _message_id(file: Path) -> str:
    return str(email.message_from_bytes(file.read_bytes())["Message-ID"])


async def stops(folder: Path, times: int, seed: int) -> Outcome:
    """API and worker told to stop in turns, with work under way: both leave in order and in time."""
    async with Site.open(folder) as site:
        tenants = [await site.tenant() for _ in range(2)]
        await site.worker.start()
        site.paced = True
        wrong: list[str] = []
        done = Injected("SIGTERM to the API, until it had left"), Injected("SIGTERM to a worker, until it had left")
        async with site.clients(tenants, CLIENTS, seed):
            for place in range(times):
                await site.reached(site.acknowledged + 30)
                one = site.worker if place % 2 else site.api
                took = await _stopped(one, wrong)
                done[place % 2].recovered.append(took)
                if place % 2:
                    wrong += await _leases_held(site)
                await one.start()
        for tenant in tenants:
            for each in tenant.followed:
                if other := each.subscriber.closed.keys() - {1012}:
                    wrong.append(f"sockets were closed with {other}")
        return Outcome([*done], wrong + await site.judged(tenants, followed=True), [site])


async def _stopped(one: Child, wrong: list[str]) -> float:
    begun = time.monotonic()
    one.signal(Signals.SIGTERM)
    status = await one.ended()
    took = time.monotonic() - begun
    if status or took > LEAVING:
        wrong.append(f"it left with {status} after {took:.1f} s")
    return took


async def _leases_held(site: Site) -> list[str]:
    async with Database.connect(site.cluster.url, connections=2) as database:
        held = await database.fetchval("SELECT count(*) FROM support_reaction WHERE leased_until IS NOT NULL")
    return [f"{held} leases are held by nobody"] if held else []


async def sabotage(folder: Path, times: int, seed: int) -> Outcome:
    """Products that do what must not be, each in its way: whoever checks finds out each of them."""
    outcome = Outcome()
    for name, each in SABOTAGES.items():
        told = Injected(f"found out: {name}")
        for turn in range(times):
            own = folder / f"{name}{turn}"
            own.mkdir(mode=0o755)
            begun = time.monotonic()
            found = await sabotaged(own, name, each, seed)
            told.recovered.append(time.monotonic() - begun)
            if not any(each.sign in sentence for sentence in found):
                outcome.wrong.append(f"nobody noticed: {name}; what was found: {found[:5]}")
        outcome.injected.append(told)
    return outcome


async def sabotaged(folder: Path, name: str, how: Sabotage, seed: int, enough: int = 150) -> list[str]:
    """What is found wrong with such a product."""
    async with Site.open(folder, durable=how.durable, FAULTS_SABOTAGE=name) as site:
        tenant = await site.tenant(customers=1)
        if how.worker:
            await site.worker.start()
            site.paced = True
        found: list[str] = []
        try:
            async with site.clients([tenant], CLIENTS, seed):
                await site.reached(enough)
                if not how.durable:
                    await inject(site, name, injecting.restart_immediate, 3, 50)
        except ExceptionGroup as group:
            # What was lost is missed by whoever goes on with it.
            unexplained, others = group.split(UnexplainedError)
            if others:
                raise others from None
            found += [f"lost: {each}" for each in unexplained.exceptions] if unexplained else []
        return found + await site.judged([tenant], followed=how.worker, within=PATIENCE)
