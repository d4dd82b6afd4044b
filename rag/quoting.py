"""Answers a question with the article's own words: whole sentences and lists, in their order, never altered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from langchain_core.embeddings import Embeddings

from rag.blocks import Block, BlockKind, blocks, joined, sentences
from rag.markup import plain_words
from rag.passages import Passage
from rag.words import terms

_LONGEST: Final = 800
"""Letters of a quote, beyond which nothing is added."""

_NEARLY_BEST: Final = 0.85
_PASSAGES: Final = 3
_SIMILARITY_SHARE: Final = 0.7

_EMPTY: Final = re.compile(r"(?:Learn|Find out|(?:In )?[Tt]his (?:article|page|section|guide))\b[^\n]*$|[^\n]*:$")
"""A sentence that announces something (so it is near to the question) without being an answer itself."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What one passage contributes to the answer, word for word."""

    passage: Passage
    text: str


@dataclass(frozen=True, slots=True)
class _Unit:
    """The least that may be quoted: a sentence of a paragraph, or a list or table with its lead-in."""

    passage: Passage
    paragraph: int
    text: str

    @property
    def searchable(self) -> str:
        return plain_words(f"{self.passage.heading or ''}\n{self.text}")


async def quotes(question: str, passages: Sequence[Passage], embeddings: Embeddings) -> list[Quote]:
    """The sentences of the first passage's article that are nearest to the question, passage by passage.

    `passages` are best first; those of other articles are left out: an answer has one source.
    """
    own = [passage for passage in passages if passage.article_id == passages[0].article_id][:_PASSAGES]
    every = [unit for passage in sorted(own, key=lambda passage: passage.position) for unit in _units(passage)]
    units = [unit for unit in every if not _EMPTY.match(unit.text)] or every
    chosen = _chosen(units, await _closeness(question, units, embeddings))
    return [
        Quote(passage, _text(list(members)))
        for passage, members in groupby((units[index] for index in chosen), key=lambda unit: unit.passage)
    ]


def overlap(question: str, text: str) -> float:
    """The share of the question's words that the text has as well."""
    asked = set(terms(question))
    return len(asked & set(terms(text))) / len(asked) if asked else 0.0


def _units(passage: Passage) -> Iterator[_Unit]:
    for paragraph, group in enumerate(_groups(blocks(passage.text))):
        if group[0].kind is BlockKind.PARAGRAPH and len(group) == 1:
            texts = sentences(group[0].text)
        else:
            texts = [joined(group)]
        yield from (_Unit(passage, paragraph, text) for text in texts)


def _groups(parts: Iterable[Block]) -> Iterator[list[Block]]:
    """A paragraph alone; lists, code and tables together with the line that leads to them ("Do this:")."""
    group: list[Block] = []
    for block in parts:
        after_prose = bool(group) and group[-1].kind is BlockKind.PARAGRAPH and not group[-1].text.endswith(":")
        if group and (block.kind is BlockKind.PARAGRAPH or after_prose):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


async def _closeness(question: str, units: Sequence[_Unit], embeddings: Embeddings) -> list[float]:
    """How near each unit is to the question, by meaning and by word."""
    asked = np.asarray(await embeddings.aembed_query(question))
    vectors = np.asarray(await embeddings.aembed_documents([unit.searchable for unit in units]))
    return [
        _SIMILARITY_SHARE * float(similarity) + (1 - _SIMILARITY_SHARE) * overlap(question, unit.searchable)
        for similarity, unit in zip(vectors @ asked, units, strict=True)
    ]


def _chosen(units: Sequence[_Unit], closeness: Sequence[float]) -> list[int]:
    """The best unit and what is nearly as good, while it is short; in the article's order."""
    ranking = sorted(range(len(units)), key=lambda index: -closeness[index])
    chosen, letters = ranking[:1], len(units[ranking[0]].text)
    for index in ranking[1:]:
        if closeness[index] < _NEARLY_BEST * closeness[ranking[0]]:
            break
        if letters + len(units[index].text) <= _LONGEST:
            chosen.append(index)
            letters += len(units[index].text)
    return sorted(chosen)


def _text(units: Sequence[_Unit]) -> str:
    """Sentences of one paragraph run on; everything else stands apart."""
    paragraphs = groupby(units, key=lambda unit: unit.paragraph)
    return "\n\n".join(" ".join(unit.text for unit in members) for _, members in paragraphs)
