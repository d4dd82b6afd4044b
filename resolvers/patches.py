"""What to change of a row: where null is a value of its own, it is told apart from nothing said."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeVar

from tortoise.models import Model

from models.errors import Conflict

T = TypeVar("T")


class Keep(Enum):
    """The column stays as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


def kept(wanted: T | Keep, before: T) -> T:
    """What is wanted, or else what was before."""
    return before if wanted is KEEP else wanted


def differing(row: Model, **wanted: object) -> dict[str, object]:
    """Those of the wanted values that the row does not have; KEEP wants nothing."""
    return {name: value for name, value in wanted.items() if value is not KEEP and value != getattr(row, name)}


def expect_version(noun: str, current: int, expected: int | None) -> None:
    """Raise Conflict where the caller read another version of a row than the one that is locked now."""
    if expected is not None and expected != current:
        raise Conflict(f"The {noun} has changed: you read version {expected}, it is at {current}. Read it again.")
