"""How somebody wants to be told of things."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from graphql_api.types import enums as enums
from models.log import NotificationKind
from models.preferences import Choice, NotificationMail


@strawberry.type(name="NotificationPreference", description="Your preference for one kind of notification.")
class NotificationPreferenceType:
    """models.preferences.Choice"""

    kind: NotificationKind = strawberry.field(description="The kind of notification.")
    mail: NotificationMail = strawberry.field(description="Whether and when you get mail about it.")
    in_app: bool = strawberry.field(description="Whether it is listed among your notifications.")


@strawberry.type(name="Preferences", description="Your preferences.")
class PreferencesType:
    """What a member has chosen, or not."""

    notifications: list[NotificationPreferenceType] = strawberry.field(
        description="Your preference for each kind of notification, chosen or by default. Empty for customers."
    )

    @classmethod
    def of(cls, choices: Mapping[NotificationKind, Choice]) -> PreferencesType:
        """All choices, in the order of the kinds."""
        return cls(
            notifications=[
                NotificationPreferenceType(kind=kind, mail=choice.mail, in_app=choice.in_app)
                for kind, choice in choices.items()
            ]
        )


@strawberry.input(description="What to change for one kind of notification; what is left out stays.")
class NotificationPreferenceInput:
    """For everybody who is told of something."""

    kind: NotificationKind = strawberry.field(description="The kind of notification.")
    mail: strawberry.Maybe[NotificationMail | None] = strawberry.field(
        default=None, description="Whether and when you get mail about it."
    )
    in_app: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether it is listed among your notifications."
    )


@strawberry.input(description="What to change about your preferences; what is left out stays.")
class PreferencesInput:
    """For staff and analysts."""

    notifications: list[NotificationPreferenceInput] = strawberry.field(
        description="The preferences to change, each kind once."
    )
