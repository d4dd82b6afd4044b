"""What the locks promise: the same packages everywhere, checked by hash, from whichever index the machine is set to."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NODE_FOLDERS = (ROOT / "graphql_api" / "graphiql", ROOT / "tests" / "node")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _entries(lock: Path) -> list[str]:
    """The lock's logical lines: a requirement and its hashes each."""
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("#")]
    return [entry.strip() for entry in re.split(r"\n(?=\S)", "\n".join(lines)) if entry.strip()]


def _pinned(lock: Path) -> dict[str, set[str]]:
    """Versions by package; one may have several, for several Pythons."""
    pinned: dict[str, set[str]] = {}
    for entry in _entries(lock):
        name, _, rest = entry.partition("==")
        pinned.setdefault(canonicalize_name(name), set()).add(rest.split()[0])
    return pinned


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: lock.name)
def test_python_lock_has_a_hash_for_every_package_and_no_address(lock: Path) -> None:
    assert all("--hash=sha256:" in entry for entry in _entries(lock))
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("folder", NODE_FOLDERS, ids=lambda folder: folder.name)
def test_node_lock_has_a_hash_for_every_package_and_no_address(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    del packages[""]

    assert all("integrity" in package and "resolved" not in package for package in packages.values())


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [("run", PROJECT["project"]["dependencies"]), ("dev", PROJECT["dependency-groups"]["dev"])],
    ids=["run", "dev"],
)
def test_lock_fits_the_project(lock: str, requirements: list[str]) -> None:
    pinned = _pinned(ROOT / "requirements" / f"{lock}.txt")

    for requirement in map(Requirement, requirements):
        versions = pinned[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions), str(requirement)


def test_development_lock_changes_nothing_that_serves_requests() -> None:
    run, dev = (_pinned(ROOT / "requirements" / f"{name}.txt") for name in ("run", "dev"))

    assert run.items() <= dev.items()


def test_the_locked_versions_of_the_execution_are_installed() -> None:
    """A tool installed beside them has been seen to replace both with older ones."""
    pinned = _pinned(ROOT / "requirements" / "run.txt")

    assert {version("strawberry-graphql")} == pinned["strawberry-graphql"]
    assert {version("graphql-core")} == pinned["graphql-core"]
