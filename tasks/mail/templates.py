"""Templates of letters: MJML and plain text, in words of a language, put together once and then filled for each mail.

`[[name]]` stands for words, the rest is Jinja's: `{{ name }}` for a value, in HTML escaped unless it is `Html` already.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

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
_WORDS = re.compile(r"\[\[(\w+)\]\]")


class Html(str):
    """Text that is HTML already, and safe."""

    def __html__(self) -> Self:
        return self


class Filled(Protocol):
    """A template of Jinja's."""

    def render(self, values: Mapping[str, Any]) -> str:
        """The template with these values; raises where one is missing."""


@dataclass(frozen=True, slots=True)
class Template:
    """A letter of one kind in one language: its subject (not yet fit for a header), its HTML and its text."""

    subject: Filled
    html: Filled
    text: Filled


@cache
def template(kind: MailKind, locale: str) -> Template:
    """A kind's template in a language, put together when it is first asked for: that takes some milliseconds."""
    name = _SHARED.get(kind, kind.value)
    lines = words(locale)["common"] | words(locale)[kind.value]
    mjml = _WORDS.sub(lambda found: escape(lines[found[1]]), _laid_out(name, "mjml"))
    text = _WORDS.sub(lambda found: lines[found[1]], _laid_out(name, "txt"))
    # The mail programs' own fonts do: others would tell their server who reads the mail, and when.
    html: str = import_module("mjml").mjml2html(mjml, disable_comments=True, fonts={})
    plain, escaping = _environment(escaping=False), _environment(escaping=True)
    return Template(plain.from_string(lines["title"]), escaping.from_string(html), plain.from_string(text))


@cache
def words(locale: str) -> Mapping[str, Any]:
    """All words in a language."""
    return tomllib.loads((FOLDER / "words" / f"{locale}.toml").read_text(encoding="utf-8"))


def _laid_out(name: str, ending: str) -> str:
    layout, content = (
        (FOLDER / "templates" / f"{each}.{ending}").read_text(encoding="utf-8").strip() for each in ("layout", name)
    )
    return layout.replace(CONTENT, content) + "\n"


@cache
def _environment(*, escaping: bool) -> Any:
    """Jinja, which a process that sends no mail need not load."""
    jinja = import_module("jinja2")
    return jinja.Environment(
        autoescape=escaping,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
