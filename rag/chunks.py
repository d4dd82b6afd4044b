"""Splits an article into pieces that can be searched and quoted."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rag.blocks import Block, BlockKind, blocks, end_of_code, heading_of, joined, sentences
from rag.markup import FENCE, plain_markdown, plain_words

MOST: Final = 1000
"""Letters in a piece, as a reader sees it: some 160 words, which with title and heading fit the 256 tokens embedded."""

ENOUGH: Final = 600
"""A piece of this size is closed when a new paragraph begins."""


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A quotable piece of an article: plain Markdown, word for word, and the headings it stands under."""

    title: str
    heading: str | None
    text: str

    @property
    def searchable(self) -> str:
        return searchable(self.title, self.heading, self.text)

    def text_hash(self, model: str) -> str:
        """Differs as soon as the text, its context or its vector by `model` would."""
        return hashlib.sha256("\0".join((model, self.title, self.heading or "", self.text)).encode()).hexdigest()


def searchable(title: str, heading: str | None, text: str) -> str:
    """What is embedded and searched by word: a piece in its context, without marks and addresses."""
    return plain_words("\n".join(part for part in (title, heading, text) if part))


def split_article(title: str, body: str) -> list[ChunkText]:
    """The pieces in order, none twice; the same article always gives the same ones. An empty body gives none."""
    pieces = (
        ChunkText(title, heading, joined(piece))
        for heading, section in _sections(blocks(plain_markdown(body)))
        for piece in _pieces(section)
    )
    return list(dict.fromkeys(pieces))


def _sections(parts: Iterable[Block]) -> Iterator[tuple[str | None, list[Block]]]:
    """The blocks below each heading, with the path of headings that leads there."""
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    for block in parts:
        if block.kind is not BlockKind.HEADING:
            section.append(block)
            continue
        if section:
            yield _name(path), section
        level, words = heading_of(block)
        path = [*((above, name) for above, name in path if above < level), (level, plain_words(words))]
        section = []
    if section:
        yield _name(path), section


def _name(path: list[tuple[int, str]]) -> str | None:
    return " > ".join(words for _, words in path if words) or None


def _pieces(section: Iterable[Block]) -> Iterator[list[Block]]:
    """Fills pieces up to the limit; a lead-in such as "Do this:" goes with what it leads to."""
    piece: list[Block] = []
    size = 0
    for group in _groups(section):
        length = _length(group)
        is_full = size + length > MOST or (size >= ENOUGH and group[0].kind is BlockKind.PARAGRAPH)
        if piece and is_full:
            carried = [piece.pop()] if len(piece) > 1 and piece[-1].text.endswith((":", ":**")) else []
            yield piece
            piece, size = carried, _length(carried)
        piece += group
        size += length
    if piece:
        yield piece


def _groups(section: Iterable[Block]) -> Iterator[list[Block]]:
    """What should not be parted: the steps of a numbered list, unless they would fill more than two pieces."""
    for is_list, members in groupby(section, key=lambda block: block.is_step):
        group = list(members)
        if is_list and _length(group) <= 2 * MOST:
            yield group
        else:
            yield from ([part] for block in group for part in _parts(block))


def _length(group: Iterable[Block]) -> int:
    return sum(_letters(block.text) + 1 for block in group)


def _letters(markdown: str) -> int:
    return len(plain_words(markdown))


def _parts(block: Block) -> Iterator[Block]:
    """The block, or several where it is too long for one piece."""
    if _letters(block.text) <= MOST:
        yield block
        return
    text, size, loose = "", 0, block.loose
    for gap, unit in _units(block.text.split("\n")):
        letters = _letters(unit) + 1
        if text and size + letters > MOST:
            yield Block(block.kind, textwrap.dedent(text), loose)
            text, size, loose = "", 0, True
        text += gap + unit if text else unit
        size += letters
    yield Block(block.kind, textwrap.dedent(text), loose)


def _units(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Where a long block may be cut: each line or code block in it, with what stood before it."""
    start = 0
    while start < len(lines):
        fenced = FENCE.match(lines[start]) is not None
        end = end_of_code(lines, start) if fenced else start + 1
        yield from _code_units(lines[start:end]) if fenced else _prose_units(lines[start])
        start = end


def _code_units(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The code, or several pieces of it between fences of their own."""
    opening, *code, closing = lines
    batch: list[str] = []
    for line in code:
        if batch and len("\n".join([*batch, line])) > MOST:
            yield "\n", "\n".join([opening, *batch, closing])
            batch = []
        batch.append(line)
    yield "\n", "\n".join([opening, *batch, closing])


def _prose_units(line: str) -> Iterator[tuple[str, str]]:
    """The line, or its sentences, or where a sentence never ends, its words."""
    gap = "\n"
    for sentence in [line] if len(line) <= MOST else sentences(line):
        for words in [sentence] if len(sentence) <= MOST else textwrap.wrap(sentence, MOST, break_on_hyphens=False):
            yield gap, words
            gap = " "
