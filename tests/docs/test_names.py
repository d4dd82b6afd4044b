"""Whatever the documentation names is there: files, modules, variables, commands, and names of the API and the code"""

from __future__ import annotations

import re
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from helpdesk.cli import app
from models.settings import _LIMITS, _VARIABLES, Settings
from tests.docs.blocks import ROOT, pages

PAGES = [*pages(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "clients" / "ts" / "README.md"]
OPERATIONS = ROOT / "docs" / "operations.md"
PACKAGES = ("models", "rag", "resolvers", "subscriptions", "tasks", "graphql_api", "helpdesk")

SPAN = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FOLDERS = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
# A path from the root, whose first folder is one of ours; or a file by its ending.
FILE = re.compile(rf"(?<![\w./:-])(?:(?:{FOLDERS})/[\w./-]*\w|[\w-]+\.(?:md|py|ts|graphql|toml))(?![\w/*])")
# camelCase, PascalCase of two words, and CODES_LIKE_THIS.
NAME = re.compile(r"(?<![\w./$-])(?:[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Z]+_[A-Z_]+)(?![\w./])")
# Operations to come, and what others call their own.
COMING = {"analyticsOverview", "analyticsAi", "analyticsAgents"}
FOREIGN = {"persistedDocuments", "connectionParams", "HELPDESK_URL", "HELPDESK_TOKEN"}

each_page = partial(pytest.mark.parametrize, "page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def spans(page: Path) -> list[str]:
    """What stands between backticks, samples left out: those are run or validated elsewhere."""
    return SPAN.findall(FENCED.sub("", page.read_text()))


def is_there(page: Path, path: str) -> bool:
    """Whether there is such a file, seen from the root or from beside the page; a test may go by its bare name."""
    if path.startswith("test_"):
        return any((ROOT / "tests").rglob(path))
    return (ROOT / path).exists() or (page.parent / path).exists()


@each_page()
def test_no_span_is_torn_apart(page: Path) -> None:
    lines = FENCED.sub("", page.read_text()).splitlines()
    assert [line for line in lines if line.count("`") % 2] == []


@each_page()
def test_files_are_there(page: Path) -> None:
    named = {path for span in spans(page) for path in FILE.findall(span)}
    named |= set(re.findall(r"\]\((?!http)([^)]+)\)", page.read_text()))
    assert {path for path in named if not is_there(page, path)} == set()


def test_a_file_that_has_moved_is_noticed() -> None:
    assert FILE.findall("graphql_api/overlaps.py, docs/no.md:1 and stores.py") == [
        "graphql_api/overlaps.py",
        "docs/no.md",
        "stores.py",
    ]
    assert not is_there(OPERATIONS, "graphql_api/overlaps.py")
    assert is_there(OPERATIONS, "graphql_api/limits/overlaps.py")


@each_page()
def test_modules_are_there(page: Path) -> None:
    modules = re.findall(r"python -m ([\w.]+\w)", page.read_text())
    assert [name for name in modules if find_spec(name) is None] == []


@cache
def known_names() -> frozenset[str]:
    """Every word of the schema and of our code."""
    files = [ROOT / "schema.graphql", ROOT / "clients" / "ts" / "feed.ts"]
    files += [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text()))


@each_page()
def test_names_are_those_of_the_api_or_the_code(page: Path) -> None:
    assert {name for span in spans(page) for name in NAME.findall(span)} - known_names() - COMING - FOREIGN == set()


def test_what_is_not_there_yet_is_not_there() -> None:
    assert known_names() & COMING == set(), "It is there by now: the README's last section says that it is not."


def test_every_code_is_told_of() -> None:
    code = re.compile(r"""(?:Refused|refused|coded)\([^()"]*"([A-Z_]+)"|"code": "([A-Z_]+)\"""")
    sources = [path.read_text() for path in (ROOT / "graphql_api").rglob("*.py")]
    codes = {one or other for source in sources for one, other in code.findall(source)}
    told = {span for name in ("clients", "limits") for span in spans(ROOT / "docs" / f"{name}.md")}

    assert len(codes) > 20
    assert codes - told - {"INVALID_INPUT"} == set()


def commands(page: Path) -> list[str]:
    """What a page says to type after `helpdesk`, in spans and in lines of their own."""
    lines = re.findall(r"^ *helpdesk [a-z].*$", page.read_text(), re.MULTILINE)
    given = [*lines, *(span for span in spans(page) if span.startswith("helpdesk "))]
    return [each.partition("#")[0].strip().removeprefix("helpdesk ") for each in given]


@each_page()
def test_commands_can_be_given(page: Path) -> None:
    for given in commands(page):
        command: Any = typer.main.get_command(app)
        words = given.split()
        while words and hasattr(command, "commands"):
            # One of several, as in `helpdesk reactions retry|discard`.
            names = words.pop(0).split("|")
            assert set(names) <= set(command.commands), given
            command = command.commands[names[0]]
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", " ".join(words))) <= options, given


def test_every_variable_is_told_of() -> None:
    text = OPERATIONS.read_text()
    assert {name for name in _VARIABLES.values() if f"`{name}`" not in text} == set()


@each_page()
def test_variables_are_settings(page: Path) -> None:
    named = {name for span in spans(page) for name in re.findall(r"\bHELPDESK_[A-Z_]*[A-Z]", span)}
    assert named <= {*_VARIABLES.values(), *_LIMITS.values()} | FOREIGN


def test_defaults_are_as_told() -> None:
    row = re.compile(r"^\| `(\w+)` \| (?:`([^`]+)`|(\d+))(?: \||;)", re.MULTILINE)
    told = {name: text or number for name, text, number in row.findall(OPERATIONS.read_text())}

    assert len(told) > 8
    for name, value in told.items():
        assert Settings.from_environment({name: value}) == Settings(), name
