"""Ids as clients see them: `tkt_` and 32 hexadecimal digits of a UUID, one prefix a type."""

from __future__ import annotations

import re
from uuid import UUID

from models.errors import NotFound

_DIGITS = re.compile(r"[0-9a-f]{32}")


def encode(prefix: str, value: UUID) -> str:
    """The id of a row."""
    return f"{prefix}_{value.hex}"


def decode(prefix: str, text: str) -> UUID | None:
    """The row's key; None for an id of another type or of no type: to its sender such a thing does not exist."""
    head, _, digits = text.partition("_")
    return UUID(hex=digits) if head == prefix and _DIGITS.fullmatch(digits) else None


def prefix_of(text: str) -> str:
    """The part of an id that names its type."""
    return text.partition("_")[0]


def decode_given(prefix: str, text: str | None, noun: str, field: str) -> UUID | None:
    """The key of an id that may be left out; one that can't be an id of the type is not found, like any unknown id."""
    if text is None:
        return None
    key = decode(prefix, text)
    if key is None:
        raise NotFound(noun, [field])
    return key
