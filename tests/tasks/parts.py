"""A worker in parts, and organizations whose logs it follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from models.actors import Actor
from models.database import Database, utc_now
from models.events import ArticleChanged
from models.fields import new_id
from models.log import Lane, Reaction
from models.recorded import RecordedEvent
from models.rows import load_all, select
from models.settings import Settings
from models.writer import organization_write
from rag.chat import ChatModel
from rag.embedding import MiniLmEmbeddings
from rag.index import EmbeddedIndex
from rag.knowledge import KnowledgeBase
from resolvers.knowledge import PostgresChunks
from resolvers.organizations import create_organization
from subscriptions.drafts import Drafts
from tasks.broker import InProcessBroker
from tasks.claiming import Turns
from tasks.context import TaskContext
from tasks.leases import Claim, Terms
from tasks.mail.carrying import Carrier
from tasks.mail.outbox import Outbox
from tasks.reactions import Reactions, ReactionSpec, specs_by_name
from tasks.relay import Relay
from tasks.running import Runner
from tasks.worker import open_broker
from tests.credentials import LINKS

PATIENCE = timedelta(seconds=10)
DEFAULT_TERMS = Terms()
DEFAULT_SETTINGS = Settings()
TOKENIZER = Path(__file__).parents[2] / ".cache" / "minilm" / "tokenizer.json"


@dataclass
class Clock:
    """Time that stands still until a test moves it."""

    now: datetime = field(default_factory=utc_now)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Noted:
    """A reaction under a name of its own that keeps what it was called with, after failing and putting off as often as
    asked to."""

    failures: list[Exception] = field(default_factory=list)
    puts_off: list[datetime] = field(default_factory=list)
    name: str = field(default_factory=lambda: f"noted {new_id()}")
    events: list[RecordedEvent] = field(default_factory=list)

    async def __call__(self, _context: TaskContext, event: RecordedEvent) -> datetime | None:
        if self.failures:
            raise self.failures.pop()
        if self.puts_off:
            return self.puts_off.pop()
        self.events.append(event)
        return None

    @property
    def table(self) -> Reactions:
        """A table in which ArticleChanged is followed by this reaction alone."""
        return {ArticleChanged: (ReactionSpec(self.name, self),)}


@dataclass
class Worker:
    """A worker that takes a step when told to."""

    relay: Relay
    broker: InProcessBroker
    runner: Runner
    context: TaskContext

    async def step(self, *organizations: Actor) -> None:
        """Plan these organizations' events, run what is due, and wait for the end of it."""
        for organization in organizations:
            await self.relay.plan(organization.organization_id)
        await self.relay.end_rests()
        await self.relay.send_due()
        await self.broker.drain(PATIENCE)


class CountingEmbeddings(MiniLmEmbeddings):
    """The real embeddings; `documents` are the chunks that they were given."""

    def __init__(self) -> None:
        super().__init__(TOKENIZER)
        self.documents: list[str] = []

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.documents += texts
        return await super().aembed_documents(texts)


# Loaded once: it takes a good part of a second.
the_embeddings = cache(CountingEmbeddings)


def context_of(
    database: Database,
    chat_model: ChatModel | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    smtp: Carrier | None = None,
    drafts: Drafts | None = None,
) -> TaskContext:
    """What reactions work with: a search index of their own, no settings but the defaults."""
    embeddings = the_embeddings()
    index = EmbeddedIndex(embeddings.dimensions)
    knowledge = KnowledgeBase(PostgresChunks(database), index, embeddings, embeddings.model)
    carrier = smtp or Outbox(settings.outbox_folder)
    return TaskContext(database, knowledge, chat_model, settings, LINKS, carrier, drafts=drafts or Drafts())


def worker_of(
    database: Database,
    table: Reactions,
    terms: Terms = DEFAULT_TERMS,
    capacity: int = 100,
    chat_model: ChatModel | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    smtp: Carrier | None = None,
    drafts: Drafts | None = None,
) -> Worker:
    """A worker of its own on this database."""
    context = context_of(database, chat_model, settings, smtp, drafts)
    runner = Runner(context, terms)
    broker = open_broker(context.settings.tasks_url, runner, specs_by_name(table), capacity)
    return Worker(Relay(database, broker, table, terms), broker, runner, context)


async def claim_one(database: Database, name: str, terms: Terms = DEFAULT_TERMS) -> Claim:
    """Lease the next due reaction of this name, for a worker that is never heard of again."""
    turns = Turns(database, terms, {name: None})
    await turns.wake()
    ([turn], _) = await turns.claim({Lane.NORMAL: 1})
    return turn.claim


async def record(actor: Actor, count: int = 1, *, reacts: bool = True) -> list[UUID]:
    """Put that many facts into the organization's log; their ids."""
    async with organization_write(actor) as write:
        write.reacts = reacts
        return [write.record(ArticleChanged(article_id=new_id())) for _ in range(count)]


async def reactions_of(actor: Actor) -> list[Reaction]:
    """The organization's reactions, oldest first."""
    rows = await actor.database.fetch(
        f"{select(Reaction)} WHERE t.organization_id = $1 ORDER BY t.id", actor.organization_id
    )
    return load_all(Reaction, rows)


async def a_log(database: Database) -> Actor:
    """The system's actor in a new organization, whose log is empty."""
    made = await create_organization(database, "Followed", new_id().hex, service_levels=False)
    return Actor.system(database, made)
