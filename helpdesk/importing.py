"""The import commands: read a file, hand it to the operations in batches, show how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from helpdesk.house import broadcast_address, knowledge_base, migrated_database, working
from helpdesk.import_files import read_articles, read_tickets
from models.actors import Actor
from models.database import Database
from models.settings import Settings
from resolvers import imports, knowledge
from resolvers.imports import ImportedTicket, Person
from resolvers.organizations import organization_by_slug
from resolvers.recalculation import reckon_new
from subscriptions.broadcasting import broadcasting
from subscriptions.channel import HintChannel
from subscriptions.drafts import Drafts

TICKETS_AT_ONCE = 200
ARTICLES_AT_ONCE = 50


@dataclass(slots=True)
class Outcome:
    """What became of an import. `refused` says where (a line, a file) and why."""

    added: int = 0
    changed: int = 0
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


async def import_tickets(address: str, path: Path, slug: str, console: Console) -> Outcome:
    """Import a JSON Lines file of tickets."""
    async with migrated_database(address, connections=2) as database:
        organization = await organization_by_slug(database, slug)
        requester = Person(f"imported@{slug}.invalid", "Imported customer")
        lines = await asyncio.to_thread(read_tickets, path, requester)
        outcome = Outcome(refused=[(f"line {number}", reason) for number, reason in lines.refused])
        tickets = [ticket for _number, ticket in lines.tickets.values()]
        with _progress(console) as progress:
            bar = progress.add_task("Importing tickets", total=len(tickets))
            for batch in _batches(tickets, TICKETS_AT_ONCE):
                done = await imports.import_tickets(Actor.system(database, organization.id), batch)
                outcome.added += done.added
                outcome.known += done.known
                outcome.refused += [(f"line {lines.tickets[name][0]}", reason) for name, reason in done.refused]
                progress.advance(bar, len(batch))
            bar = progress.add_task("Reckoning clocks", total=outcome.added)
            while reckoned := await reckon_new(Actor.system(database, organization.id)):
                progress.advance(bar, reckoned)
    return outcome


def _batches(tickets: Sequence[ImportedTicket], size: int) -> list[Sequence[ImportedTicket]]:
    return [tickets[start : start + size] for start in range(0, len(tickets), size)]


async def import_articles(settings: Settings, address: str, folder: Path, slug: str, console: Console) -> Outcome:
    """Import a folder of articles and index what is new; a server that runs meanwhile helps with the indexing."""
    async with (
        migrated_database(address) as database,
        broadcasting(broadcast_address(settings, address)) as broadcast,
        HintChannel.over(broadcast) as hints,
    ):
        database.on_commit(hints.send)
        organization = await organization_by_slug(database, slug)
        system = Actor.system(database, organization.id)
        found = await asyncio.to_thread(read_articles, folder)
        outcome = Outcome(refused=list(found.refused))
        with _progress(console) as progress:
            bar = progress.add_task("Importing articles", total=len(found.files))
            for start in range(0, len(found.files), ARTICLES_AT_ONCE):
                batch = found.files[start : start + ARTICLES_AT_ONCE]
                done = await knowledge.import_articles(system, batch)
                outcome.added += len(done.added)
                outcome.changed += len(done.changed)
                outcome.known += done.unchanged
                progress.advance(bar, len(batch))
            async with (
                knowledge_base(settings, database) as searched,
                working(settings, database, hints, searched, Drafts()),
            ):
                await _until_indexed(system, progress)
        outcome.refused += await _given_up(system)
    return outcome


async def _until_indexed(system: Actor, progress: Progress) -> None:
    """Wait until no article is newer than its chunks."""
    total = await _not_indexed(system.database, system)
    bar = progress.add_task("Indexing articles", total=total)
    grown = asyncio.Event()
    system.database.on_commit(lambda _organization, _seq: grown.set())
    while left := await _not_indexed(system.database, system):
        progress.update(bar, completed=total - left)
        grown.clear()
        # Another process may be the one that indexes, and its commits give no hint here.
        try:
            async with asyncio.timeout(1):
                await grown.wait()
        except TimeoutError:
            continue
    progress.update(bar, completed=total)


_NOT_INDEXED = "a.organization_id = $1 AND (a.indexed_at IS NULL OR a.indexed_at < a.updated_at)"
_GIVEN_UP = """EXISTS (
    SELECT 1 FROM support_reaction r JOIN support_event e ON e.id = r.event_id
    WHERE r.organization_id = $1 AND r.status = 'dead' AND r.created_at >= a.updated_at
      AND e.data ->> 'article_id' = a.id::text)"""


async def _given_up(system: Actor) -> list[tuple[str, str]]:
    """The articles whose indexing failed too often, and why."""
    rows = await system.database.fetch(
        f"SELECT a.title FROM support_article a WHERE {_NOT_INDEXED} AND {_GIVEN_UP} ORDER BY 1", system.organization_id
    )
    return [(row["title"], "It was stored, but could not be indexed; the server's log says why.") for row in rows]


async def _not_indexed(database: Database, system: Actor) -> int:
    return int(
        await database.fetchval(
            f"SELECT count(*) FROM support_article a WHERE {_NOT_INDEXED} AND NOT {_GIVEN_UP}", system.organization_id
        )
    )
