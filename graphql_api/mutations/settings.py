"""A signpost to resolvers/settings.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.mutations.shared import given, unless_none
from graphql_api.types.content_inputs import SupportSettingsInput
from graphql_api.types.problem import ProblemType
from graphql_api.types.settings import SupportSettingsType
from resolvers import settings

SupportSettingsResult = Annotated[
    SupportSettingsType | ProblemType,
    strawberry.union("SupportSettingsResult", description="The settings as they are now, or why not."),
]


@strawberry.type
class SettingsMutations:
    """What admins choose."""

    @strawberry.mutation(description="Change how the organization wants its helpdesk. For admins.")
    async def update_support_settings(
        self, info: Info, input: Annotated[SupportSettingsInput, strawberry.argument(description="What to change.")]
    ) -> SupportSettingsResult:
        hours, days = given(input.auto_close_after_hours), given(input.reopen_window_days)
        address, name = given(input.from_email), given(input.from_name)
        wanted = settings.SettingsChanges(
            classification_enabled=unless_none(input.classification_enabled),
            suggestions_enabled=unless_none(input.suggestions_enabled),
            auto_resolve_enabled=unless_none(input.auto_resolve_enabled),
            auto_resolve_threshold=unless_none(input.auto_resolve_threshold),
            auto_close_after_hours=hours,
            reopen_window_days=days,
            from_email=address,
            from_name=name,
            csat_enabled=unless_none(input.csat_enabled),
            csat_delay_minutes=unless_none(input.csat_delay_minutes),
            locale=unless_none(input.locale),
            timezone=unless_none(input.timezone),
        )
        changed = await settings.update_support_settings(info.context.actor, wanted, input.expected_version)
        return await info.context.reads.reload(SupportSettingsType, changed)
