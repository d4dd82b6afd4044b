"""Whom the table lets go first: a customer's reply before an index rebuild, and mail before drafts"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatResult
from pydantic import ConfigDict

from models.actors import Actor
from models.settings import Settings
from rag.articles import ArticleFile
from rag.chat import ChatModel
from resolvers.knowledge import import_articles
from resolvers.messages import NewMessage, add_message
from resolvers.tickets import create_ticket
from tasks.mail.carrying import Parcel
from tasks.mail.outbox import Outbox
from tasks.reactions import REACTIONS
from tests.tasks.parts import PATIENCE, reactions_of, worker_of
from tests.tasks.test_triage import FILTER, Organizations, with_help_centre

TICKETS = 12


async def test_a_customers_reply_comes_before_an_index_rebuild(an_organization: Organizations, tmp_path: Path) -> None:
    world = await an_organization()
    worker = worker_of(world.database, REACTIONS, capacity=1, settings=replace(Settings(), folder=tmp_path))
    ticket_id = await create_ticket(world.customer, FILTER)
    articles = [ArticleFile(id=str(number), title=f"Number {number}", body="Turn it.") for number in range(5)]
    await import_articles(Actor.system(world.database, world.id), articles)
    await add_message(world.customer, NewMessage(ticket_id, body="It still leaks."))
    await worker.relay.plan(world.id)

    while any(row.finished_at is None for row in await reactions_of(world.admin)):
        await worker.relay.send_due()
        await worker.broker.drain(PATIENCE)

    ended = sorted(await reactions_of(world.admin), key=lambda row: (row.finished_at, row.name))
    names = [row.name for row in ended]
    assert names.count("index_article") == len(articles)
    assert not {"notify", "mail_of_notice"} & {*names[names.index("index_article") :]}


class SlowModel(BaseChatModel):
    """A chat model that answers nobody until it is told to."""

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)
    told: asyncio.Event
    _llm_type = "slow"

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(self, *_args: Any, **_options: Any) -> ChatResult:
        await self.told.wait()
        raise ConnectionRefusedError("nobody there")


class Counting(Outbox):
    """An outbox that says when it has so many mails."""

    def __init__(self, folder: Path, left: int) -> None:
        super().__init__(folder)
        self._left = left
        self.full = asyncio.Event()

    async def send(self, parcel: Parcel) -> None:
        await super().send(parcel)
        self._left -= 1
        if not self._left:
            self.full.set()


async def test_a_slow_model_keeps_no_mail_waiting(an_organization: Organizations, tmp_path: Path) -> None:
    world = await an_organization()
    await with_help_centre(world)
    model, outbox = SlowModel(told=asyncio.Event()), Counting(tmp_path, TICKETS)
    worker = worker_of(world.database, REACTIONS, capacity=8, chat_model=ChatModel("slow", model), smtp=outbox)
    for number in range(TICKETS):
        await create_ticket(world.customer, replace(FILTER, subject=f"filter {number}"))

    async with worker.relay.running():
        worker.relay.wake(world.id)
        await asyncio.wait_for(outbox.full.wait(), timeout=30)

    assert not model.told.is_set()
    model.told.set()
    await worker.broker.drain(PATIENCE)
    drafted = [row for row in await reactions_of(world.admin) if row.name == "triage"]
    assert len(drafted) == TICKETS
    assert any(row.begun for row in drafted)
