"""Reads plain Markdown as a row of blocks (headings, paragraphs, list items, code, tables), and prose as sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rag.markup import FENCE


class BlockKind(StrEnum):
    """What a block is; an item carries everything indented below it."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of the source that belong together, word for word; `loose` says that a blank line came before."""

    kind: BlockKind
    text: str
    loose: bool = True

    @property
    def is_step(self) -> bool:
        """An item of a numbered list: of little use without the others."""
        return self.kind is BlockKind.ITEM and self.text.lstrip()[0].isdigit()


_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*)$")
_ITEM: Final = re.compile(r"^([ \t]*)(?:[*+-]|\d{1,3}[.)])[ \t]+(?=\S)")
_SENTENCE_END: Final = re.compile(r"""[.!?…]["'”’)\]*_]{0,4}\s+(?=["'“‘(\[*_`]{0,4}[A-Z0-9])""")
_ABBREVIATION: Final = re.compile(r"\b(?:e\.g|i\.e|vs|cf|approx|no|fig|mr|mrs|ms|dr|st|inc|ltd|[a-z])\.\s*$", re.I)
_LONGEST: Final = 1000
"""Letters after which a mark that was opened is taken for one that is never closed."""


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks in order; `joined` gives the text again."""
    lines = markdown.split("\n")
    start, loose = 0, True
    while start < len(lines):
        if not lines[start].strip():
            start, loose = start + 1, True
            continue
        kind, end = _block_at(lines, start)
        yield Block(kind, "\n".join(lines[start:end]).rstrip(), loose)
        start, loose = end, False


def joined(parts: Iterable[Block]) -> str:
    """The blocks as one text, word for word, with a blank line where the source had one."""
    text = ""
    for block in parts:
        text += ("\n\n" if block.loose else "\n") + block.text if text else block.text
    return text


def heading_of(block: Block) -> tuple[int, str]:
    """The level and the words of a heading."""
    marks, _, words = block.text.strip().partition(" ")
    return len(marks), words.strip(" \t#")


def sentences(prose: str) -> list[str]:
    """Whole sentences; joining them with a space gives the prose again. Emphasis, code and links are never cut."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(prose):
        sentence = prose[start : match.end()].strip()
        if len(sentence) > _LONGEST or (_is_balanced(sentence) and not _ABBREVIATION.search(sentence[-12:])):
            found.append(sentence)
            start = match.end()
    rest = prose[start:].strip()
    return [*found, rest] if rest else found


def _is_balanced(text: str) -> bool:
    even = all(text.count(mark) % 2 == 0 for mark in ("`", "**", '"'))
    return even and all(text.count(left) == text.count(right) for left, right in ("()", "[]", "“”"))


def _block_at(lines: Sequence[str], start: int) -> tuple[BlockKind, int]:
    line = lines[start]
    if FENCE.match(line):
        return BlockKind.CODE, end_of_code(lines, start)
    if _HEADING.match(line):
        return BlockKind.HEADING, start + 1
    if _ITEM.match(line):
        return BlockKind.ITEM, _end_of_item(lines, start)
    if _is_row(line):
        return BlockKind.TABLE, _end_of_run(lines, start, _is_row)
    return BlockKind.PARAGRAPH, _end_of_run(lines, start, _is_prose)


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|") or line.count("|") > 1


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and not (FENCE.match(line) or _HEADING.match(line) or _ITEM.match(line) or _is_row(line))


def _indentation(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _end_of_run(lines: Sequence[str], start: int, belongs: Callable[[str], bool]) -> int:
    end = start + 1
    while end < len(lines) and belongs(lines[end]):
        end += 1
    return end


def end_of_code(lines: Sequence[str], start: int) -> int:
    """The line after the fence that closes the code opened at `start`, or the end of the text."""
    opening = FENCE.match(lines[start])
    for end in range(start + 1, len(lines)):
        closing = FENCE.match(lines[end])
        if opening and closing and closing[2].startswith(opening[2]) and not closing[3].strip():
            return end + 1
    return len(lines)


def _end_of_item(lines: Sequence[str], start: int) -> int:
    """After the last line indented below the item, or running on from its text without a blank line."""
    depth = _indentation(lines[start])
    end = last = start + 1
    while end < len(lines):
        line = lines[end]
        if not line.strip():
            end += 1
        elif _indentation(line) > depth or (end == last and _is_prose(line)):
            end = last = end_of_code(lines, end) if FENCE.match(line) else end + 1
        else:
            break
    return last
