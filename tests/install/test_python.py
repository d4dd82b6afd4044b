"""`scripts/python` finds Python 3.11 or says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a space in its name that holds the script, and an empty one for programs."""
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    (folder / "programs").mkdir()
    (folder / "scripts" / "python").symlink_to(ROOT / "scripts" / "python")
    return folder


def _version_by_script(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "scripts/python", "-c", "import sys; print(sys.version_info[:2])"],
        cwd=checkout,
        env={"PATH": str(checkout / "programs"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _program(checkout: Path, name: str, script: str) -> Path:
    program = checkout / "programs" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_python_on_the_path_is_found_under_any_of_its_names(checkout: Path) -> None:
    _program(checkout, "python3.11", "exit 127")
    _program(checkout, "python3", f'exec "{sys.executable}" "$@"')

    assert _version_by_script(checkout).stdout == "(3, 11)\n"


def test_machine_without_python_is_told_what_to_install(checkout: Path) -> None:
    _program(checkout, "python3", "exit 1")

    result = _version_by_script(checkout)

    assert result.returncode == 1
    assert result.stderr.startswith("helpdesk: Python 3.11 is missing; install it (Debian 12: apt-get install python3 ")


def test_python_named_by_the_user_must_be_the_right_one(checkout: Path) -> None:
    _program(checkout, "python3.11", f'exec "{sys.executable}" "$@"')
    other = _program(checkout, "python3.13", "exit 1")

    result = _version_by_script(checkout, PYTHON=str(other))

    assert result.returncode == 1
    assert result.stderr == (
        f"helpdesk: PYTHON={other} is not a Python 3.11; name one that is, or leave PYTHON unset.\n"
    )
