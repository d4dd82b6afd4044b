"""What comes out of a feed: events with their position, and the two ways in which a feed says "not from here"."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.actors import Actor
from models.events import MemberChanged
from models.fact import Fact
from models.recorded import RecordedEvent
from subscriptions.cursor import Position
from subscriptions.standing import changed_member
from subscriptions.visibility import is_for_some, may_see, rows_for_some, visible_rows


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


class StandingChanged(Exception):
    """The feed has ended because its actor is no longer what they were: whoever they are now goes on after `position`.

    Up to there they have been sent what they might see by then.
    """

    def __init__(self, position: Position) -> None:
        super().__init__("Somebody's role or membership has changed.")
        self.position = position


@dataclass(frozen=True, slots=True)
class Scope:
    """What one subscriber asked for, within what the actor may see. None leaves nothing out.

    With `whole_role`, what anybody of the actor's role in the organization may see.
    """

    actor: Actor
    ticket_id: UUID | None = None
    facts: frozenset[type[Fact]] | None = None
    whole_role: bool = False

    @property
    def shared(self) -> Hashable:
        """What scopes have in common that differ only in who of a role has them."""
        return self.actor.organization_id, self.actor.role, self.ticket_id, self.facts

    def of_whole_role(self) -> Scope:
        """The same, whoever of the role asks."""
        return replace(self, whole_role=True)

    def holds(self, event: RecordedEvent) -> bool:
        """Whether the event is for this subscriber."""
        sees = is_for_some if self.whole_role else may_see
        return (
            sees(self.actor, event)
            and (self.ticket_id is None or event.ticket_id == self.ticket_id)
            and (self.facts is None or type(event.fact) in self.facts)
        )

    def minds(self, event: RecordedEvent) -> bool:
        """Whether the event is for this subscriber, or says that somebody it stands for is no longer what they were."""
        stands_for_them = changed_member(event) is not None if self.whole_role else self.ends_with(event)
        return self.holds(event) or stands_for_them

    def ends_with(self, event: RecordedEvent) -> bool:
        """Whether the one person that it stands for is no longer what they were from this event on."""
        member_id = changed_member(event)
        return member_id is not None and not self.whole_role and member_id == self.actor.user_id

    def rows(self, values: list[object]) -> str:
        """`holds` (of a whole role, `minds`) as a condition on rows `t` of support_event; what it compares with is
        appended to `values`.

        For reading less, not for deciding.
        """
        visible = rows_for_some if self.whole_role else visible_rows
        conditions = [visible(self.actor, values)]
        if self.ticket_id is not None:
            values.append(self.ticket_id)
            conditions.append(f"t.ticket_id = ${len(values)}")
        if self.facts is not None:
            values.append(sorted(fact.__name__ for fact in self.facts))
            conditions.append(f"t.type = ANY(${len(values)}::text[])")
        held = " AND ".join(conditions)
        return f"({held} OR t.type = '{MemberChanged.__name__}')" if self.whole_role else held
