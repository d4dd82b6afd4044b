"""Facts of the machinery that follows facts: what became of reactions that had failed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from models.fact import Fact
from models.log import Visibility


@dataclass(frozen=True, slots=True)
class DeadLetterRetried(Fact):
    """A reaction that had failed for good is tried again."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    reaction_id: UUID


@dataclass(frozen=True, slots=True)
class DeadLetterDiscarded(Fact):
    """A reaction that had failed for good will not be tried again."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    reaction_id: UUID


REACTION_FACTS: tuple[type[Fact], ...] = (DeadLetterRetried, DeadLetterDiscarded)
