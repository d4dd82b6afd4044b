"""Values that have broken servers, and every place of the schema that takes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from tests.access.documents import ROOTS, root_fields

STRINGS = [
    "",
    " \t\r\n",
    "a",
    "a" * 10_000,
    "a " * 60_000,
    "\x00",
    "a\x00b",
    "\ud83d",
    "\ude00\ud83d",
    "\x01\x1f\x7f\x85",
    "\u200b\u200e\u202e\u2028\ufeff",
    "\ufffe\uffff\ue000\U0010ffff",
    "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "e" + "\u0301" * 1_000,
    "İıßΣςǆ",
    "مرحبا שלום",
    "'; DROP TABLE support_ticket; --",
    '" OR ""="',
    "%_%\\",
    "\\",
    "$1",
    "{0} {} {name} %s %(a)s ${a}",
    "{{ticket.number}} {{ }} {{{{",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) ![](x) " + "*" * 500 + "`" * 499 + "[" * 500,
    "> " * 500,
    "../../etc/passwd",
    "a@b",
    "@",
    "x" * 300 + "@example.test",
    "null",
    "NaN",
    "-1",
    "1e400",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z",
    "2026-W01-1",
    "2026-11-25T12:00:00",
    "2026-11-25T24:00:00Z",
    "Europe/Berlin",
    "tkt_",
    "tkt_" + "0" * 32,
    "tkt_" + "F" * 32,
    "usr_" + "f" * 32,
    "tkt_" + "a" * 31 + "\n",
    "tkt_" + "１" * 32,
    "WyJjcmVhdGVkLWRlc2MiLCIyMDI2LTExLTI1VDAwOjAwOjAwWiIsIngiXQ",
    "W10",
    "====",
    "(" * 2_000,
    "a & b | !c <-> d:* '",
]
NUMBERS = [0, 1, -1, 100, 101, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 + 1, 2**63, 2**64, 10**300]
FLOATS = [0.5, -0.0, 1.0, 1.5, 5e-324, 1.7e308, -1e300]
OTHERS: list[Any] = [None, True, False, [], [None], [[]], [[[["a"]]]], {}, {"a": 1}, {"__typename": "x"}, ["a"] * 1_000]
VALUES: list[Any] = [*STRINGS, *NUMBERS, *FLOATS, *OTHERS]

# A value that gets by for what an input requires beside the value in question.
_FILLERS: Mapping[str, Any] = {
    "Int": 1,
    "Float": 0.5,
    "Boolean": True,
    "Date": "2026-11-25",
    "DateTime": "2026-11-25T12:00:00Z",
}


def places(name: str) -> Iterator[tuple[tuple[str, ...], GraphQLInputType]]:
    """Every place of a root field's arguments that takes a value, inputs themselves among them, with its type."""
    for argument, declared in ROOTS[root_fields()[name]].fields[name].args.items():
        yield from _places((argument,), declared.type)


def _places(path: tuple[str, ...], kind: GraphQLInputType) -> Iterator[tuple[tuple[str, ...], GraphQLInputType]]:
    yield path, kind
    named = get_named_type(kind)
    # An input that holds itself is gone into twice.
    if isinstance(named, GraphQLInputObjectType) and len(path) < 6:
        for field, declared in named.fields.items():
            yield from _places((*path, field), declared.type)


def put(given: Mapping[str, Any], name: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The arguments with a value in one place, and around it what the inputs there require."""
    changed = deepcopy(dict(given))
    kind: GraphQLInputType = ROOTS[root_fields()[name]].fields[name].args[path[0]].type
    inside: Any = changed
    for step, following in pairwise(path):
        if not isinstance(inside.get(step), dict):
            inside[step] = _filled(kind)
        inside = inside[step]
        if isinstance(inside, list):
            inside = inside[0]
        kind = _input(kind).fields[following].type
    inside[path[-1]] = value
    return changed


def _input(kind: GraphQLInputType) -> GraphQLInputObjectType:
    named = get_named_type(kind)
    assert isinstance(named, GraphQLInputObjectType)
    return named


def _filled(kind: GraphQLInputType) -> Any:
    if is_list_type(get_nullable_type(kind)):
        return [_filled(get_named_type(kind))]  # type: ignore[arg-type]
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        return {name: _filled(each.type) for name, each in named.fields.items() if is_required_input_field(each)}
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return _FILLERS.get(named.name, "x")


def values_for(kind: GraphQLInputType) -> list[Any]:
    """All values, each in a list too where a list is taken."""
    return VALUES + [[value] for value in VALUES] if is_list_type(get_nullable_type(kind)) else VALUES
