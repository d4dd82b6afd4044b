"""How a value gets into the answer: in a text of PostgreSQL's, or by Python that reads the cells of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphql_api.plans import texts
from graphql_api.plans.shapes import Literal, Select, Text


@dataclass(frozen=True, slots=True)
class Written:
    """How a value gets into the answer: as a text, where PostgreSQL can write it, or by a Python expression.

    The expression is made when it is needed, for it is then that it fetches what it reads.
    """

    text: Text | None
    python: Callable[[], str]


def written(select: Select, text: Text | None, python: Callable[[], str]) -> Written:
    """More than a plain value: fetched as a text where PostgreSQL can write it."""
    return Written(text, (lambda: f"text(r[{select.add(text)}])") if text else python)


def an_object(fields: Mapping[str, Written]) -> str:
    """An object that Python puts together."""
    return f"{{{', '.join(f'{key!r}: {field.python()}' for key, field in fields.items())}}}"


def constant(word: str) -> Written:
    """A word that is the same in every row."""
    return Written(texts.quoted(Literal(word)), lambda: repr(word))


def absent(required: bool) -> Written:
    """What customers get of a value that is not for them."""
    instead = texts.MISSING if required else "null"
    return Written(texts.literal(instead), lambda: "missing()" if required else "None")


# A list that is not for customers.
NOTHING = Written(texts.literal("[]"), lambda: "[]")
