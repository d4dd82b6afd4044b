"""Events of an organization's members as clients see them: how they come in, and what they are told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import strawberry

from graphql_api.reading.reads import Loaded, column, each_of, loaded, to_one
from graphql_api.types import enums as enums
from graphql_api.types.credentials import ApiTokenType
from graphql_api.types.event import EventType
from graphql_api.types.notifications import NotificationType
from graphql_api.types.organizations import UserType
from graphql_api.types.preferences import PreferencesType
from models import events as facts
from models.actors import Actor, Role
from models.database import Fetch
from models.fact import Fact
from models.log import NotificationKind
from models.organizations import MemberChange, TokenChange
from models.preferences import Choice
from resolvers.preferences import choices_of


@strawberry.type(name="MemberChanged", description="A member was invited, joined, got another role or left.")
class MemberChangedType(EventType):
    """facts.MemberChanged"""

    member: UserType = to_one(lambda: UserType, "member_id", "The member as they are now.")
    change: MemberChange = column("change", "What happened to them.", enum=MemberChange)
    role: Role = column("role", "Their role from then on.", enum=Role)


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

    marked: int = column("marked", "How many were marked.")
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
    member: UserType | None = to_one(lambda: UserType, "member_id", "The member; null in events of an earlier release.")
    preferences: PreferencesType | None = loaded(
        Loaded(("member_id",), _member, _preferences_of, _preferences_shown),
        "Your preferences as they are now; null in the audit trail if they are somebody else's, and "
        "in events of an earlier release.",
        cost="1",
    )


MEMBER_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.MemberChanged: MemberChangedType,
    facts.TokenChanged: TokenChangedType,
    facts.SessionStarted: SessionStartedType,
    facts.SessionEnded: SessionEndedType,
    facts.NotificationAdded: NotificationAddedType,
    facts.NotificationsRead: NotificationsReadType,
    facts.DigestDue: DigestDueType,
    facts.PreferencesChanged: PreferencesChangedType,
}
