"""What an organization promises: policies made, edited in versions, put in order, deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.actors import Actor, Role
from models.database import Fetch
from models.errors import Conflict, InvalidInput
from models.fact import Change
from models.rows import load_all, new, select
from models.service_levels import SlaPolicy
from models.sla import NOTHING_PROMISED, PolicyDefinition
from models.writer import Write, lock_organization, organization_write
from resolvers.access import access, operation
from resolvers.patches import KEEP, Keep, expect_version
from resolvers.policy_terms import PolicyChanges, edited
from resolvers.versions import add_version, mark_deleted, rewrite

# The list is always shown whole.
POLICIES_LIMIT = 50


@operation
async def create_sla_policy(actor: Actor, wanted: PolicyChanges) -> UUID:
    """One more policy, the last in order unless a position is given."""
    async with organization_write(actor) as write:
        await lock_organization(write)
        others = await policies_in_force(write)
        if len(others) >= POLICIES_LIMIT:
            raise InvalidInput(f"An organization has at most {POLICIES_LIMIT} policies. Delete one that nobody needs.")
        definition = await edited(write, PolicyDefinition("", NOTHING_PROMISED), wanted)
        place = _place(wanted.position, len(others))
        policy = add_policy(write, replace(definition, position=place))
        _arrange(write, policy, [*others[:place], policy, *others[place:]])
    return policy.id


@operation
async def update_sla_policy(
    actor: Actor, policy_id: UUID | None, wanted: PolicyChanges, expected_version: int | None = None
) -> UUID:
    """Promise something else from now on, in a version of its own; clocks that are met stay as they were promised."""
    async with organization_write(actor) as write:
        await lock_organization(write)
        policy = await access(write, SlaPolicy, policy_id)
        expect_version("policy", policy.version, expected_version)
        if policy.is_default and wanted.is_default is False:
            raise InvalidInput("There is always one default policy: make another one the default.", ["is_default"])
        definition = await edited(write, definition_of(policy), wanted)
        others = [other for other in await policies_in_force(write) if other.id != policy.id]
        place = policy.position if wanted.position is KEEP else _place(wanted.position, len(others))
        _rewrite(write, policy, replace(definition, position=place))
        _arrange(write, policy, [*others[:place], policy, *others[place:]])
    return policy.id


@operation
async def delete_sla_policy(actor: Actor, policy_id: UUID | None) -> UUID:
    """Take a policy off the list. Open tickets that it applied to find another; met clocks stay as promised."""
    async with organization_write(actor) as write:
        await lock_organization(write)
        policy = await access(write, SlaPolicy, policy_id)
        if policy.is_default:
            raise Conflict("This is the default policy: make another one the default first, or take its targets away.")
        await mark_deleted(write, policy)
        _arrange(write, policy, [other for other in await policies_in_force(write) if other.id != policy.id])
    return policy.id


async def policies_in_force(write: Write) -> list[SlaPolicy]:
    """The organization's policies in order; nobody makes or changes one while the organization is locked."""
    rows = await write.connection.fetch(
        f"{select(SlaPolicy)} WHERE t.organization_id = $1 AND t.deleted_at IS NULL ORDER BY t.position, t.id",
        write.actor.organization_id,
    )
    return load_all(SlaPolicy, rows)


def add_policy(write: Write, definition: PolicyDefinition) -> SlaPolicy:
    """A new policy and its first version."""
    policy = new(
        SlaPolicy,
        organization_id=write.actor.organization_id,
        name=definition.name,
        is_default=definition.is_default,
        definition=definition.as_json(),
        created_at=write.now,
        updated_at=write.now,
        **_beside(definition),
    )
    write.insert(policy)
    add_version(write, policy, Change.CREATED)
    return policy


def definition_of(policy: SlaPolicy) -> PolicyDefinition:
    """What a policy says now."""
    return PolicyDefinition.from_json(policy.definition)


def _beside(definition: PolicyDefinition) -> dict[str, Any]:
    """What of a definition has columns that calendars have not."""
    return {"position": definition.position, "calendar_id": definition.calendar_id}


def _rewrite(write: Write, policy: SlaPolicy, definition: PolicyDefinition) -> None:
    """Let a policy say this from now on, in a version of its own if that is anything new."""
    if definition != definition_of(policy):
        rewrite(write, policy, definition, **_beside(definition))


async def steps_to_nobody(actor: Actor, fetch: Fetch, policy_ids: Sequence[UUID]) -> list[list[int]]:
    """For each policy the steps, by their numbers from 1, that give tickets to somebody who works here no more."""
    found: dict[UUID, list[int]] = defaultdict(list)
    for row in await fetch(_TO_NOBODY, policy_ids, actor.organization_id, [Role.ADMIN.value, Role.AGENT.value]):
        found[row["id"]].append(row["number"])
    return [found[policy_id] for policy_id in policy_ids]


_TO_NOBODY = """
SELECT p.id, step.number FROM support_sla_policy p
CROSS JOIN LATERAL jsonb_array_elements(p.definition -> 'escalations') WITH ORDINALITY AS step(said, number)
WHERE p.id = ANY($1) AND p.organization_id = $2 AND step.said ->> 'assignee_id' IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM support_membership m WHERE m.id = (step.said ->> 'assignee_id')::uuid
      AND m.organization_id = $2 AND m.role = ANY($3) AND m.deactivated_at IS NULL
  )
ORDER BY p.id, step.number
"""


def _place(position: int | Keep, others: int) -> int:
    """Where a policy comes to stand among so many others: last, unless it is wanted elsewhere."""
    if position is KEEP:
        return others
    if position < 0:
        raise InvalidInput("Positions count from 0.", ["position"])
    return min(position, others)


def _arrange(write: Write, changed: SlaPolicy, order: Sequence[SlaPolicy]) -> None:
    """Give every policy its place in the order; where `changed` is the default now, no other one is."""
    for place, policy in enumerate(order):
        if policy is not changed:
            said = definition_of(policy)
            _rewrite(
                write, policy, replace(said, position=place, is_default=said.is_default and not changed.is_default)
            )
