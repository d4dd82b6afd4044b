"""Reading JSON that strangers send: one meaning or none, and no text that PostgreSQL would refuse."""

from __future__ import annotations

import json
import re
from itertools import chain

import orjson

from graphql_api.requests import RequestRefused

DEEPEST = 100
"""Levels of nesting; far more than any input type has, far fewer than Python's recursion stands."""

_STRING_AND_COLON = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*+:)?+')


class UnusableText(RequestRefused):
    """Well-formed JSON, but a string in it can't be stored; `value` is what was sent, bad strings included."""

    def __init__(self, value: object) -> None:
        super().__init__("BAD_REQUEST", "A string contains a NUL or half of a surrogate pair, which no text may.")
        self.value = value


def read_json(raw: bytes) -> object:
    """The value, or a RequestRefused: duplicate names, NaN, numbers beyond a double, bad UTF-8, depth and such text."""
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _refusal(raw, str(error)) from error
    if _members(value) != sum(map(bool, _STRING_AND_COLON.findall(raw))):
        raise RequestRefused("BAD_REQUEST", "An object in the JSON has the same name twice.")
    if rb"\u0000" in raw:
        refuse_unusable_text(value)
    return value


def refuse_unusable_text(value: object) -> None:
    """Raise UnusableText if any string inside, names included, has a NUL or a lone surrogate."""
    level = [value]
    while level:
        if any(isinstance(item, str) and not _usable(item) for item in level):
            raise UnusableText(value)
        level = list(chain.from_iterable(_inside(item) for item in level))


def _usable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _members(value: object) -> int:
    """How many members the objects inside have together."""
    members, level = 0, [value]
    for _ in range(DEEPEST):
        inside: list[object] = []
        for item in level:
            if isinstance(item, dict):
                members += len(item)
                inside += item.values()
            elif isinstance(item, list):
                inside += item
        level = inside
        if not level:
            return members
    raise RequestRefused("BAD_REQUEST", f"The JSON is nested more than {DEEPEST} levels deep.")


def _refusal(raw: bytes, reason: str) -> RequestRefused:
    """Lone surrogates are well-formed JSON: browsers send them where an emoji was cut in two."""
    if rb"\ud" in raw.lower():
        try:
            refuse_unusable_text(json.loads(raw.decode()))
        except UnusableText as unusable:
            return unusable
        except (ValueError, RecursionError):
            pass
    return RequestRefused("BAD_REQUEST", f"The JSON can't be read: {reason}.")
