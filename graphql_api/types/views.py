"""Saved views: lists of tickets to be found again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from graphql_api.reading.paging import Connection
from graphql_api.reading.reads import Node, RowType, column, computed, to_one
from graphql_api.reading.relevance import HITS
from graphql_api.reading.roots import AllRows, Saved, saved
from graphql_api.types.organizations import UserType
from graphql_api.types.ticket_filter import (
    TicketFilter,
    TicketOrder,
    by_relevance,
    kept_filter,
    kept_order,
    sent_filter,
    sent_order,
    ticket_conditions,
    ticket_order,
)
from graphql_api.types.tickets import TicketType
from models.actors import Actor
from models.organizations import SavedView

# What the root field `tickets` lists, and so does a view.
TICKETS = AllRows(lambda: TicketType, ticket_order, ticket_conditions, by_relevance)
COUNTED = 1_000

_KEPT = ("ticket_filter", "search", "ticket_order")


def _arguments(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of `tickets` that a view keeps."""
    return {
        "filter": kept_filter(row["ticket_filter"]),
        "search": row["search"],
        "order_by": kept_order(row["ticket_order"]),
    }


def _filter(row: Mapping[str, Any], _actor: Actor) -> dict[str, Any]:
    return sent_filter(kept_filter(row["ticket_filter"]))


def _order(row: Mapping[str, Any], _actor: Actor) -> dict[str, Any] | None:
    order = kept_order(row["ticket_order"])
    return sent_order(order) if order else None


@strawberry.type(name="SavedView", description="A saved list of tickets: a filter, a search and an order.")
class SavedViewType(RowType, Node):
    """Rows of support_saved_view."""

    table = SavedView
    prefix = "view"

    name: str = column("name", "Its name.")
    filter: JSON = computed(_filter, ["ticket_filter"], "A `TicketFilter`, to be sent back as it is.")
    search: str | None = column("search", "The words to search for.")
    order_by: JSON | None = computed(
        _order,
        ["ticket_order"],
        "A `TicketOrder`, to be sent back as it is; null: as `tickets` does by default.",
    )
    shared: bool = column("shared", "Whether all staff see it.")
    owner: UserType = to_one(lambda: UserType, "owner_id", "Its owner.")
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it last changed.")
    count: int = saved(
        Saved(TICKETS, _KEPT, _arguments, counted=COUNTED),
        f"How many tickets it shows you now, counted up to {COUNTED:,}, which means that many or more. A search by"
        f" relevance shows at most {HITS}.",
    )
    tickets: Connection[TicketType] = saved(
        Saved(TICKETS, _KEPT, _arguments),
        "Its tickets as you see them: `assignedToMe` means you, whoever owns the view.",
    )


def _given(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="A new saved view.")
class CreateSavedViewInput:
    """What `tickets` is asked for, and a name for it."""

    name: str = strawberry.field(description="What to call it, in one line of at most 100 characters.")
    filter: TicketFilter | None = _given("Which tickets; all if left out.")
    search: str | None = _given("Words to search for, as in `tickets`.")
    order_by: TicketOrder | None = _given("How to sort them.")
    shared: bool = strawberry.field(default=False, description="Whether all staff see it.")


@strawberry.input(description="What to change about a saved view. What is left out stays.")
class UpdateSavedViewInput:
    """Null takes filter, search or order away."""

    view_id: strawberry.ID = strawberry.field(description="The view.")
    expected_version: int | None = _given("The version that you have read; `CONFLICT` if it has changed since.")
    name: strawberry.Maybe[str | None] = _given("The new name.")
    filter: strawberry.Maybe[TicketFilter | None] = _given("Which tickets; null: all.")
    search: strawberry.Maybe[str | None] = _given("Words to search for; null: none.")
    order_by: strawberry.Maybe[TicketOrder | None] = _given("How to sort them; null: as `tickets` does.")
    shared: strawberry.Maybe[bool | None] = _given("Whether all staff see it.")
