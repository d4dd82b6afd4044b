"""Search by word."""

from __future__ import annotations

import pytest

from rag.words import WordIndex, plain_question, rarity, terms


def test_terms_are_the_words_that_carry_meaning() -> None:
    assert terms("How do I pair the LAMPS with my 2 batteries, switches, boxes and cases?") == [
        "pair",
        "lamp",
        "2",
        "battery",
        "switch",
        "box",
        "case",
    ]


def test_a_rare_word_says_more_than_a_common_one() -> None:
    index = WordIndex[str]()
    index.put("a", "lamp lamp pairing")
    index.put("b", "lamp brightness")
    index.put("c", "lamp colour")

    scores = index.scores("lamp brightness")

    assert scores["b"] > scores["a"] > scores["c"] > 0


def test_the_score_is_bm25() -> None:
    index = WordIndex[str]()
    index.put("a", "wick wick oil")
    index.put("b", "oil")

    frequency = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 90))
    assert index.scores("wick wick") == {"a": pytest.approx(rarity(1, 2) * frequency)}


def test_what_was_replaced_or_removed_is_not_found() -> None:
    index = WordIndex[str]()
    index.put("a", "wick")
    index.put("b", "wick")
    index.put("a", "oil")
    index.remove("b")
    index.remove("never there")

    assert index.scores("wick") == {}
    assert index.scores("oil").keys() == {"a"}


def test_a_question_has_neither_marks_nor_endless_text() -> None:
    assert plain_question("**Help**, see https://lamp.example/1\n> my lamp\n") == "Help, see > my lamp"
    assert len(plain_question("lamp " * 100_000)) < 5001
