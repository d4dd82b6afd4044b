"""What an organization promises: policies made, edited in versions, put in order, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import Conflict, InvalidInput
from models.fact import Change
from models.rows import load_all, new, select
from models.service_level_events import SlaPolicyChanged
from models.service_levels import SlaPolicy, SlaPolicyVersion
from models.sla import NOTHING_PROMISED, PolicyDefinition
from models.writer import Write, lock_organization, organization_write
from resolvers.access import access, operation
from resolvers.patches import KEEP, Keep, expect_version
from resolvers.policy_terms import PolicyChanges, edited

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
        version_id = await write.connection.fetchval(
            "SELECT id FROM support_sla_policy_version WHERE policy_id = $1 ORDER BY number DESC LIMIT 1", policy.id
        )
        write.update(policy, deleted_at=write.now)
        write.record(SlaPolicyChanged(policy.id, version_id, Change.DELETED))
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
    columns = _columns(definition)
    stamps = {"created_at": write.now, "updated_at": write.now}
    policy = new(SlaPolicy, organization_id=write.actor.organization_id, **stamps, **columns)
    write.insert(policy)
    _keep_version(write, policy, Change.CREATED)
    return policy


def definition_of(policy: SlaPolicy) -> PolicyDefinition:
    """What a policy says now."""
    return PolicyDefinition.from_json(policy.definition)


def _columns(definition: PolicyDefinition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "position": definition.position,
        "is_default": definition.is_default,
        "calendar_id": definition.calendar_id,
        "definition": definition.as_json(),
    }


def _rewrite(write: Write, policy: SlaPolicy, definition: PolicyDefinition) -> None:
    """Let a policy say this from now on, in a version of its own if that is anything new."""
    if definition != definition_of(policy):
        write.update(policy, version=policy.version + 1, updated_at=write.now, **_columns(definition))
        _keep_version(write, policy, Change.UPDATED)


def _keep_version(write: Write, policy: SlaPolicy, change: Change) -> None:
    version = new(
        SlaPolicyVersion,
        organization_id=policy.organization_id,
        policy_id=policy.id,
        number=policy.version,
        definition=policy.definition,
        created_at=write.now,
    )
    write.insert(version)
    write.record(SlaPolicyChanged(policy.id, version.id, change))


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
