"""Signposts to resolvers/notifications.py and resolvers/preferences.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.mutations.shared import given_value
from graphql_api.types.notifications import NotificationsMarkedType
from graphql_api.types.preferences import PreferencesInput, PreferencesType
from graphql_api.types.problem import ProblemType
from resolvers import notifications, preferences
from resolvers.inputs import inside

NotificationsResult = Annotated[
    NotificationsMarkedType | ProblemType,
    strawberry.union("NotificationsResult", description="How many were marked, or a Problem."),
]

PreferencesResult = Annotated[
    PreferencesType | ProblemType,
    strawberry.union("PreferencesResult", description="Your preferences after the change, or a Problem."),
]


@strawberry.type
class NotificationMutations:
    """What somebody does with notifications of their own, and how they want them."""

    @strawberry.mutation(description="Mark some or all of your notifications as read.")
    async def mark_notifications_read(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Which ones, at most 100; leave this out with `all`."),
        ] = None,
        all: Annotated[bool, strawberry.argument(description="Mark all that are unread.")] = False,
    ) -> NotificationsResult:
        keys = None if ids is None else [decode("ntf", each) for each in ids]
        marked = await notifications.mark_notifications_read(info.context.actor, keys, everything=all)
        return NotificationsMarkedType(marked=marked)

    @strawberry.mutation(description="Change how you are notified: by mail at once, in a daily digest, or not.")
    async def update_preferences(
        self, info: Info, input: Annotated[PreferencesInput, strawberry.argument(description="What to change.")]
    ) -> PreferencesResult:
        wanted = []
        for each in input.notifications:
            with inside("notifications"):
                mail, in_app = given_value(each.mail, "mail"), given_value(each.in_app, "in_app")
            wanted.append(preferences.ChoiceChange(each.kind, mail, in_app))
        return PreferencesType.of(await preferences.update_preferences(info.context.actor, wanted))
