"""Confidence is a probability that grows with what speaks for the answer."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from rag.confidence import Signals, confidence
from rag.passages import Passage

LAMP, SHADE = uuid4(), uuid4()


def passage(article_id: UUID, similarity: float, word_score: float = 0.0) -> Passage:
    return Passage(uuid4(), article_id, 0, "Lamp", None, None, "Dim it.", similarity, word_score)


def test_more_of_either_signal_means_more_confidence() -> None:
    steps = [number / 10 for number in range(11)]

    for fixed in steps:
        by_score = [confidence(Signals(score=step, margin=fixed)) for step in steps]
        by_margin = [confidence(Signals(score=fixed, margin=step)) for step in steps]
        assert all(lower < higher for values in (by_score, by_margin) for lower, higher in pairwise(values))


def test_it_is_a_probability_that_uses_its_range() -> None:
    nothing, everything = confidence(Signals(0, 0)), confidence(Signals(1, 1))

    assert 0 < nothing < 0.01
    assert 0.99 < everything < 1


def test_the_margin_is_to_the_next_article() -> None:
    passages = [passage(LAMP, 0.8), passage(LAMP, 0.7), passage(SHADE, 0.5), passage(SHADE, 0.4)]

    signals = Signals.of(passages)

    assert (signals.score, signals.margin) == pytest.approx((0.56, 0.21))


def test_an_only_article_gets_no_more_than_its_last_passage_leaves() -> None:
    assert Signals.of([passage(LAMP, 0.8)]).margin == 0
    assert Signals.of([passage(LAMP, 0.8), passage(LAMP, 0.7)]).margin == pytest.approx(0.07)


def test_scores_can_be_compared_between_questions() -> None:
    assert passage(LAMP, similarity=-0.2).score == 0
    assert passage(LAMP, similarity=1.0, word_score=30.0).score == pytest.approx(0.85)
    assert passage(LAMP, similarity=0.5, word_score=10.0).score == pytest.approx(0.35 + 0.3 / 4)
