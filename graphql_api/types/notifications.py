"""Notifications: what somebody should look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from graphql_api.reading.reads import Node, RowType, column, computed, to_one
from graphql_api.types.organizations import UserType
from graphql_api.types.tickets import MessageType, TicketType
from models.actors import Actor
from models.log import Notification, NotificationKind
from models.sla import SlaClockKind

_CLOCKS = {
    SlaClockKind.FIRST_RESPONSE: "first response",
    SlaClockKind.NEXT_RESPONSE: "next response",
    SlaClockKind.RESOLUTION: "resolution",
}
_TEXTS = {
    NotificationKind.TICKET_ASSIGNED: "This ticket was given to you.",
    NotificationKind.CUSTOMER_REPLY: "The customer wrote on this ticket.",
    NotificationKind.MENTION: "You were mentioned on this ticket.",
    NotificationKind.SLA_WARNING: "The {} of this ticket is due soon.",
    NotificationKind.SLA_BREACHED: "The {} of this ticket was not given in time.",
    NotificationKind.SLA_ESCALATED: "The policy of this ticket calls the admins because of its {}.",
}


def _text(row: Mapping[str, Any], _actor: Actor) -> str:
    # An earlier release did not say which clock.
    clock = _CLOCKS[SlaClockKind(row["clock"])] if row["clock"] else "response or resolution"
    return _TEXTS[NotificationKind(row["kind"])].format(clock)


@strawberry.type(name="Notification", description="A notification. Everybody sees only their own.")
class NotificationType(RowType, Node):
    """Rows of support_notification."""

    table = Notification
    prefix = "ntf"

    kind: NotificationKind = column("kind", "What it is about.", enum=NotificationKind)
    text: str = computed(_text, ["kind", "clock"], "A sentence that says it, in English.")
    ticket: TicketType | None = to_one(lambda: TicketType, "ticket_id", "The ticket that it is about.")
    actor: UserType | None = to_one(lambda: UserType, "actor_id", "Who caused it; null: the AI or the helpdesk itself.")
    message: MessageType | None = to_one(lambda: MessageType, "message_id", "The message that it is about; null: none.")
    clock: SlaClockKind | None = column("clock", "The kind of clock that it is about; null: none.", enum=SlaClockKind)
    created_at: datetime = column("created_at", "When it was created.")
    read_at: datetime | None = column("read_at", "When you marked it as read; null: unread.")


@strawberry.type(name="NotificationsMarked", description="Notifications were marked as read.")
class NotificationsMarkedType:
    """A number, for the rows are where they were."""

    marked: int = strawberry.field(description="How many of them had been unread.")


def notification_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """Newest first."""
    return Order("created-desc", ("created_at", "id"), descending=True)


def notification_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """The condition of the argument `unread_only`."""
    return [("t.read_at IS NULL", None)] if arguments.get("unread_only") else []
