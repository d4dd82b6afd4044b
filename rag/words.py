"""Search by word: the terms of a text and their BM25 weights, the same in the embedded index and on a Qdrant server."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Final, Generic, TypeVar

from rag.markup import plain_words

_WORD: Final = re.compile(r"\w+")
_LITTLE_WORDS: Final = """
a about after all also am an and any are as at be because been before being but by can could did do does dont each few
for from had has have he her his how i if im in into is it its ive just me more most my no not now of on only or other
our own same she should so some such than that the their them then there these they this to too up us was we were what
when where which who why will with would you your
"""
_STOP_WORDS: Final = frozenset(_LITTLE_WORDS.split())
_LONGEST_QUESTION: Final = 5000
_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.75
_USUAL_LENGTH: Final = 90
"""Terms in an ordinary chunk. A constant, so that a chunk's weights do not depend on the others."""

Key = TypeVar("Key", bound=Hashable)


def plain_question(text: str) -> str:
    """A customer's words without marks and addresses; what goes on for pages would tell a search no more."""
    return plain_words(text[:_LONGEST_QUESTION])


def terms(text: str) -> list[str]:
    """The words that carry meaning, in order, case-folded, plurals reduced."""
    return [_singular(word) for word in _WORD.findall(text.casefold()) if word not in _STOP_WORDS]


def term_id(term: str) -> int:
    """The term's number in a sparse vector; a rare collision costs a rank, never an answer."""
    return zlib.crc32(term.encode())


def term_weights(found: Iterable[str]) -> dict[str, float]:
    """BM25 without its IDF: how much each term says about the text that holds it."""
    counts = Counter(found)
    norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * counts.total() / _USUAL_LENGTH)
    return {term: count * (_SATURATION + 1) / (count + norm) for term, count in counts.items()}


def rarity(holding: int, total: int) -> float:
    """The IDF of a term held by `holding` of `total` texts, as a Qdrant server computes it."""
    return math.log((total - holding + 0.5) / (holding + 0.5) + 1)


class WordIndex(Generic[Key]):
    """BM25 over texts in memory. Qdrant's local mode walks every sparse vector in Python: 200 times slower."""

    def __init__(self) -> None:
        self._postings: dict[str, dict[Key, float]] = {}
        self._terms: dict[Key, frozenset[str]] = {}

    def put(self, key: Key, text: str) -> None:
        """Adds the text, in place of an earlier one under the same key."""
        self.remove(key)
        weights = term_weights(terms(text))
        self._terms[key] = frozenset(weights)
        for term, weight in weights.items():
            self._postings.setdefault(term, {})[key] = weight

    def remove(self, key: Key) -> None:
        for term in self._terms.pop(key, ()):
            postings = self._postings[term]
            del postings[key]
            if not postings:
                del self._postings[term]

    def scores(self, query: str) -> Mapping[Key, float]:
        """The score of each text that holds a word of the query; a repeated word counts once."""
        scores: dict[Key, float] = {}
        for term in set(terms(query)):
            postings = self._postings.get(term, {})
            weight = rarity(len(postings), len(self._terms))
            for key, value in postings.items():
                scores[key] = scores.get(key, 0.0) + weight * value
        return scores


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "tches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        return word[:-1]
    return word
