"""The facts that the log holds: one frozen dataclass each. `models/recorded.py` reads them back.

A fact carries ids, enums and numbers of the moment. Text that people wrote stays in the rows, where it can be erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.actors import ActorKind, Role
from models.assistance import SuggestionStatus
from models.fact import Change, Fact
from models.lifecycle import TicketPriority, TicketStatus
from models.log import NotificationKind, Visibility
from models.mail import MailKind, MailReason
from models.organizations import MemberChange, TokenChange
from models.reaction_events import REACTION_FACTS
from models.satisfaction_events import SATISFACTION_FACTS
from models.service_level_events import SERVICE_LEVEL_FACTS


class TicketField(StrEnum):
    """What of a ticket's own fields customers see, and agents change."""

    SUBJECT = "subject"
    PRIORITY = "priority"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class TicketCreated(Fact):
    """A ticket arrived."""

    priority: TicketPriority
    follow_up_of_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TicketStatusChanged(Fact):
    """A ticket moved along the road, except to resolved, to closed or back from there."""

    previous: TicketStatus
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketResolved(Fact):
    """A ticket was answered for good, as far as anybody knows."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketClosed(Fact):
    """A ticket was filed."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketReopened(Fact):
    """A resolved or closed ticket came back."""

    previous: TicketStatus


@dataclass(frozen=True, slots=True)
class TicketAssigned(Fact):
    """A ticket got another assignee, or none."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    assignee_id: UUID | None
    previous_id: UUID | None


@dataclass(frozen=True, slots=True)
class TicketUpdated(Fact):
    """A ticket got another subject, priority or category: `fields` says which. What is not in it is None."""

    fields: tuple[TicketField, ...]
    priority: TicketPriority | None = None
    previous_priority: TicketPriority | None = None
    category_id: UUID | None = None
    previous_category_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TicketSnoozed(Fact):
    """A pending ticket was put off until another instant, or no longer is."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    pending_until: datetime | None


@dataclass(frozen=True, slots=True)
class TicketTagged(Fact):
    """Tags came onto a ticket or went."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    added: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageAdded(Fact):
    """A ticket's thread grew by one message or internal note. Where no @ is in it, it can't mention anybody; older
    facts don't say."""

    message_id: UUID
    author_kind: ActorKind
    internal: bool
    may_mention: bool = True

    @property
    def visibility(self) -> Visibility:
        return Visibility.STAFF if self.internal else Visibility.CUSTOMER


@dataclass(frozen=True, slots=True)
class SuggestionReady(Fact):
    """The AI has a draft for a ticket."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID


@dataclass(frozen=True, slots=True)
class SuggestionDecided(Fact):
    """An agent sent a draft, as it was or edited, or dismissed it."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID
    status: SuggestionStatus


@dataclass(frozen=True, slots=True)
class SuggestionRequested(Fact):
    """An agent asked the AI for a draft."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    suggestion_id: UUID


@dataclass(frozen=True, slots=True)
class ArticleChanged(Fact):
    """A help-centre article was written, rewritten or removed; its chunks follow. Older facts don't say which."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    article_id: UUID
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class ArticleIndexed(Fact):
    """An article's chunks are what its text says now; search indexes take them over. None are left of a removed one."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    article_id: UUID


@dataclass(frozen=True, slots=True)
class MemberChanged(Fact):
    """Somebody was invited, joined, got another role or left; `role` is what they are from then on."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    member_id: UUID
    change: MemberChange
    role: Role


@dataclass(frozen=True, slots=True)
class CategoryChanged(Fact):
    """A category was made, changed or deleted. Tickets of a deleted one show none; they did not change themselves."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    category_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class CannedResponseChanged(Fact):
    """A canned response was made, changed or deleted."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    canned_response_id: UUID
    change: Change


@dataclass(frozen=True, slots=True)
class SettingsChanged(Fact):
    """The organization's settings are another version; older facts don't name their row."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    version: int
    settings_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TokenChanged(Fact):
    """A member's API token was made or revoked. Admins learn of it, and the member: `person_id` of its event."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    token_id: UUID
    member_id: UUID
    change: TokenChange


@dataclass(frozen=True, slots=True)
class SessionStarted(Fact):
    """A member signed in."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    member_id: UUID


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """A member signed out, or signed in anew in the same browser."""

    audience: ClassVar[Visibility] = Visibility.ADMIN
    member_id: UUID


@dataclass(frozen=True, slots=True)
class SavedViewChanged(Fact):
    """A saved view was made, changed or deleted. `shared`: others saw it before, or see it now."""

    view_id: UUID
    change: Change
    shared: bool

    @property
    def visibility(self) -> Visibility:
        return Visibility.STAFF if self.shared else Visibility.PERSON


@dataclass(frozen=True, slots=True)
class MailFailed(Fact):
    """A mail was refused for good, or offered in vain too often; its row says what was said."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    mail_id: UUID
    kind: MailKind
    reason: MailReason


@dataclass(frozen=True, slots=True)
class NotificationAdded(Fact):
    """A member has something to look at, and so many unread with it; older facts don't say how many."""

    audience: ClassVar[Visibility] = Visibility.PERSON
    notification_id: UUID
    unread: int | None = None


@dataclass(frozen=True, slots=True)
class NotificationsRead(Fact):
    """A member marked so many notifications as read, and has so many unread left; older facts don't say how many.

    They are those of `notification_ids` or, where it was `everything`, all that there were; older facts say neither.
    """

    audience: ClassVar[Visibility] = Visibility.PERSON
    marked: int
    unread: int | None = None
    notification_ids: tuple[UUID, ...] = ()
    everything: bool | None = None


@dataclass(frozen=True, slots=True)
class DigestDue(Fact):
    """A member's daily digest was put together of so many notifications, and is to be sent."""

    audience: ClassVar[Visibility] = Visibility.PERSON
    notifications: int


@dataclass(frozen=True, slots=True)
class PreferencesChanged(Fact):
    """A member wants to be told of these kinds of things in another way; older facts don't name the member."""

    audience: ClassVar[Visibility] = Visibility.PERSON
    kinds: tuple[NotificationKind, ...]
    member_id: UUID | None = None


FACTS: Mapping[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        TicketCreated,
        TicketStatusChanged,
        TicketResolved,
        TicketClosed,
        TicketReopened,
        TicketAssigned,
        TicketUpdated,
        TicketSnoozed,
        TicketTagged,
        MessageAdded,
        *SERVICE_LEVEL_FACTS,
        *SATISFACTION_FACTS,
        SuggestionRequested,
        SuggestionReady,
        SuggestionDecided,
        ArticleChanged,
        ArticleIndexed,
        CategoryChanged,
        CannedResponseChanged,
        SettingsChanged,
        MemberChanged,
        TokenChanged,
        SessionStarted,
        SessionEnded,
        SavedViewChanged,
        MailFailed,
        NotificationAdded,
        NotificationsRead,
        *REACTION_FACTS,
        PreferencesChanged,
        DigestDue,
    )
}
