"""How sure a draft is: one probability from what retrieval saw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.passages import Passage


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for the best article; more of either means more confidence."""

    score: float
    """Of its best passage, by vector and by word, from 0 to 1."""
    margin: float
    """How far the next article is behind."""

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Signals:
        """`passages` are best first, at least one. Where no other article was found, the last passage stands for it."""
        best = passages[0]
        behind = next((one for one in passages if one.article_id != best.article_id), passages[-1])
        return cls(best.score, best.score - behind.score)


_BIAS: Final = -5.94
_WEIGHTS: Final = Signals(score=13.17, margin=11.01)


def confidence(signals: Signals) -> float:
    """The probability that the best article answers the question.

    A logistic regression (L2 of 1 on standardized signals) on the 96 Arduino questions, 20 of which nothing answers;
    a hit is a question whose right article came first. `benchmarks/fit_confidence.py` fits it and prints what five
    folds give out of fold: AUC .86, Brier .14 (a constant: .23). Two more signals were tried and added nothing, as the
    score has them already: the share of the question's words in the text, and the similarity of the vectors alone.
    """
    return 1 / (1 + math.exp(-(_BIAS + _WEIGHTS.score * signals.score + _WEIGHTS.margin * signals.margin)))
