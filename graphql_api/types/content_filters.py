"""How lists of what an organization keeps are searched and sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql_api.loaders import Condition
from graphql_api.paging import Order
from models.actors import Actor
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
    return [_plain(word) for word in (search or "").split()[:WORDS_LIMIT]]


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
