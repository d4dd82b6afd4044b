"""A small disk of one's own, that somebody fills. Only root may have one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 16


class NoDiskError(Exception):
    """None could be had; the sentence says why."""


class Disk:
    """What is in memory under a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room that there is, to the last byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (BLOCK, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        """Give it back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def a_disk(folder: Path, size: str) -> Iterator[Disk]:
    """One of this size for as long as the block lasts; raises NoDiskError where it may not be had."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        raise NoDiskError(f"no small disk could be had: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        # Lazily: somebody may still be looking at it.
        subprocess.run(["umount", "-l", folder], check=True)
