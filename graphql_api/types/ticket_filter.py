"""Which tickets a list holds, and how it is sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from graphql_api.ids import decode
from graphql_api.names import camel
from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from graphql_api.types.enums import described
from graphql_api.types.scalars import read_instant
from models.actors import Actor
from models.errors import InvalidInput
from models.lifecycle import TicketPriority, TicketStatus
from models.sla import SlaState
from resolvers.inputs import folded

VALUES_LIMIT = 100
# Each tag that must be there is a join of its own.
TAGS_ALL_LIMIT = 10


class TicketOrderField(StrEnum):
    """What tickets are sorted by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NUMBER = "number"
    SLA_DUE_AT = "sla_due_at"
    RELEVANCE = "relevance"


class OrderDirection(StrEnum):
    """Which end of a list comes first."""

    ASC = "asc"
    DESC = "desc"


described(
    TicketOrderField,
    "By what tickets are sorted.",
    {
        TicketOrderField.CREATED_AT: "By creation.",
        TicketOrderField.UPDATED_AT: "By last change. A ticket that changes while you page moves to the newest end; "
        "every other one appears exactly once, in either direction.",
        TicketOrderField.NUMBER: "By number.",
        TicketOrderField.SLA_DUE_AT: "By the earliest due time of their unmet clocks, breached ones included. Tickets "
        "without one, and resolved or closed tickets, count as latest. Staff only.",
        TicketOrderField.RELEVANCE: "By relevance to the search, best first whatever the direction, at most 500. The "
        "list is frozen at its first page: whatever changes, no ticket appears twice, and only those are skipped that "
        "you may no longer see or that no longer match the filter. Without a search: newest first.",
    },
)
described(
    OrderDirection,
    "Which end of a list comes first.",
    {OrderDirection.ASC: "Smallest or oldest first.", OrderDirection.DESC: "Largest or newest first."},
)


@strawberry.input(description="How to sort tickets.")
class TicketOrder:
    """Sorted by one column, then by id."""

    field: TicketOrderField = strawberry.field(description="What to sort by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which end comes first; by default the newest."
    )


def _condition(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(
    description="Which tickets to list: those that meet all given conditions. An unknown id matches no ticket."
)
class TicketFilter:
    """Absent and null both mean: don't care. Lists hold at most VALUES_LIMIT values."""

    status: list[TicketStatus] | None = _condition("In one of these statuses.")
    priority: list[TicketPriority] | None = _condition("Of one of these priorities.")
    number: list[int] | None = _condition("With one of these numbers.")
    assignee_id: strawberry.ID | None = _condition("Assigned to this member. Staff only.")
    assigned_to_me: bool | None = _condition("True: assigned to you. False: to somebody else or nobody. Staff only.")
    unassigned: bool | None = _condition("True: assigned to nobody. False: to somebody. Staff only.")
    requester_id: strawberry.ID | None = _condition("Of this customer.")
    category_id: strawberry.ID | None = _condition("In this category.")
    uncategorized: bool | None = _condition("True: without a category. False: with one.")
    tag: str | None = _condition("With this tag. Staff only.")
    tags_any: list[str] | None = _condition("With at least one of these tags. Staff only.")
    tags_all: list[str] | None = _condition(f"With each of these tags, at most {TAGS_ALL_LIMIT}. Staff only.")
    created_from: datetime | None = _condition("Created at or after this instant.")
    created_before: datetime | None = _condition("Created before this instant.")
    updated_from: datetime | None = _condition("Last changed at or after this instant.")
    updated_before: datetime | None = _condition("Last changed before this instant.")
    ai_resolved: bool | None = _condition("True: resolved by the AI at some time. False: never.")
    rating: list[int] | None = _condition("With one of these as its newest rating, 1 to 5.")
    sla_state: list[SlaState] | None = _condition(
        "With the most urgent clock in one of these states now. Urgent first: BREACHED, RUNNING, "
        "PAUSED, NEVER, MET_LATE, MET. A resolved or closed ticket is MET_LATE if any clock was ever "
        "late, met or not, else MET. Staff only."
    )
    sla_due_before: datetime | None = _condition(
        "With an unmet clock due before this instant, breached ones included; never resolved or "
        "closed tickets. Staff only."
    )


_TAGGED = (
    "EXISTS (SELECT 1 FROM support_ticket_tag g WHERE g.ticket_id = t.id AND g.organization_id = t.organization_id"
    " AND g.name = {})"
)
_RATED = (
    "EXISTS (SELECT 1 FROM support_satisfaction s WHERE s.ticket_id = t.id AND s.organization_id = t.organization_id"
    " AND s.rating = ANY({}::int[]) AND NOT EXISTS (SELECT 1 FROM support_satisfaction later"
    " WHERE later.ticket_id = s.ticket_id AND (later.created_at, later.id) > (s.created_at, s.id)))"
)
# Tickets keep the id of a deleted category, and have none all the same.
_LISTED = "support_category c WHERE c.deleted_at IS NULL"
# Conditions that compare with the value as it is given.
_PLAIN = {
    "status": "t.status = ANY({})",
    "priority": "t.priority = ANY({})",
    "number": "t.number = ANY({})",
    "created_from": "t.created_at >= {}",
    "created_before": "t.created_at < {}",
    "sla_due_before": "t.sla_due_at < {}",
    "rating": _RATED,
}
# What a note moves, a customer sees unmoved.
_UPDATED = {"updated_from": "t.{public}updated_at >= {{}}", "updated_before": "t.{public}updated_at < {{}}"}
# Conditions on ids, with the prefix of each.
_IDS = {
    "assignee_id": ("t.assignee_id = {}", "usr"),
    "requester_id": ("t.requester_id = {}", "usr"),
    "category_id": (f"t.category_id = (SELECT c.id FROM {_LISTED} AND c.id = {{}})", "cat"),
}
# Conditions that are one of two.
_EITHER = {
    "unassigned": {True: "t.assignee_id IS NULL", False: "t.assignee_id IS NOT NULL"},
    "uncategorized": {
        True: f"NOT EXISTS (SELECT 1 FROM {_LISTED} AND c.id = t.category_id)",
        False: f"EXISTS (SELECT 1 FROM {_LISTED} AND c.id = t.category_id)",
    },
    "ai_resolved": {True: "t.ai_resolved", False: "NOT t.ai_resolved"},
}
_MINE = {True: "t.assignee_id = {}", False: "t.assignee_id IS DISTINCT FROM {}"}
# Conditions on what customers can't see.
_STAFF_ONLY = (
    "assignee_id",
    "assigned_to_me",
    "unassigned",
    "tag",
    "tags_any",
    "tags_all",
    "sla_state",
    "sla_due_before",
)


def ticket_conditions(arguments: Mapping[str, Any], actor: Actor) -> Sequence[Condition]:
    """The conditions of the argument `filter`."""
    wanted: TicketFilter | None = arguments.get("filter")
    return [] if wanted is None else conditions_of(wanted, actor)


def conditions_of(wanted: TicketFilter, actor: Actor) -> list[Condition]:
    """The conditions of a ticket filter, for whoever asks."""
    given = in_bounds(wanted)
    if actor.is_customer and not given.keys().isdisjoint(_STAFF_ONLY):
        raise InvalidInput("Customers can't filter by assignee, tag or service level.", ["filter"])
    return [condition for name, value in given.items() for condition in _conditions(name, value, actor)]


def in_bounds(wanted: TicketFilter) -> dict[str, Any]:
    """What a filter says, by name; raises InvalidInput where a list of it is too long."""
    given = {name: value for name, value in vars(wanted).items() if value is not None}
    for name, value in given.items():
        limit = TAGS_ALL_LIMIT if name == "tags_all" else VALUES_LIMIT
        if isinstance(value, list) and len(value) > limit:
            raise InvalidInput(f"At most {limit} values.", ["filter", name])
    return given


def _conditions(name: str, value: Any, actor: Actor) -> list[Condition]:
    if name in _PLAIN:
        return [(_PLAIN[name], value)]
    if name in _UPDATED:
        return [(_UPDATED[name].format(public="public_" if actor.is_customer else ""), value)]
    if name in _IDS:
        template, prefix = _IDS[name]
        return [(template, decode(prefix, value))]
    if name in _EITHER:
        return [(_EITHER[name][value], None)]
    if name == "assigned_to_me":
        return [(_MINE[value], actor.user_id)]
    if name == "sla_state":
        return _in_states(frozenset(value), actor.database.now())
    if name == "tags_any":
        return [(_TAGGED.format("ANY({})"), [folded(tag) for tag in value])]
    return [(_TAGGED, folded(tag)) for tag in (value if name == "tags_all" else [value])]


def _in_states(wanted: frozenset[SlaState], now: datetime) -> list[Condition]:
    """A clock that runs is breached once it is overdue, whether or not that has been stored."""
    if wanted == {SlaState.RUNNING}:
        # Said so that a list by due time begins behind all that is overdue.
        return [("t.sla_state = ANY({})", sorted(wanted)), ("t.sla_due_at >= {}", now)]
    breached, running = SlaState.BREACHED in wanted, SlaState.RUNNING in wanted
    stored = wanted | {SlaState.RUNNING} if breached else wanted
    found: list[Condition] = [("t.sla_state = ANY({})", sorted(stored))]
    if breached != running:
        found.append((f"(t.sla_state <> 'running' OR t.sla_due_at {'<' if breached else '>='} {{}})", now))
    return found


NEWEST_FIRST = Order("created_at-True", ("created_at", "id"), descending=True)

_ENUMS: Mapping[str, type[StrEnum]] = {"status": TicketStatus, "priority": TicketPriority, "sla_state": SlaState}


def sent_filter(wanted: TicketFilter) -> dict[str, Any]:
    """A filter as JSON, the way clients spell it."""
    given = {camel(name): value for name, value in vars(wanted).items() if value is not None}
    return {name: _sent(value) for name, value in given.items()}


def _sent(value: Any) -> Any:
    if isinstance(value, list):
        return [_sent(each) for each in value]
    if isinstance(value, StrEnum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value


def kept_filter(kept: Mapping[str, Any]) -> TicketFilter:
    """The filter that was kept as JSON. What this release does not know of it, says nothing."""
    known = {camel(name): name for name in TicketFilter.__annotations__}
    return TicketFilter(**{known[name]: _kept(known[name], value) for name, value in kept.items() if name in known})


def _kept(name: str, value: Any) -> Any:
    if name in _ENUMS:
        members = _ENUMS[name].__members__
        return [members[each] for each in value if each in members]
    return read_instant(value) if name.endswith(("_from", "_before")) else value


def sent_order(wanted: TicketOrder) -> dict[str, Any]:
    """An order as JSON, the way clients spell it."""
    return {"field": wanted.field.name, "direction": wanted.direction.name}


def kept_order(kept: Mapping[str, Any] | None) -> TicketOrder | None:
    """The order that was kept as JSON; none where this release does not know it."""
    if kept is None or kept["field"] not in TicketOrderField.__members__:
        return None
    return TicketOrder(field=TicketOrderField[kept["field"]], direction=OrderDirection[kept["direction"]])


def ticket_order(arguments: Mapping[str, Any], actor: Actor) -> Order:
    """The order of the argument `orderBy`; newest first where none is asked for."""
    return order_of(arguments.get("order_by"), actor)


def by_relevance(arguments: Mapping[str, Any]) -> bool:
    """Whether a search shows its best hits first: unless another order is asked for."""
    wanted: TicketOrder | None = arguments.get("order_by")
    return wanted is None or wanted.field is TicketOrderField.RELEVANCE


def order_of(wanted: TicketOrder | None, actor: Actor) -> Order:
    """The order of a ticket list, for whoever asks."""
    if wanted is None or wanted.field is TicketOrderField.RELEVANCE:
        return NEWEST_FIRST
    field, descending = wanted.field, wanted.direction is OrderDirection.DESC
    if field is TicketOrderField.NUMBER:
        return Order(f"number-{descending}", ("number",), descending)
    if field is TicketOrderField.SLA_DUE_AT and actor.is_customer:
        raise InvalidInput("Customers can't sort by service level.", ["order_by"])
    # What a note moves, a customer sees unmoved.
    public = "public_" if actor.is_customer and field is TicketOrderField.UPDATED_AT else ""
    return Order(f"{public}{field.value}-{descending}", (f"{public}{field.value}", "id"), descending)
