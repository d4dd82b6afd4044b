"""Signposts to resolvers/business_calendars.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, encode
from graphql_api.mutations.shared import DeletedResult, given_list, given_value
from graphql_api.types.problem import DeletedType, ProblemType
from graphql_api.types.service_level_inputs import CreateBusinessCalendarInput, UpdateBusinessCalendarInput
from graphql_api.types.service_levels import BusinessCalendarType
from resolvers import business_calendars
from resolvers.business_calendars import CalendarChanges
from resolvers.patches import KEEP

BusinessCalendarResult = Annotated[
    BusinessCalendarType | ProblemType,
    strawberry.union("BusinessCalendarResult", description="The calendar after the change, or a Problem."),
]


def changes_of(input: UpdateBusinessCalendarInput) -> CalendarChanges:
    """What is to change of a calendar."""
    name, zone = given_value(input.name, "name"), given_value(input.timezone, "timezone")
    default = given_value(input.is_default, "is_default")
    return CalendarChanges(
        name=name,
        timezone=zone,
        weekly=given_list(input.weekly, "weekly"),
        holidays=given_list(input.holidays, "holidays"),
        holidays_of=None if input.holidays_of is None else input.holidays_of.wanted(),
        extra=given_list(input.extra, "extra"),
        is_default=default,
    )


@strawberry.type
class BusinessCalendarMutations:
    """When admins say that it is open."""

    @strawberry.mutation(description="Create a business calendar for policies to count by. For admins.")
    async def create_business_calendar(
        self,
        info: Info,
        input: Annotated[CreateBusinessCalendarInput, strawberry.argument(description="The new calendar.")],
    ) -> BusinessCalendarResult:
        wanted = CalendarChanges(
            name=input.name,
            timezone=KEEP if input.timezone is None else input.timezone,
            weekly=[each.wanted() for each in input.weekly],
            holidays=[each.wanted() for each in input.holidays or ()],
            holidays_of=None if input.holidays_of is None else input.holidays_of.wanted(),
            extra=[each.wanted() for each in input.extra or ()],
            is_default=input.is_default,
        )
        made = await business_calendars.create_business_calendar(info.context.actor, wanted)
        return await info.context.reads.reload(BusinessCalendarType, made)

    @strawberry.mutation(
        description="Change a business calendar from now on. Clocks of open tickets follow; met clocks keep their "
        "promise. For admins."
    )
    async def update_business_calendar(
        self,
        info: Info,
        input: Annotated[UpdateBusinessCalendarInput, strawberry.argument(description="What to change.")],
    ) -> BusinessCalendarResult:
        changed = await business_calendars.update_business_calendar(
            info.context.actor, decode("cal", input.business_calendar_id), changes_of(input), input.expected_version
        )
        return await info.context.reads.reload(BusinessCalendarType, changed)

    @strawberry.mutation(
        description="Delete a business calendar. The default one, and one that a policy uses, can't be deleted. "
        "For admins."
    )
    async def delete_business_calendar(
        self,
        info: Info,
        business_calendar_id: Annotated[strawberry.ID, strawberry.argument(description="The calendar.")],
    ) -> DeletedResult:
        gone = await business_calendars.delete_business_calendar(
            info.context.actor, decode("cal", business_calendar_id)
        )
        return DeletedType(id=strawberry.ID(encode("cal", gone)))
