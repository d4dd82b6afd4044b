"""Variables of canned responses: what they are called, and texts with their values put in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import InvalidInput

# Every variable and what is put in its place.
VARIABLES: Mapping[str, str] = {
    "ticket.number": "the ticket's number",
    "ticket.subject": "what the ticket is about",
    "ticket.status": "where the ticket stands, in words",
    "ticket.category": "the ticket's category",
    "requester.name": "the customer's name",
    "requester.email": "the customer's address",
    "agent.name": "the name of whoever sends it",
    "organization.name": "the organization's name",
}
KNOWN = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)

# `{{ requester.name }}`. A backslash before it, as Markdown has it, makes it plain braces.
_VARIABLE = re.compile(r"(?<!\\)\{\{([^{}]*)\}\}")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Filled:
    """A text whose variables are filled: `missing` are those without a value here, `unknown` are no variables."""

    body: str
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def names_in(text: str) -> list[str]:
    """What stands between double braces in the text, each once, in order."""
    return list(dict.fromkeys(match[1].strip() for match in _VARIABLE.finditer(text)))


def refuse_unknown(text: str, field: str) -> None:
    """Raise InvalidInput where the text holds variables that there are not."""
    unknown = [name for name in names_in(text) if name not in VARIABLES]
    if unknown:
        raise InvalidInput(f"There is no variable {_braced(unknown)}. There are: {KNOWN}.", [field])


def fill(text: str, values: Mapping[str, str | None]) -> Filled:
    """The text with values in place of its variables. What a value holds stays what it is: no Markdown, no variable."""
    names = names_in(text)

    def value_of(match: re.Match[str]) -> str:
        name = match[1].strip()
        return literal(values.get(name) or "") if name in VARIABLES else match[0]

    return Filled(
        _VARIABLE.sub(value_of, text),
        missing=tuple(name for name in names if name in VARIABLES and not values.get(name)),
        unknown=tuple(name for name in names if name not in VARIABLES),
    )


def filled(text: str, values: Mapping[str, str | None], field: str) -> str:
    """The text as it is sent; raises InvalidInput where a variable of it is unknown, or has no value."""
    refuse_unknown(text, field)
    outcome = fill(text, values)
    if outcome.missing:
        raise InvalidInput(f"This ticket has no value for {_braced(outcome.missing)}: write it yourself.", [field])
    return outcome.body


def _braced(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"{{{{{name[:_SHOWN]}}}}}" for name in names[:10])


# An underscore within a word is one in Markdown too.
_MARKS = re.compile(r"[\\`*{}\[\]<>#|~!&]|(?<![^\W_])_|_(?![^\W_])")
_START = re.compile(r"^(\d*)([-+=.)])")


def literal(value: str) -> str:
    """Markdown that shows the value as it is: in one line, its marks escaped."""
    escaped = _MARKS.sub(r"\\\g<0>", " ".join(value.split()))
    return _START.sub(r"\1\\\2", escaped)
