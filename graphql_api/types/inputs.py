"""What clients send: inputs of mutations, filters and orders of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from graphql_api.ids import decode
from graphql_api.loaders import Condition
from graphql_api.paging import Order
from graphql_api.types.enums import described
from models.actors import Actor
from models.errors import InvalidInput
from models.lifecycle import TicketPriority, TicketStatus


class TicketOrderField(StrEnum):
    """What tickets are sorted by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NUMBER = "number"


class OrderDirection(StrEnum):
    """Which end of a list comes first."""

    ASC = "asc"
    DESC = "desc"


described(
    TicketOrderField,
    "What tickets are sorted by.",
    {
        TicketOrderField.CREATED_AT: "When they arrived.",
        TicketOrderField.UPDATED_AT: "When they last changed.",
        TicketOrderField.NUMBER: "Their number.",
    },
)
described(
    OrderDirection,
    "Which end of a list comes first.",
    {OrderDirection.ASC: "The smallest, the oldest.", OrderDirection.DESC: "The largest, the newest."},
)


@strawberry.input(description="How to sort tickets.")
class TicketOrder:
    """Sorted by one column, then by id."""

    field: TicketOrderField = strawberry.field(description="What to sort by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which end comes first; the newest by default."
    )


@strawberry.input(description="Which tickets to list: those that fulfil every condition that is given.")
class TicketFilter:
    """Absent and null both mean: don't care."""

    status: list[TicketStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    priority: list[TicketPriority] | None = strawberry.field(default=None, description="Of one of these priorities.")
    assignee_id: strawberry.ID | None = strawberry.field(default=None, description="Assigned to this member.")
    unassigned: bool | None = strawberry.field(
        default=None, description="True: assigned to nobody. False: to somebody."
    )
    requester_id: strawberry.ID | None = strawberry.field(default=None, description="Of this customer.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="In this category.")
    tag: str | None = strawberry.field(default=None, description="With this tag.")
    created_from: datetime | None = strawberry.field(default=None, description="Arrived at or after this instant.")
    created_before: datetime | None = strawberry.field(default=None, description="Arrived before this instant.")


# The filter's plain columns: field, condition, and the prefix of its id where it is one.
_PLAIN = (
    ("status", "t.status = ANY({})", None),
    ("priority", "t.priority = ANY({})", None),
    ("requester_id", "t.requester_id = {}", "usr"),
    ("category_id", "t.category_id = {}", "cat"),
    ("created_from", "t.created_at >= {}", None),
    ("created_before", "t.created_at < {}", None),
)
# Filters on what customers can't see.
_STAFF_ONLY = ("assignee_id", "unassigned", "tag")


def ticket_conditions(arguments: Mapping[str, Any], actor: Actor) -> Sequence[Condition]:
    """The conditions of a ticket filter."""
    wanted: TicketFilter | None = arguments.get("filter")
    if wanted is None:
        return []
    if actor.is_customer and any(getattr(wanted, name) is not None for name in _STAFF_ONLY):
        raise InvalidInput("Customers can't filter by assignee or tag.", ["filter"])
    found: list[Condition] = []
    for name, template, prefix in _PLAIN:
        value = getattr(wanted, name)
        if value is not None:
            found.append((template, decode(prefix, value) if prefix else value))
    if wanted.assignee_id is not None:
        found.append(("t.assignee_id = {}", decode("usr", wanted.assignee_id)))
    if wanted.unassigned is not None:
        found.append(("(t.assignee_id IS NULL) = {}", wanted.unassigned))
    if wanted.tag is not None:
        tagged = "EXISTS (SELECT 1 FROM support_ticket_tag g WHERE g.ticket_id = t.id AND g.name = {})"
        found.append((tagged, " ".join(wanted.tag.split()).casefold()))
    return found


def ticket_order(arguments: Mapping[str, Any], actor: Actor) -> Order:
    """The order of a ticket list; newest first where none is asked for."""
    wanted: TicketOrder | None = arguments.get("order_by")
    field = wanted.field if wanted else TicketOrderField.CREATED_AT
    descending = wanted is None or wanted.direction is OrderDirection.DESC
    if field is TicketOrderField.NUMBER:
        return Order(f"number-{descending}", ("number",), descending)
    # What a note moves, a customer sees unmoved.
    public = "public_" if actor.is_customer and field is TicketOrderField.UPDATED_AT else ""
    return Order(f"{public}{field.value}-{descending}", (f"{public}{field.value}", "id"), descending)


@strawberry.input(description="A person by address; created as a customer where there is none with it.")
class PersonInput:
    """On whose behalf an agent opens a ticket."""

    email: str = strawberry.field(description="The address, in any case.")
    name: str | None = strawberry.field(default=None, description="The name to give a new customer.")


@strawberry.input(description="A new ticket.")
class CreateTicketInput:
    """Customers give subject, body and category; the rest is for agents."""

    subject: str = strawberry.field(description="What it is about, in a line of at most 300 characters.")
    body: str = strawberry.field(description="The first message, in Markdown; at most 50,000 characters.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="What it is about, from the list.")
    priority: TicketPriority | None = strawberry.field(default=None, description="Agents only; MEDIUM by default.")
    tags: list[str] | None = strawberry.field(default=None, description="Agents only; at most 50.")
    on_behalf_of: PersonInput | None = strawberry.field(
        default=None, description="Agents only: the customer whose ticket it is. You, where left out."
    )


@strawberry.input(description="A new message on a ticket.")
class AddMessageInput:
    """Customers give ticketId, body and expectedLastMessageId; the rest is for agents."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    body: str = strawberry.field(description="The text, in Markdown; at most 50,000 characters.")
    internal: bool = strawberry.field(default=False, description="Agents only: a note that no customer ever sees.")
    then_status: TicketStatus | None = strawberry.field(
        default=None, description="Agents only: the status to give the ticket in the same step."
    )
    expected_last_message_id: strawberry.ID | None = strawberry.field(
        default=None, description="The newest message that you have read; CONFLICT if there is a newer one by now."
    )
