"""Templates of letters: MJML and plain text, in words of a language, put together once and then filled for each mail.

`{{name}}` stands for a value, in HTML escaped unless it is `Html` already; what stands between `{{#name}}` and
`{{/name}}` is there if the value is, or once for each where it is a list; `[[name]]` stands for words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from models.mail import MailKind

FOLDER = Path(__file__).parent
LOCALES = ("en", "de")
CONTENT = "<content />"
# Letters that differ by their words alone.
_SHARED = {
    MailKind.SLA_WARNING: "alert",
    MailKind.SLA_BREACHED: "alert",
    MailKind.SLA_ESCALATED: "alert",
    MailKind.TICKET_ASSIGNED: "alert",
    MailKind.CUSTOMER_REPLY: "alert",
    MailKind.MENTION: "alert",
}

# A section's mark that has a line to itself takes the line with it.
_MARK = re.compile(r"^[ \t]*\{\{([#/])(\w+)\}\}[ \t]*\n|\{\{([#/]?)(\w+)\}\}", re.MULTILINE)
_WORDS = re.compile(r"\[\[(\w+)\]\]")

Values = Mapping[str, Any]


class Html(str):
    """Text that is HTML already, and safe."""


@dataclass(frozen=True, slots=True)
class Value:
    """A place for a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """Parts that are there if a value is."""

    name: str
    parts: tuple[str | Value | Section, ...]


Part = str | Value | Section
Escape = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Template:
    """A letter of one kind in one language: its subject, its HTML and its text, with places for values."""

    subject: tuple[Part, ...]
    html: tuple[Part, ...]
    text: tuple[Part, ...]

    def filled_subject(self, values: Values) -> str:
        """The subject, not yet fit for a header."""
        return "".join(_filled(self.subject, values, str))

    def filled_html(self, values: Values) -> str:
        """The HTML with these values."""
        return "".join(_filled(self.html, values, escape))

    def filled_text(self, values: Values) -> str:
        """The text with these values."""
        return "".join(_filled(self.text, values, str))


@cache
def template(kind: MailKind, locale: str) -> Template:
    """A kind's template in a language, put together when it is first asked for: MJML takes some milliseconds."""
    name = _SHARED.get(kind, kind.value)
    lines = words(locale)["common"] | words(locale)[kind.value]
    mjml = _WORDS.sub(lambda found: escape(lines[found[1]]), _laid_out(name, "mjml"))
    text = _WORDS.sub(lambda found: lines[found[1]], _laid_out(name, "txt"))
    # The mail programs' own fonts do: others would tell their server who reads the mail, and when.
    html: str = import_module("mjml").mjml2html(mjml, disable_comments=True, fonts={})
    return Template(_parsed(lines["title"]), _parsed(html), _parsed(text))


@cache
def words(locale: str) -> Mapping[str, Any]:
    """All words in a language."""
    return tomllib.loads((FOLDER / "words" / f"{locale}.toml").read_text(encoding="utf-8"))


def _laid_out(name: str, ending: str) -> str:
    layout, content = (
        (FOLDER / "templates" / f"{each}.{ending}").read_text(encoding="utf-8").strip() for each in ("layout", name)
    )
    return layout.replace(CONTENT, content) + "\n"


def _parsed(source: str) -> tuple[Part, ...]:
    """The parts of a source, sections with theirs."""
    open_sections: list[tuple[str, list[Part]]] = [("", [])]
    begin = 0
    for mark in _MARK.finditer(source):
        open_sections[-1][1].append(source[begin : mark.start()])
        begin = mark.end()
        sign, name = mark[1] or mark[3], mark[2] or mark[4]
        if sign == "#":
            open_sections.append((name, []))
        elif sign == "/":
            opened, parts = open_sections.pop()
            if opened != name:
                raise ValueError(f"{{{{/{name}}}}} closes {{{{#{opened}}}}}.")
            open_sections[-1][1].append(Section(name, tuple(parts)))
        else:
            open_sections[-1][1].append(Value(name))
    if len(open_sections) > 1:
        raise ValueError(f"Nothing closes {{{{#{open_sections[-1][0]}}}}}.")
    return (*open_sections[0][1], source[begin:])


def _filled(parts: Sequence[Part], values: Values, escaped: Escape) -> Iterator[str]:
    for part in parts:
        match part:
            case str():
                yield part
            case Value(name):
                value = values[name]
                yield value if isinstance(value, Html) else escaped(str(value))
            case Section(name, inner):
                for each in _occasions(values[name]):
                    yield from _filled(inner, {**values, **each}, escaped)


def _occasions(value: object) -> Sequence[Values]:
    """What a section is filled with: each of a list, or once with nothing of its own, or not at all."""
    if isinstance(value, list):
        return value
    return [{}] if value else []
