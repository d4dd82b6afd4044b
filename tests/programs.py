"""Other programs that tests run: Node with its packages, and the tools for typed clients."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "node"
# Type checkers that have nothing in their caches take most of a minute of a processor, which others may want too.
PATIENCE = 300
PACKAGES = FOLDER / "node_modules"


class Failed(Exception):
    """A program ended with a status other than 0; the message is what it wrote."""


def node() -> str:
    """The machine's Node, else the checkout's own."""
    assert PACKAGES.is_dir(), "Run `npm ci` in tests/node first, as `make test` does."
    return shutil.which("node") or str(Path(sys.executable).parent / "node")


async def output(
    *command: str | Path, folder: Path, words: str = "", environment: Mapping[str, str] | None = None
) -> str:
    """What a program writes; it must end well, and in time."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        async with asyncio.timeout(PATIENCE):
            written, complaints = await process.communicate(words.encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise Failed(written.decode() + complaints.decode())
    return written.decode()
