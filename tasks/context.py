"""What reactions work with."""

from __future__ import annotations

from dataclasses import dataclass

from models.database import Database
from models.settings import Settings
from rag.chat import ChatModel
from rag.knowledge import KnowledgeBase


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Made once at start and given to every reaction."""

    database: Database
    knowledge: KnowledgeBase
    chat_model: ChatModel | None
    settings: Settings
