"""The log as clients see it: one type for each fact, all of them Events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from graphql_api.reading.event_log import EVENT_NODES
from graphql_api.reading.reads import Loaded, column, each_of, loaded, to_one
from graphql_api.types import enums as enums
from graphql_api.types.articles import ArticleType
from graphql_api.types.canned_responses import CannedResponseType
from graphql_api.types.categories import CategoryType
from graphql_api.types.credentials import ApiTokenType
from graphql_api.types.dead_letters import REACTION_EVENT_TYPES
from graphql_api.types.event import EventType, names
from graphql_api.types.notifications import NotificationType
from graphql_api.types.organizations import OrganizationType, UserType
from graphql_api.types.preferences import PreferencesType
from graphql_api.types.satisfaction_events import SATISFACTION_EVENT_TYPES
from graphql_api.types.service_level_events import SERVICE_LEVEL_EVENT_TYPES
from graphql_api.types.settings import SupportSettingsType
from graphql_api.types.tags import TagType
from graphql_api.types.tickets import MailType, MessageType, SuggestionType, TicketType
from graphql_api.types.views import SavedViewType
from models import events as facts
from models.actors import Actor, Role
from models.assistance import SuggestionStatus
from models.database import Fetch
from models.events import TicketField
from models.fact import Change, Fact
from models.lifecycle import TicketPriority, TicketStatus
from models.log import NotificationKind
from models.mail import MailKind, MailReason
from models.organizations import MemberChange, TokenChange
from models.preferences import Choice
from resolvers.preferences import choices_of


@strawberry.type(name="TicketCreated", description="A ticket was created.")
class TicketCreatedType(EventType):
    """facts.TicketCreated"""

    priority: TicketPriority = column("priority", "Its priority when it was created.", enum=TicketPriority)
    follow_up_of: TicketType | None = to_one(
        lambda: TicketType, "follow_up_of_id", "The closed ticket that it follows up."
    )


@strawberry.type(
    name="TicketStatusChanged",
    description="A ticket's status changed to OPEN, PENDING, IN_PROGRESS or WAITING_ON_CUSTOMER, other than by "
    "reopening.",
)
class TicketStatusChangedType(EventType):
    """facts.TicketStatusChanged"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)
    status: TicketStatus = column("status", "The new status.", enum=TicketStatus)


@strawberry.type(name="TicketResolved", description="A ticket was resolved.")
class TicketResolvedType(EventType):
    """facts.TicketResolved"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketClosed", description="A ticket was closed.")
class TicketClosedType(EventType):
    """facts.TicketClosed"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketReopened", description="A resolved or closed ticket was reopened.")
class TicketReopenedType(EventType):
    """facts.TicketReopened"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketAssigned", description="A ticket was assigned or unassigned.")
class TicketAssignedType(EventType):
    """facts.TicketAssigned"""

    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "The new assignee.")
    previous_assignee: UserType | None = to_one(lambda: UserType, "previous_id", "The previous assignee.")


@strawberry.type(name="TicketUpdated", description="A ticket's subject, priority or category changed.")
class TicketUpdatedType(EventType):
    """facts.TicketUpdated"""

    fields: list[TicketField] = column("fields", "Which of them changed. Read a new subject from the ticket.")
    priority: TicketPriority | None = column("priority", "The new priority, if it changed.", enum=TicketPriority)
    previous_priority: TicketPriority | None = column(
        "previous_priority", "The previous priority, if it changed.", enum=TicketPriority
    )
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The new category; null if it did not change or there is none now."
    )
    previous_category: CategoryType | None = to_one(
        lambda: CategoryType,
        "previous_category_id",
        "The previous category; null if it did not change or there was none.",
    )


@strawberry.type(name="TicketSnoozed", description="A pending ticket was snoozed, or no longer is.")
class TicketSnoozedType(EventType):
    """facts.TicketSnoozed"""

    pending_until: datetime | None = column("pending_until", "Until when; null: no longer snoozed.")


@strawberry.type(name="TicketTagged", description="Tags were added to or removed from a ticket.")
class TicketTaggedType(EventType):
    """facts.TicketTagged"""

    added: list[TagType] = each_of(lambda: TagType, "added", "The tags that were added.")
    removed: list[TagType] = each_of(lambda: TagType, "removed", "The tags that were removed.")


@strawberry.type(name="MessageAdded", description="A message or an internal note was added to a ticket.")
class MessageAddedType(EventType):
    """facts.MessageAdded"""

    message: MessageType = to_one(lambda: MessageType, "message_id", "The message.")


@strawberry.type(name="SuggestionRequested", description="An agent requested a draft.")
class SuggestionRequestedType(EventType):
    """facts.SuggestionRequested"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The requested draft.")


@strawberry.type(name="SuggestionReady", description="A draft is finished, or the AI has none.")
class SuggestionReadyType(EventType):
    """facts.SuggestionReady"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")


@strawberry.type(name="SuggestionDecided", description="An agent sent or dismissed a draft.")
class SuggestionDecidedType(EventType):
    """facts.SuggestionDecided"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")
    status: SuggestionStatus = column("status", "The decision.", enum=SuggestionStatus)


@strawberry.type(name="ArticleChanged", description="An article was created, changed or deleted.")
class ArticleChangedType(EventType):
    """facts.ArticleChanged"""

    article_id: strawberry.ID = names("article_id", "art", "The article's id, even if it is deleted.")
    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once deleted.")
    change: Change | None = column("change", "What happened to it; null in events of an earlier release.", enum=Change)


@strawberry.type(name="ArticleIndexed", description="An article's present text is indexed for search and drafts.")
class ArticleIndexedType(EventType):
    """facts.ArticleIndexed"""

    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once deleted.")


@strawberry.type(name="MemberChanged", description="A member was invited, joined, got another role or left.")
class MemberChangedType(EventType):
    """facts.MemberChanged"""

    member: UserType = to_one(lambda: UserType, "member_id", "The member as they are now.")
    change: MemberChange = column("change", "What happened to them.", enum=MemberChange)
    role: Role = column("role", "Their role from then on.", enum=Role)


@strawberry.type(name="CategoryChanged", description="A category was created, changed or deleted.")
class CategoryChangedType(EventType):
    """facts.CategoryChanged"""

    category_id: strawberry.ID = names("category_id", "cat", "The category's id, even if it is deleted.")
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The category; null once deleted, also on its tickets."
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="CannedResponseChanged", description="A canned response was created, changed or deleted.")
class CannedResponseChangedType(EventType):
    """facts.CannedResponseChanged"""

    canned_response_id: strawberry.ID = names("canned_response_id", "can", "Its id, even if it is deleted.")
    canned_response: CannedResponseType | None = to_one(
        lambda: CannedResponseType, "canned_response_id", "The canned response; null once deleted."
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="SettingsChanged", description="The organization's settings changed.")
class SettingsChangedType(EventType):
    """facts.SettingsChanged"""

    version: int = column("version", "Their version since then.")
    settings: SupportSettingsType | None = to_one(
        lambda: SupportSettingsType,
        "settings_id",
        "The settings as they are now; null in events of an earlier release.",
    )
    organization: OrganizationType = to_one(
        lambda: OrganizationType, "organization_id", "The organization, whose time zone is one of them."
    )


@strawberry.type(name="TokenChanged", description="An API token was created or revoked.")
class TokenChangedType(EventType):
    """facts.TokenChanged"""

    token: ApiTokenType | None = to_one(lambda: ApiTokenType, "token_id", "The token as it is now.")
    member: UserType = to_one(lambda: UserType, "member_id", "Its owner.")
    change: TokenChange = column("change", "What happened to it.", enum=TokenChange)


@strawberry.type(name="SessionStarted", description="A member signed in.")
class SessionStartedType(EventType):
    """facts.SessionStarted"""

    member: UserType = to_one(lambda: UserType, "member_id", "The member.")


@strawberry.type(name="SessionEnded", description="A member signed out, or signed in again in the same browser.")
class SessionEndedType(EventType):
    """facts.SessionEnded"""

    member: UserType = to_one(lambda: UserType, "member_id", "The member.")


@strawberry.type(name="SavedViewChanged", description="A saved view was created, changed or deleted.")
class SavedViewChangedType(EventType):
    """facts.SavedViewChanged"""

    view_id: strawberry.ID = names("view_id", "view", "The view's id, even if you no longer see it.")
    view: SavedViewType | None = to_one(
        lambda: SavedViewType, "view_id", "The view; null once it is deleted or no longer shared with you."
    )
    change: Change = column("change", "What happened to it.", enum=Change)
    shared: bool = column("shared", "Whether others saw it before or see it now.")


@strawberry.type(name="MailFailed", description="A mail about a ticket, or to a member, could not be sent.")
class MailFailedType(EventType):
    """facts.MailFailed"""

    mail: MailType | None = to_one(lambda: MailType, "mail_id", "The mail; null once its recipient is erased.")
    kind: MailKind = column("kind", "What it is about.", enum=MailKind)
    reason: MailReason = column("reason", "Why it could not be sent.", enum=MailReason)


@strawberry.type(name="NotificationAdded", description="Somebody got a notification.")
class NotificationAddedType(EventType):
    """facts.NotificationAdded"""

    notification: NotificationType | None = to_one(
        lambda: NotificationType,
        "notification_id",
        "The notification; null in the audit trail if it is somebody else's.",
    )
    unread: int | None = column(
        "unread",
        "How many unread notifications they had with it, counted up to 1,000; null in events of an earlier release.",
    )


@strawberry.type(name="NotificationsRead", description="Somebody marked notifications as read.")
class NotificationsReadType(EventType):
    """facts.NotificationsRead"""

    marked: int = column("marked", "How many.")
    notifications: list[NotificationType] = each_of(
        lambda: NotificationType,
        "notification_ids",
        "Those that were named by id; empty if all were marked, or in the audit trail if they are somebody else's.",
    )
    everything: bool | None = column("everything", "Whether all were marked; null in events of an earlier release.")
    unread: int | None = column(
        "unread", "How many are still unread, counted up to 1,000; null in events of an earlier release."
    )


@strawberry.type(name="DigestDue", description="Somebody's daily digest is being sent.")
class DigestDueType(EventType):
    """facts.DigestDue"""

    notifications: int = column("notifications", "How many notifications it contains.")


def _member(row: Mapping[str, Any], _arguments: Mapping[str, Any]) -> Any:
    return row["member_id"]


async def _preferences_of(
    actor: Actor, fetch: Fetch, members: Sequence[UUID | None]
) -> list[Mapping[NotificationKind, Choice] | None]:
    # Nobody reads anybody else's.
    own = await choices_of(fetch, actor.user_id) if actor.user_id in members else None
    return [own if member == actor.user_id else None for member in members]


def _preferences_shown(
    _row: Mapping[str, Any], choices: Mapping[NotificationKind, Choice] | None
) -> PreferencesType | None:
    return None if choices is None else PreferencesType.of(choices)


@strawberry.type(name="PreferencesChanged", description="Somebody changed their notification preferences.")
class PreferencesChangedType(EventType):
    """facts.PreferencesChanged"""

    kinds: list[NotificationKind] = column("kinds", "The kinds of notifications that changed.")
    preferences: PreferencesType | None = loaded(
        Loaded(("member_id",), _member, _preferences_of, _preferences_shown),
        "Your preferences as they are now; null in the audit trail if they are somebody else's, and "
        "in events of an earlier release.",
        cost="1",
    )


EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.TicketCreated: TicketCreatedType,
    facts.TicketStatusChanged: TicketStatusChangedType,
    facts.TicketResolved: TicketResolvedType,
    facts.TicketClosed: TicketClosedType,
    facts.TicketReopened: TicketReopenedType,
    facts.TicketAssigned: TicketAssignedType,
    facts.TicketUpdated: TicketUpdatedType,
    facts.TicketSnoozed: TicketSnoozedType,
    facts.TicketTagged: TicketTaggedType,
    facts.MessageAdded: MessageAddedType,
    **SERVICE_LEVEL_EVENT_TYPES,
    **SATISFACTION_EVENT_TYPES,
    facts.SuggestionRequested: SuggestionRequestedType,
    facts.SuggestionReady: SuggestionReadyType,
    facts.SuggestionDecided: SuggestionDecidedType,
    facts.ArticleChanged: ArticleChangedType,
    facts.ArticleIndexed: ArticleIndexedType,
    facts.CategoryChanged: CategoryChangedType,
    facts.CannedResponseChanged: CannedResponseChangedType,
    facts.SettingsChanged: SettingsChangedType,
    facts.MemberChanged: MemberChangedType,
    facts.TokenChanged: TokenChangedType,
    facts.SessionStarted: SessionStartedType,
    facts.SessionEnded: SessionEndedType,
    facts.SavedViewChanged: SavedViewChangedType,
    facts.MailFailed: MailFailedType,
    facts.NotificationAdded: NotificationAddedType,
    facts.NotificationsRead: NotificationsReadType,
    **REACTION_EVENT_TYPES,
    facts.PreferencesChanged: PreferencesChangedType,
    facts.DigestDue: DigestDueType,
}
EVENT_NODES.update(EVENT_TYPES)
