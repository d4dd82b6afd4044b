"""The fenced blocks of a page of documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+(?: coming)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What stands between two fences, and the heading above it.

    `graphql coming` is the language of a document whose operation is not there yet.
    """

    page: Path
    heading: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page that name their language, in their order."""
    whole = page.read_text()
    return [
        Block(page, _HEADING.findall(whole, 0, found.start())[-1], found[1], found[2])
        for found in _BLOCK.finditer(whole)
    ]


def pages() -> list[Path]:
    """Everything that is written about the API."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
