"""Templates: every kind in every language, alike, and nothing in them that a mail program would fetch"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from models.mail import MailKind
from resolvers.settings import LOCALES as OFFERED
from tasks.mail.templates import FOLDER, LOCALES, Html, template, words


def keys(found: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The words by their whole names, each with the values that it has places for; lists by their length."""
    flat = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= keys(value, f"{path}{name}.")
        else:
            flat[path + name] = len(value) if isinstance(value, list) else sorted(re.findall(r"\{+(\w+)\}+", value))
    return flat


def test_mail_speaks_the_languages_that_may_be_chosen() -> None:
    assert LOCALES == OFFERED
    assert {path.stem for path in (FOLDER / "words").glob("*.toml")} == set(LOCALES)


def test_languages_say_the_same_things() -> None:
    assert keys(words("en")).keys() == keys(words("de")).keys()
    lengths = [{name: value for name, value in keys(words(each)).items() if isinstance(value, int)} for each in LOCALES]
    assert lengths[0] == lengths[1] != {}


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_is_there_and_fetches_nothing(kind: MailKind, locale: str) -> None:
    class Every(dict[str, Any]):
        """Any value, as text."""

        def __missing__(self, name: str) -> Any:
            if name in {"entries", "choices"}:
                return [self]
            if name == "message_html":
                return Html("<p>shown</p>")
            return f"({name})"

    made = template(kind, locale)
    known = Every()
    asked = set(re.findall(r"\{\{ *(?:\w+\.)?(\w+) *\}\}|% if (\w+)|in (\w+) %", _sources(kind, locale)))
    values = {name: known[name] for names in asked for name in names if name}
    subject, html, text = (part.render(values) for part in (made.subject, made.html, made.text))

    assert f'<html lang="{values["locale"]}"' in html
    assert not re.search(r"src=|url\(|@import|<link|<script", html)
    assert len(html.encode()) < 30_000
    for said in (subject, html, text):
        assert "{{" not in said and "[[" not in said and "{%" not in said
    assert "(number)" in text or "(organization)" in text


def _sources(kind: MailKind, locale: str) -> str:
    """All text that the kind's templates are made of."""
    files = [path.read_text(encoding="utf-8") for path in (FOLDER / "templates").glob("*.*")]
    said = words(locale)
    return "\n".join([*files, str(said["common"]), str(said[kind.value])])


def test_a_process_that_sends_no_mail_loads_nothing_for_it() -> None:
    code = "import sys, helpdesk.house; print([name for name in ('mjml', 'aiosmtplib') if name in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parents[1]
    )

    assert loaded.stdout.strip() == "[]"
