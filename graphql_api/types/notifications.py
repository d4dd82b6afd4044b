"""Notifications: what somebody should look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.lists import Condition
from graphql_api.paging import Order
from graphql_api.reads import Node, RowType, column, computed, to_one
from graphql_api.types.tickets import TicketType
from models.actors import Actor
from models.log import Notification, NotificationKind

_TEXTS = {
    NotificationKind.SLA_WARNING: "A service level of this ticket is about to be missed.",
    NotificationKind.SLA_BREACHED: "A service level of this ticket was missed.",
    NotificationKind.SLA_ESCALATED: "A rule of this ticket's policy calls the admins.",
}


def _text(row: Mapping[str, Any], _actor: Actor) -> str:
    return _TEXTS[NotificationKind(row["kind"])]


@strawberry.type(name="Notification", description="Something that you should look at. Everybody sees their own only.")
class NotificationType(RowType, Node):
    """Rows of support_notification."""

    table = Notification
    prefix = "ntf"

    kind: NotificationKind = column("kind", "What it is about.", enum=NotificationKind)
    text: str = computed(_text, ["kind"], "The same as a sentence, in English.")
    ticket: TicketType | None = to_one(lambda: TicketType, "ticket_id", "The ticket that it is about.")
    created_at: datetime = column("created_at", "When it came.")
    read_at: datetime | None = column("read_at", "When you marked it as read; null: you have not.")


@strawberry.type(name="NotificationsMarked", description="That notifications are marked as read.")
class NotificationsMarkedType:
    """A number, for the rows are where they were."""

    marked: int = strawberry.field(description="How many were unread until now.")


def notification_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """Newest first."""
    return Order("created-desc", ("created_at", "id"), descending=True)


def notification_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """The condition of the argument `unread_only`."""
    return [("(t.read_at IS NULL) = {}", True)] if arguments.get("unread_only") else []
