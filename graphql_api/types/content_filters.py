"""How lists of what an organization keeps are searched and sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.ids import decode
from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from graphql_api.types import enums as enums
from models.actors import Actor, Role
from models.assistance import SuggestionStatus
from models.errors import InvalidInput

SEARCH_LIMIT = 200
WORDS_LIMIT = 10


def words(search: str | None, template: str) -> list[Condition]:
    """The condition `template` for each word of a search, whose value is a pattern for LIKE that finds it anywhere."""
    return [(template, f"%{word}%") for word in searched(search)]


def searched(search: str | None) -> list[str]:
    """The words of a search, each ready for LIKE."""
    if search is not None and len(search) > SEARCH_LIMIT:
        raise InvalidInput(f"A search has at most {SEARCH_LIMIT} characters.", ["search"])
    found = (search or "").split()
    if len(found) > WORDS_LIMIT:
        raise InvalidInput(f"A search has at most {WORDS_LIMIT} words.", ["search"])
    return [_plain(word) for word in found]


def _plain(word: str) -> str:
    for mark in "\\%_":
        word = word.replace(mark, f"\\{mark}")
    return word


_CANNED_TEXT = "concat_ws(' ', t.title, t.shortcut, t.folder, t.body)"


def canned_response_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """Every word of the search is somewhere in it."""
    return words(arguments.get("search"), f"{_CANNED_TEXT} ILIKE {{}}")


def canned_response_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """By title."""
    return Order("title", ("title", "id"))


def article_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """Of a kind; every word of the search is in the title or the category."""
    kind = arguments.get("kind")
    of_kind: list[Condition] = [] if kind is None else [("t.kind = {}", kind)]
    return [*of_kind, *words(arguments.get("search"), "concat_ws(' ', t.title, t.category) ILIKE {}")]


def article_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """Last changed first."""
    return Order("updated-desc", ("updated_at", "id"), descending=True)


@strawberry.input(description="Which people to list: those that meet all given conditions.")
class UserFilter:
    """Absent and null both mean: don't care."""

    role: list[Role] | None = strawberry.field(default=None, description="In one of these roles.")
    active: bool | None = strawberry.field(default=None, description="True: active. False: removed.")


_NAMES = "concat(' ', lower(t.name), ' ', t.email) LIKE {}"


def user_conditions(arguments: Mapping[str, Any], actor: Actor) -> Sequence[Condition]:
    """Every word of the search begins the address or a part of the name. Customers find themselves only."""
    wanted: UserFilter = arguments.get("filter") or UserFilter()
    found: list[Condition] = [("t.id = {}", actor.user_id)] if actor.is_customer else []
    if wanted.role is not None:
        found.append(("t.role = ANY({})", wanted.role))
    if wanted.active is not None:
        found.append(("(t.deactivated_at IS NULL) = {}", wanted.active))
    return [*found, *((_NAMES, f"% {word.lower()}%") for word in searched(arguments.get("search")))]


def user_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """By name."""
    return Order("name", ("name", "id"))


@strawberry.input(description="Which drafts to list: those that meet all given conditions.")
class SuggestionFilter:
    """Absent and null both mean: don't care."""

    status: list[SuggestionStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    ticket_id: strawberry.ID | None = strawberry.field(default=None, description="For this ticket.")
    decided_by_id: strawberry.ID | None = strawberry.field(default=None, description="Decided by this agent.")
    created_from: datetime | None = strawberry.field(default=None, description="Requested at or after this instant.")
    created_before: datetime | None = strawberry.field(default=None, description="Requested before this instant.")


def suggestion_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """The conditions of the argument `filter`."""
    wanted: SuggestionFilter = arguments.get("filter") or SuggestionFilter()
    found: list[tuple[str, object]] = [
        ("t.status = ANY({})", wanted.status),
        ("t.created_at >= {}", wanted.created_from),
        ("t.created_at < {}", wanted.created_before),
    ]
    # An id of nothing finds nothing.
    ids: list[Condition] = [
        (template, decode(prefix, value))
        for template, prefix, value in (
            ("t.ticket_id = {}", "tkt", wanted.ticket_id),
            ("t.decided_by_id = {}", "usr", wanted.decided_by_id),
        )
        if value is not None
    ]
    return [*((template, value) for template, value in found if value is not None), *ids]


def suggestion_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """Newest first."""
    return Order("created-desc", ("created_at", "id"), descending=True)
