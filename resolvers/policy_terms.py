"""What people say that a policy is: checked, and brought into the form that versions keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from models.errors import InvalidInput
from models.lifecycle import TicketPriority, TicketStatus
from models.organizations import Membership
from models.service_levels import BusinessCalendar
from models.sla import Condition, Escalation, PolicyDefinition, SlaClockKind, SlaEscalationAction, Targets
from models.tickets import TAG_LIMIT, Category
from models.writer import Write
from resolvers import inputs
from resolvers.access import STAFF, look_up
from resolvers.patches import KEEP, Keep, kept
from resolvers.tags import tag_ids

NAME_LIMIT = 100
TARGET_LIMIT = 3_650 * 86_400
CONDITIONS_LIMIT = 10
VALUES_LIMIT = 50
ESCALATIONS_LIMIT = 10


@dataclass(frozen=True, slots=True)
class WantedTargets:
    """What to promise tickets of a priority: how many seconds of open time, by what is waited for; None: no promise."""

    priority: TicketPriority
    seconds: Mapping[SlaClockKind, int | None]


@dataclass(frozen=True, slots=True)
class WantedCondition:
    """Tags by their names, categories or domains, as people write them: one of the three."""

    tags: Sequence[str] = ()
    category_ids: Sequence[UUID | None] = ()
    requester_domains: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WantedEscalation:
    """A step; whoever gets the ticket is given by an id, None where none is."""

    action: SlaEscalationAction
    after_percent: int | None = None
    clock: SlaClockKind | None = None
    priority: TicketPriority | None = None
    assignee_id: UUID | Keep | None = KEEP


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What to change of a policy, or what a new one is made of. Lists are replaced whole."""

    name: str | Keep = KEEP
    targets: Sequence[WantedTargets] | Keep = KEEP
    warn_before: int | Keep = KEEP
    pause_on: Sequence[TicketStatus] | Keep = KEEP
    pause_first_response: bool | Keep = KEEP
    ai_counts_as_response: bool | Keep = KEEP
    calendar_id: UUID | Keep | None = KEEP
    conditions: Sequence[WantedCondition] | Keep = KEEP
    escalations: Sequence[WantedEscalation] | Keep = KEEP
    position: int | Keep = KEEP
    is_default: bool | Keep = KEEP


async def edited(write: Write, before: PolicyDefinition, wanted: PolicyChanges) -> PolicyDefinition:
    """The definition with what is wanted of it, but for its position, which depends on the others."""
    policy = before.policy
    conditions, escalations, calendar_id = before.conditions, before.escalations, before.calendar_id
    if wanted.calendar_id is not KEEP:
        calendar_id = wanted.calendar_id
        if calendar_id is not None:
            await look_up(write, BusinessCalendar, calendar_id, ["calendar_id"])
    if wanted.escalations is not KEEP:
        escalations = await _escalations(write, wanted.escalations)
    if wanted.conditions is not KEEP:
        conditions = await _conditions(write, wanted.conditions)
    return PolicyDefinition(
        name=before.name if wanted.name is KEEP else inputs.line(wanted.name, "name", NAME_LIMIT),
        policy=replace(
            policy,
            targets=policy.targets if wanted.targets is KEEP else _targets(wanted.targets),
            warn_before=policy.warn_before if wanted.warn_before is KEEP else _warning(wanted.warn_before),
            pause_on=policy.pause_on if wanted.pause_on is KEEP else frozenset(wanted.pause_on),
            pause_first_response=kept(wanted.pause_first_response, policy.pause_first_response),
            ai_counts_as_response=kept(wanted.ai_counts_as_response, policy.ai_counts_as_response),
        ),
        position=before.position,
        is_default=kept(wanted.is_default, before.is_default),
        calendar_id=calendar_id,
        conditions=conditions,
        escalations=escalations,
    )


def _warning(seconds: int) -> timedelta:
    return _duration(seconds, ["warn_before_seconds"])


def _targets(wanted: Sequence[WantedTargets]) -> Mapping[TicketPriority, Targets]:
    found: dict[TicketPriority, Targets] = {}
    for place, each in enumerate(wanted):
        if each.priority in found:
            raise InvalidInput("A priority has targets once.", ["targets", str(place), "priority"])
        found[each.priority] = Targets(
            **{
                kind.value: None if seconds is None else _duration(seconds, ["targets", str(place), f"{kind}_seconds"])
                for kind, seconds in each.seconds.items()
            }
        )
    return found


def _duration(seconds: int, path: Iterable[str]) -> timedelta:
    if not 0 <= seconds <= TARGET_LIMIT:
        raise InvalidInput(f"This is 0 to {TARGET_LIMIT:,} seconds, which are ten years.", path)
    return timedelta(seconds=seconds)


async def _conditions(write: Write, wanted: Sequence[WantedCondition]) -> tuple[Condition, ...]:
    if len(wanted) > CONDITIONS_LIMIT:
        raise InvalidInput(f"A policy has at most {CONDITIONS_LIMIT} conditions.", ["conditions"])
    names, domains = [], []
    for place, condition in enumerate(wanted):
        with inputs.inside("conditions", str(place)):
            _of_one_kind(condition)
            names.append([inputs.folded(inputs.line(tag, "tags", TAG_LIMIT)) for tag in condition.tags])
            domains.append([inputs.domain(domain, "requester_domains") for domain in condition.requester_domains])
            for category_id in condition.category_ids:
                await look_up(write, Category, category_id, ["category_ids"])
    tags = await tag_ids(write, [name for each in names for name in each])
    return tuple(
        Condition(
            tags=frozenset(tags[name] for name in its_names),
            categories=frozenset(each for each in condition.category_ids if each),
            domains=frozenset(its_domains),
        )
        for condition, its_names, its_domains in zip(wanted, names, domains, strict=True)
    )


def _of_one_kind(condition: WantedCondition) -> None:
    given = [values for values in (condition.tags, condition.category_ids, condition.requester_domains) if values]
    if len(given) != 1:
        raise InvalidInput("A condition names tags, categories or domains: one of the three.")
    if len(given[0]) > VALUES_LIMIT:
        raise InvalidInput(f"A condition has at most {VALUES_LIMIT} values.")


async def _escalations(write: Write, wanted: Sequence[WantedEscalation]) -> tuple[Escalation, ...]:
    if len(wanted) > ESCALATIONS_LIMIT:
        raise InvalidInput(f"A policy has at most {ESCALATIONS_LIMIT} escalations.", ["escalations"])
    found = []
    for place, step in enumerate(wanted):
        with inputs.inside("escalations", str(place)):
            found.append(await _escalation(write, step))
    return tuple(found)


async def _escalation(write: Write, step: WantedEscalation) -> Escalation:
    if step.after_percent is not None and not 1 <= step.after_percent <= 99:
        raise InvalidInput("This is 1 to 99 percent of the target; leave it out for the breach.", ["after_percent"])
    if (step.priority is not None) is not (step.action is SlaEscalationAction.RAISE_PRIORITY):
        raise InvalidInput("A priority goes with RAISE_PRIORITY, and RAISE_PRIORITY with a priority.", ["priority"])
    if (step.assignee_id is not KEEP) is not (step.action is SlaEscalationAction.REASSIGN):
        raise InvalidInput("An assignee goes with REASSIGN, and REASSIGN with an assignee.", ["assignee_id"])
    assignee_id = None if step.assignee_id is KEEP else step.assignee_id
    if step.assignee_id is not KEEP:
        member = await look_up(write, Membership, assignee_id, ["assignee_id"])
        if member.role not in STAFF or member.deactivated_at:
            raise InvalidInput("Tickets are assigned to active agents and admins only.", ["assignee_id"])
    return Escalation(step.action, step.after_percent, step.clock, step.priority, assignee_id)
