"""Puts the parts of a process together: database, channel, feed, search, tasks, API."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from qdrant_client import AsyncQdrantClient

from graphql_api.context import Services
from helpdesk.postgres import embedded_postgres
from helpdesk.readiness import Readiness
from models.clock import SharedClock
from models.database import Database
from models.links import Links
from models.migrate import migrate
from models.settings import Settings
from rag.chat import chat_model
from rag.embedding import MiniLmEmbeddings
from rag.index import EmbeddedIndex, SearchIndex
from rag.knowledge import KnowledgeBase
from rag.served_index import ServedIndex
from resolvers.knowledge import PostgresChunks
from subscriptions.background import background
from subscriptions.broadcasting import broadcasting
from subscriptions.channel import HintChannel
from subscriptions.cursor import Cursors
from subscriptions.drafts import Drafts
from subscriptions.ephemera import Ephemera
from subscriptions.feed import Feed
from subscriptions.presence import Presences
from tasks.context import TaskContext
from tasks.mail.transport import open_carrier
from tasks.worker import PATIENCE, PATIENCE_AFTER_REQUESTS, run_tasks

# Put there by the installation (scripts/install.py).
TOKENIZER = Path(__file__).parent.parent / ".cache" / "minilm" / "tokenizer.json"


def broadcast_address(settings: Settings, database: str) -> str:
    """HELPDESK_BROADCAST_URL, or else the database: all processes of a deployment have it in common."""
    return settings.broadcast_url or database


@contextmanager
def database_address(settings: Settings) -> Iterator[str]:
    """DATABASE_URL, or else the embedded PostgreSQL in the data folder, running while the block lasts."""
    if settings.database_url:
        yield settings.database_url
        return
    settings.folder.mkdir(parents=True, exist_ok=True)
    with embedded_postgres(settings.folder / "postgres") as address:
        yield address


def deployment_secret(settings: Settings) -> str:
    """HELPDESK_SECRET, or else one that is made once and kept in the data folder."""
    if settings.secret:
        return settings.secret
    path = settings.folder / "secret"
    settings.folder.mkdir(parents=True, exist_ok=True)
    try:
        # Whoever comes second, if only by a moment, reads what the first one wrote.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return path.read_text()


def signed_links(settings: Settings) -> Links:
    """The links that mail holds: all processes of a deployment make and open the same."""
    return Links(deployment_secret(settings), settings.pages_url, settings.secret_previous)


@asynccontextmanager
async def migrated_database(address: str, *, connections: int = 10) -> AsyncIterator[Database]:
    """The database at an address, brought to the current tables."""
    await migrate(address)
    clock = SharedClock()
    async with Database.connect(address, connections=connections, clock=clock) as database:
        await clock.compare(database)
        async with background(clock.keep(database), "comparing clocks"):
            yield database


@asynccontextmanager
async def knowledge_base(settings: Settings, database: Database) -> AsyncIterator[KnowledgeBase]:
    """Search over the help centres: embedded, or at QDRANT_URL."""
    embeddings = MiniLmEmbeddings(TOKENIZER)
    index: SearchIndex
    if settings.qdrant_url:
        index = ServedIndex(AsyncQdrantClient(settings.qdrant_url), embeddings.model, embeddings.dimensions)
    else:
        index = EmbeddedIndex(embeddings.dimensions)
    knowledge = KnowledgeBase(PostgresChunks(database), index, embeddings, embeddings.model)
    try:
        yield knowledge
    finally:
        await knowledge.close()
        embeddings.close()


@dataclass(frozen=True, slots=True)
class House:
    """A running process's parts."""

    settings: Settings
    database: Database
    services: Services
    readiness: Readiness


@asynccontextmanager
async def open_house(settings: Settings, address: str, *, tasks: bool) -> AsyncIterator[House]:
    """Everything that serves requests and, with `tasks`, works through reactions too."""
    async with (
        migrated_database(address, connections=20) as database,
        broadcasting(broadcast_address(settings, address)) as broadcast,
        HintChannel.over(broadcast) as hints,
        Ephemera.over(broadcast) as ephemera,
        Feed.open(database, hints) as feed,
        knowledge_base(settings, database) as knowledge,
    ):
        database.on_commit(hints.send)
        cursors = Cursors(deployment_secret(settings), settings.secret_previous)
        links, drafts = signed_links(settings), Drafts(ephemera)
        services = Services(
            settings, database, cursors, links, feed, knowledge, presences=Presences(ephemera), drafts=drafts
        )
        house = House(settings, database, services, Readiness(database, knowledge, broadcast, settings.smtp_url))
        async with background(services.last_uses.keep_writing(database), "writing of last uses"):
            if tasks:
                async with working(settings, database, hints, knowledge, drafts, patience=PATIENCE_AFTER_REQUESTS):
                    yield house
            else:
                yield house
        await services.last_uses.write(database)


@asynccontextmanager
async def working(
    settings: Settings,
    database: Database,
    hints: HintChannel,
    knowledge: KnowledgeBase,
    drafts: Drafts,
    patience: timedelta = PATIENCE,
) -> AsyncIterator[None]:
    """Work through reactions while the block lasts; whoever has `drafts` can read what is being written."""
    model = chat_model(settings.ai_model, os.environ)
    async with (
        open_carrier(settings) as carrier,
        run_tasks(
            TaskContext(database, knowledge, model, settings, signed_links(settings), carrier, drafts=drafts),
            patience=patience,
        ) as relay,
    ):
        with hints.listening(lambda organization_id, _seq: relay.wake(organization_id)):
            yield
