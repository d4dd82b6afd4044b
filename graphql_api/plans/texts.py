"""JSON as PostgreSQL writes it, byte for byte what the answer would say if Python wrote it.

PostgreSQL does so for less than half of what it costs to hand values over one by one and to write them here. Where it
would write something else (numbers with a fraction), or can't know (functions of ours), Python writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import orjson
from graphql import GraphQLOutputType, get_named_type

from graphql_api.plans.shapes import Cell, Literal, Text, Unless
from graphql_api.plans.values import enum_names, missing

# What stands in a text where the schema promises a value that is not there. No JSON holds this character.
MISSING = "\x01"
_MISSING = MISSING.encode()
_INSTANT = r"""'\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z\"'"""


def leaf(kind: GraphQLOutputType, enum: type[StrEnum] | None, cell: str) -> Text | None:
    """A column that is not null; None where PostgreSQL would write it in another way."""
    named = get_named_type(kind)
    if enum is not None:
        if any(name != value.upper() for value, name in enum_names(named).items()):
            return None
        # In any other collation than C, letters may change in the way of some language.
        return quoted(f'upper({cell} COLLATE "C")')
    match named.name:
        case "DateTime":
            return Text((f"to_char({cell} AT TIME ZONE 'UTC', {_INSTANT})",))
        case "String" | "ID":
            return Text((f"to_json({cell})",))
        case "Int":
            return Text((cell,))
        case "Boolean":
            return Text((f"{cell}::text",))
    return None


def quoted(*pieces: Cell | Literal) -> Text:
    """Text that needs quotes and nothing else."""
    return Text((Literal('"'), *pieces, Literal('"')))


def identity(prefix: str, key: str) -> Text:
    """An opaque id."""
    return quoted(Literal(f"{prefix}_"), f"encode(uuid_send({key}), 'hex')")


def unless_null(cell: str, text: Text, *, required: bool) -> Text:
    """The text, or what says that there is none."""
    return Text((Unless(cell, MISSING if required else "null", text),))


def an_object(fields: Mapping[str, Text | None]) -> Text | None:
    """An object of these fields; None where PostgreSQL can't write one of them."""
    pieces: list[Any] = []
    for number, (key, text) in enumerate(fields.items()):
        if text is None:
            return None
        pieces += [Literal(f'{"," if number else ""}"{key}":'), *text.pieces]
    return Text((Literal("{"), *pieces, Literal("}")))


def literal(json: str) -> Text:
    """The same for every row."""
    return Text((Literal(json),))


def concatenated(pieces: Iterable[str]) -> str:
    """SQL that puts texts together, however many: a function takes a hundred arguments, an operator two."""
    rest = list(pieces)
    if len(rest) == 1:
        return f"{rest[0]}::text"
    while len(rest) > 1:
        rest = [f"concat({', '.join(rest[start : start + 90])})" for start in range(0, len(rest), 90)]
    return rest[0]


def sent(text: str) -> str:
    """SQL that hands a text over as bytes, as they stand in the answer: Python need not read what it only passes on."""
    return f"textsend({text})"


def text(written: bytes) -> orjson.Fragment:
    """A text that PostgreSQL wrote, to stand in the answer as it is."""
    if _MISSING in written:
        missing()
    return orjson.Fragment(written)
