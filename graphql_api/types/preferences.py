"""How somebody wants to be told of things."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from graphql_api.types import enums as enums
from models.log import NotificationKind
from models.preferences import Choice, NotificationMail


@strawberry.type(name="NotificationPreference", description="How you are told of one kind of thing.")
class NotificationPreferenceType:
    """models.preferences.Choice"""

    kind: NotificationKind = strawberry.field(description="What of.")
    mail: NotificationMail = strawberry.field(description="Whether and when you get mail about it.")
    in_app: bool = strawberry.field(description="Whether it is among your notifications.")


@strawberry.type(name="Preferences", description="How you want the helpdesk to be for you.")
class PreferencesType:
    """What a member has chosen, or not."""

    notifications: list[NotificationPreferenceType] = strawberry.field(
        description="How you are told of each kind of thing, chosen or by default. Customers are told in other ways."
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


@strawberry.input(description="What to change of how you are told of one kind of thing; what is left out stays.")
class NotificationPreferenceInput:
    """For everybody who is told of something."""

    kind: NotificationKind = strawberry.field(description="What of.")
    mail: strawberry.Maybe[NotificationMail | None] = strawberry.field(
        default=None, description="Whether and when you want mail about it."
    )
    in_app: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether you want it among your notifications."
    )


@strawberry.input(description="What to change of your preferences; what is left out stays.")
class PreferencesInput:
    """For staff and analysts."""

    notifications: list[NotificationPreferenceInput] = strawberry.field(
        description="How you want to be told of some kinds of things, each once."
    )
