"""A signpost to resolvers/settings.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.mutations.shared import given, given_value
from graphql_api.types.content_inputs import SupportSettingsInput
from graphql_api.types.problem import ProblemType
from graphql_api.types.settings import SupportSettingsType
from resolvers import settings

SupportSettingsResult = Annotated[
    SupportSettingsType | ProblemType,
    strawberry.union("SupportSettingsResult", description="The settings after the change, or a Problem."),
]


@strawberry.type
class SettingsMutations:
    """What admins choose."""

    @strawberry.mutation(description="Change the organization's settings. For admins.")
    async def update_support_settings(
        self, info: Info, input: Annotated[SupportSettingsInput, strawberry.argument(description="What to change.")]
    ) -> SupportSettingsResult:
        hours, days = given(input.auto_close_after_hours), given(input.reopen_window_days)
        address, name = given(input.from_email), given(input.from_name)
        classifies = given_value(input.classification_enabled, "classification_enabled")
        suggests = given_value(input.suggestions_enabled, "suggestions_enabled")
        resolves = given_value(input.auto_resolve_enabled, "auto_resolve_enabled")
        threshold = given_value(input.auto_resolve_threshold, "auto_resolve_threshold")
        asks = given_value(input.csat_enabled, "csat_enabled")
        delay = given_value(input.csat_delay_minutes, "csat_delay_minutes")
        locale, zone = given_value(input.locale, "locale"), given_value(input.timezone, "timezone")
        wanted = settings.SettingsChanges(
            classification_enabled=classifies,
            suggestions_enabled=suggests,
            auto_resolve_enabled=resolves,
            auto_resolve_threshold=threshold,
            auto_close_after_hours=hours,
            reopen_window_days=days,
            from_email=address,
            from_name=name,
            csat_enabled=asks,
            csat_delay_minutes=delay,
            locale=locale,
            timezone=zone,
        )
        changed = await settings.update_support_settings(info.context.actor, wanted, input.expected_version)
        return await info.context.reads.reload(SupportSettingsType, changed)
