"""What comes out of a feed: events with their position, and the two ways in which a feed says "not from here"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.actors import Actor
from models.fact import Fact
from models.recorded import RecordedEvent
from subscriptions.cursor import Position
from subscriptions.visibility import may_see


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event and the position that its reader has reached with it."""

    position: Position
    event: RecordedEvent


class ResyncReason(StrEnum):
    """Why a feed can't go on from where it was asked to."""

    TOO_OLD = "too_old"
    AHEAD = "ahead"
    OTHER_EPOCH = "other_epoch"
    OTHER_ORGANIZATION = "other_organization"


@dataclass(frozen=True, slots=True)
class ResyncRequired:
    """What lies between `after` and `position` can't be told: fetch afresh. The feed goes on live from `position`."""

    position: Position
    reason: ResyncReason


FeedItem = FeedEvent | ResyncRequired


class ResumeRequired(Exception):
    """The feed has ended because its reader was too slow or the log moved; nothing is lost after `position`."""

    code: ClassVar[str] = "RESUME_REQUIRED"

    def __init__(self, position: Position) -> None:
        super().__init__("This subscription fell behind; subscribe again after the last cursor that you have.")
        self.position = position


@dataclass(slots=True)
class Scope:
    """What one subscriber asked for, within what the actor may see. None leaves nothing out."""

    actor: Actor
    ticket_id: UUID | None = None
    facts: frozenset[type[Fact]] | None = None

    def holds(self, event: RecordedEvent) -> bool:
        """Whether the event is for this subscriber."""
        return (
            may_see(self.actor, event)
            and (self.ticket_id is None or event.ticket_id == self.ticket_id)
            and (self.facts is None or type(event.fact) in self.facts)
        )
