"""What reactions work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from models.database import Database
from models.links import Links
from models.settings import Settings
from rag.chat import ChatModel
from rag.knowledge import KnowledgeBase
from subscriptions.drafts import Drafts
from tasks.mail.carrying import Carrier


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Made once at start and given to every reaction.

    `carrier` takes mail. `clocks_moved` is set when this process has reckoned clocks. `drafts` lets others
    read what is being written.
    """

    database: Database
    knowledge: KnowledgeBase
    chat_model: ChatModel | None
    settings: Settings
    links: Links
    carrier: Carrier
    clocks_moved: asyncio.Event = field(default_factory=asyncio.Event)
    drafts: Drafts = field(default_factory=Drafts)
