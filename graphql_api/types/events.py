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


@strawberry.type(name="TicketCreated", description="A ticket arrived.")
class TicketCreatedType(EventType):
    """facts.TicketCreated"""

    priority: TicketPriority = column("priority", "Its priority on arrival.", enum=TicketPriority)
    follow_up_of: TicketType | None = to_one(lambda: TicketType, "follow_up_of_id", "The ticket that it goes on from.")


@strawberry.type(name="TicketStatusChanged", description="A ticket moved along the road, short of its end.")
class TicketStatusChangedType(EventType):
    """facts.TicketStatusChanged"""

    previous: TicketStatus = column("previous", "Where it stood.", enum=TicketStatus)
    status: TicketStatus = column("status", "Where it went.", enum=TicketStatus)


@strawberry.type(name="TicketResolved", description="A ticket was resolved.")
class TicketResolvedType(EventType):
    """facts.TicketResolved"""

    previous: TicketStatus = column("previous", "Where it stood.", enum=TicketStatus)


@strawberry.type(name="TicketClosed", description="A ticket was closed.")
class TicketClosedType(EventType):
    """facts.TicketClosed"""

    previous: TicketStatus = column("previous", "Where it stood.", enum=TicketStatus)


@strawberry.type(name="TicketReopened", description="A resolved or closed ticket came back.")
class TicketReopenedType(EventType):
    """facts.TicketReopened"""

    previous: TicketStatus = column("previous", "Where it stood.", enum=TicketStatus)


@strawberry.type(name="TicketAssigned", description="A ticket got another assignee, or none.")
class TicketAssignedType(EventType):
    """facts.TicketAssigned"""

    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "Who works on it now.")
    previous_assignee: UserType | None = to_one(lambda: UserType, "previous_id", "Who did before.")


@strawberry.type(name="TicketUpdated", description="A ticket got another subject, priority or category.")
class TicketUpdatedType(EventType):
    """facts.TicketUpdated"""

    fields: list[TicketField] = column("fields", "Which of them changed. A new subject is read from the ticket.")
    priority: TicketPriority | None = column("priority", "The new priority, if it changed.", enum=TicketPriority)
    previous_priority: TicketPriority | None = column(
        "previous_priority", "The priority before, if it changed.", enum=TicketPriority
    )
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The new category; null if it did not change, or if there is none now."
    )
    previous_category: CategoryType | None = to_one(
        lambda: CategoryType, "previous_category_id", "The category before; null if it did not change or was none."
    )


@strawberry.type(name="TicketSnoozed", description="A pending ticket was put off, or no longer is.")
class TicketSnoozedType(EventType):
    """facts.TicketSnoozed"""

    pending_until: datetime | None = column("pending_until", "Until when; null: until somebody takes it up.")


@strawberry.type(name="TicketTagged", description="Tags came onto a ticket or went.")
class TicketTaggedType(EventType):
    """facts.TicketTagged"""

    added: list[TagType] = each_of(lambda: TagType, "added", "The tags that came.")
    removed: list[TagType] = each_of(lambda: TagType, "removed", "The tags that went.")


@strawberry.type(name="MessageAdded", description="A thread grew by a message or an internal note.")
class MessageAddedType(EventType):
    """facts.MessageAdded"""

    message: MessageType = to_one(lambda: MessageType, "message_id", "What was written.")


@strawberry.type(name="SuggestionRequested", description="An agent asked the AI for a draft.")
class SuggestionRequestedType(EventType):
    """facts.SuggestionRequested"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft to come.")


@strawberry.type(name="SuggestionReady", description="The AI has a draft, or knows that there is none.")
class SuggestionReadyType(EventType):
    """facts.SuggestionReady"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")


@strawberry.type(name="SuggestionDecided", description="An agent sent a draft or dismissed it.")
class SuggestionDecidedType(EventType):
    """facts.SuggestionDecided"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")
    status: SuggestionStatus = column("status", "What the agent decided.", enum=SuggestionStatus)


@strawberry.type(name="ArticleChanged", description="An article was written, rewritten or removed.")
class ArticleChangedType(EventType):
    """facts.ArticleChanged"""

    article_id: strawberry.ID = names("article_id", "art", "The article's id, also of a removed one.")
    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once removed.")
    change: Change | None = column(
        "change", "What became of it; null in events that an earlier release wrote.", enum=Change
    )


@strawberry.type(name="ArticleIndexed", description="Search and suggestions know an article's text as it is now.")
class ArticleIndexedType(EventType):
    """facts.ArticleIndexed"""

    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once removed.")


@strawberry.type(name="MemberChanged", description="Somebody was invited, joined, got another role or left.")
class MemberChangedType(EventType):
    """facts.MemberChanged"""

    member: UserType = to_one(lambda: UserType, "member_id", "Who, as they are now.")
    change: MemberChange = column("change", "What became of them.", enum=MemberChange)
    role: Role = column("role", "What they were from then on.", enum=Role)


@strawberry.type(name="CategoryChanged", description="A category was made, changed or deleted.")
class CategoryChangedType(EventType):
    """facts.CategoryChanged"""

    category_id: strawberry.ID = names("category_id", "cat", "The category's id, also of a deleted one.")
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The category; null once deleted, for its tickets too."
    )
    change: Change = column("change", "What became of it.", enum=Change)


@strawberry.type(name="CannedResponseChanged", description="A canned response was made, changed or deleted.")
class CannedResponseChangedType(EventType):
    """facts.CannedResponseChanged"""

    canned_response_id: strawberry.ID = names("canned_response_id", "can", "Its id, also of a deleted one.")
    canned_response: CannedResponseType | None = to_one(
        lambda: CannedResponseType, "canned_response_id", "The canned response; null once deleted."
    )
    change: Change = column("change", "What became of it.", enum=Change)


@strawberry.type(name="SettingsChanged", description="The organization's settings changed.")
class SettingsChangedType(EventType):
    """facts.SettingsChanged"""

    version: int = column("version", "The version that they are at since.")
    settings: SupportSettingsType | None = to_one(
        lambda: SupportSettingsType,
        "settings_id",
        "The settings as they are now; null in events that an earlier release wrote.",
    )
    organization: OrganizationType = to_one(
        lambda: OrganizationType, "organization_id", "The organization, whose time zone is set with them."
    )


@strawberry.type(name="TokenChanged", description="An API token was made or revoked.")
class TokenChangedType(EventType):
    """facts.TokenChanged"""

    token: ApiTokenType | None = to_one(lambda: ApiTokenType, "token_id", "The token as it is now.")
    member: UserType = to_one(lambda: UserType, "member_id", "Whose it is.")
    change: TokenChange = column("change", "What became of it.", enum=TokenChange)


@strawberry.type(name="SessionStarted", description="A member signed in.")
class SessionStartedType(EventType):
    """facts.SessionStarted"""

    member: UserType = to_one(lambda: UserType, "member_id", "Who.")


@strawberry.type(name="SessionEnded", description="A member signed out, or signed in anew in the same browser.")
class SessionEndedType(EventType):
    """facts.SessionEnded"""

    member: UserType = to_one(lambda: UserType, "member_id", "Who.")


@strawberry.type(name="SavedViewChanged", description="A saved view was made, changed or deleted.")
class SavedViewChangedType(EventType):
    """facts.SavedViewChanged"""

    view_id: strawberry.ID = names("view_id", "view", "The view's id, also where you see it no more.")
    view: SavedViewType | None = to_one(
        lambda: SavedViewType, "view_id", "The view; null once it is deleted, or if it is not shared with you any more."
    )
    change: Change = column("change", "What became of it.", enum=Change)
    shared: bool = column("shared", "Whether others saw it before, or see it now.")


@strawberry.type(name="MailFailed", description="A mail about a ticket, or to a member, could not be sent.")
class MailFailedType(EventType):
    """facts.MailFailed"""

    mail: MailType | None = to_one(lambda: MailType, "mail_id", "The mail; null once its recipient is erased.")
    kind: MailKind = column("kind", "What it is about.", enum=MailKind)
    reason: MailReason = column("reason", "Why it could not be sent.", enum=MailReason)


@strawberry.type(name="NotificationAdded", description="Somebody has something to look at.")
class NotificationAddedType(EventType):
    """facts.NotificationAdded"""

    notification: NotificationType | None = to_one(
        lambda: NotificationType, "notification_id", "The notification; null in the audit trail of somebody else's."
    )
    unread: int | None = column(
        "unread", "How many they had unread with it, counted up to 1,000; null in events that an earlier release wrote."
    )


@strawberry.type(name="NotificationsRead", description="Somebody marked notifications as read.")
class NotificationsReadType(EventType):
    """facts.NotificationsRead"""

    marked: int = column("marked", "How many.")
    notifications: list[NotificationType] = each_of(
        lambda: NotificationType,
        "notification_ids",
        "Those that were named; none where it was all, or in the audit trail of somebody else's.",
    )
    everything: bool | None = column(
        "everything", "Whether it was all that there were; null in events that an earlier release wrote."
    )
    unread: int | None = column(
        "unread", "How many were left, counted up to 1,000; null in events that an earlier release wrote."
    )


@strawberry.type(name="DigestDue", description="Somebody's daily digest was put together and is being sent.")
class DigestDueType(EventType):
    """facts.DigestDue"""

    notifications: int = column("notifications", "Of how many notifications.")


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


@strawberry.type(name="PreferencesChanged", description="Somebody wants to be told of things in another way.")
class PreferencesChangedType(EventType):
    """facts.PreferencesChanged"""

    kinds: list[NotificationKind] = column("kinds", "Of which kinds of things.")
    preferences: PreferencesType | None = loaded(
        Loaded(("member_id",), _member, _preferences_of, _preferences_shown),
        "Yours as they are now; null in the audit trail of somebody else's, and in events of an earlier release.",
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
