"""Signposts to resolvers/notifications.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.types.notifications import NotificationsMarkedType
from graphql_api.types.problem import ProblemType
from resolvers import notifications

NotificationsResult = Annotated[
    NotificationsMarkedType | ProblemType,
    strawberry.union("NotificationsResult", description="That they are marked, or why not."),
]


@strawberry.type
class NotificationMutations:
    """What somebody does with notifications of their own."""

    @strawberry.mutation(description="Mark notifications of yours as read: some, or all.")
    async def mark_notifications_read(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Which, at most 100; left out with `all`.")
        ] = None,
        all: Annotated[bool, strawberry.argument(description="All that are unread.")] = False,
    ) -> NotificationsResult:
        keys = None if ids is None else [decode("ntf", each) for each in ids]
        marked = await notifications.mark_notifications_read(info.context.actor, keys, everything=all)
        return NotificationsMarkedType(marked=marked)
