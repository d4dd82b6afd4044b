"""What tests run besides Python is found on the machine or installed; where it can't be, that is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """All programs of a machine: none, but what `env` needs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "env").symlink_to("/usr/bin/env")
    return folder


def _step(step: str, programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "install.py", step],
        cwd=programs.parent,
        env={"PATH": str(programs), "HOME": str(programs.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("browser", "The browser tests need Chromium; install it (Debian: sudo apt-get install chromium)."),
        ("curl", "The tests of docs/clients.md need curl; install it (Debian: sudo apt-get install curl)."),
    ],
)
def test_a_machine_where_it_can_not_be_installed_is_told_what_is_missing(programs: Path, step: str, told: str) -> None:
    result = _step(step, programs)

    assert (result.returncode, result.stderr) == (1, f"helpdesk: {told}\n")


@pytest.mark.parametrize(("step", "program"), [("browser", "google-chrome"), ("curl", "curl")])
def test_the_machines_own_serves(programs: Path, step: str, program: str) -> None:
    _program(programs, program, "exit 1")

    assert _step(step, programs).returncode == 0


@pytest.mark.parametrize(("step", "package"), [("browser", "chromium"), ("curl", "curl")])
def test_root_on_debian_has_it_installed(programs: Path, step: str, package: str) -> None:
    _program(programs, "apt-get", 'echo "$*" >> asked')

    result = _step(step, programs)

    asked = programs.parent / "asked"
    if os.geteuid() == 0:
        wait = "--option DPkg::Lock::Timeout=300"
        install = f"{wait} install --yes --no-install-recommends {package}"
        assert asked.read_text().splitlines() == [f"{wait} update", install]
    else:
        assert result.returncode == 1 and not asked.exists()
