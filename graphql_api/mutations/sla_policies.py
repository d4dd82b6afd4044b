"""Signposts to resolvers/sla_policies.py."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given, encode
from graphql_api.mutations.shared import DeletedResult, given, given_list, given_value
from graphql_api.types.problem import DeletedType, ProblemType
from graphql_api.types.service_level_inputs import CreateSlaPolicyInput, UpdateSlaPolicyInput
from graphql_api.types.service_levels import SlaPolicyType
from resolvers import sla_policies
from resolvers.patches import KEEP
from resolvers.policy_terms import PolicyChanges

SlaPolicyResult = Annotated[
    SlaPolicyType | ProblemType,
    strawberry.union("SlaPolicyResult", description="The policy after the change, or a Problem."),
]


def _calendar(text: str | None) -> UUID | None:
    return decode_given("cal", text, "business calendar", "calendar_id")


def changes_of(input: UpdateSlaPolicyInput) -> PolicyChanges:
    """What is to change of a policy."""
    name, place = given_value(input.name, "name"), given_value(input.position, "position")
    warning = given_value(input.warn_before_seconds, "warn_before_seconds")
    pauses = given_value(input.pause_on, "pause_on")
    pauses_first = given_value(input.pause_first_response, "pause_first_response")
    counts = given_value(input.ai_counts_as_response, "ai_counts_as_response")
    calendar, default = given(input.calendar_id), given_value(input.is_default, "is_default")
    return PolicyChanges(
        name=name,
        targets=given_list(input.targets, "targets"),
        warn_before=warning,
        pause_on=pauses,
        pause_first_response=pauses_first,
        ai_counts_as_response=counts,
        calendar_id=KEEP if calendar is KEEP else _calendar(calendar),
        conditions=given_list(input.conditions, "conditions"),
        escalations=given_list(input.escalations, "escalations"),
        position=place,
        is_default=default,
    )


@strawberry.type
class SlaPolicyMutations:
    """What admins promise."""

    @strawberry.mutation(description="Create a service-level policy. For admins.")
    async def create_sla_policy(
        self, info: Info, input: Annotated[CreateSlaPolicyInput, strawberry.argument(description="The new policy.")]
    ) -> SlaPolicyResult:
        wanted = PolicyChanges(
            name=input.name,
            targets=[each.wanted() for each in input.targets],
            warn_before=input.warn_before_seconds,
            pause_on=KEEP if input.pause_on is None else input.pause_on,
            pause_first_response=input.pause_first_response,
            ai_counts_as_response=input.ai_counts_as_response,
            calendar_id=_calendar(input.calendar_id),
            conditions=[each.wanted() for each in input.conditions or ()],
            escalations=[each.wanted() for each in input.escalations or ()],
            position=KEEP if input.position is None else input.position,
            is_default=input.is_default,
        )
        made = await sla_policies.create_sla_policy(info.context.actor, wanted)
        return await info.context.reads.reload(SlaPolicyType, made)

    @strawberry.mutation(
        description="Change a service-level policy from now on. Clocks of open tickets follow; met clocks keep "
        "their promise. For admins."
    )
    async def update_sla_policy(
        self, info: Info, input: Annotated[UpdateSlaPolicyInput, strawberry.argument(description="What to change.")]
    ) -> SlaPolicyResult:
        changed = await sla_policies.update_sla_policy(
            info.context.actor, decode("sla", input.sla_policy_id), changes_of(input), input.expected_version
        )
        return await info.context.reads.reload(SlaPolicyType, changed)

    @strawberry.mutation(
        description="Delete a service-level policy. Its open tickets get the next policy that matches. The "
        "default can't be deleted: make another one the default first. For admins."
    )
    async def delete_sla_policy(
        self, info: Info, sla_policy_id: Annotated[strawberry.ID, strawberry.argument(description="The policy.")]
    ) -> DeletedResult:
        gone = await sla_policies.delete_sla_policy(info.context.actor, decode("sla", sla_policy_id))
        return DeletedType(id=strawberry.ID(encode("sla", gone)))
