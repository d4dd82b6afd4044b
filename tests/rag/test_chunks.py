"""Articles are split at headings and by size, into pieces that can be quoted as they are."""

from __future__ import annotations

import time

import pytest

from rag.chunks import MOST, ChunkText, split_article
from rag.markup import plain_markdown

SENTENCE = "The lamp remembers the brightness that you chose last, even after a power cut. "


def test_a_piece_knows_the_headings_above_it() -> None:
    body = "Intro.\n\n## Set up\n\nPlug it in.\n\n### In the *app*\n\nPair it.\n\n## Care\n\nWipe it."

    assert split_article("Lamp", body) == [
        ChunkText("Lamp", None, "Intro."),
        ChunkText("Lamp", "Set up", "Plug it in."),
        ChunkText("Lamp", "Set up > In the app", "Pair it."),
        ChunkText("Lamp", "Care", "Wipe it."),
    ]


def test_an_article_without_text_has_no_pieces() -> None:
    assert split_article("Lamp", "") == []
    assert split_article("Lamp", "# Lamp\n\n<!-- to be written -->\n\n## Care") == []


def test_long_sections_are_split_between_paragraphs() -> None:
    paragraphs = [SENTENCE * 4 + str(number) for number in range(9)]

    pieces = split_article("Lamp", "\n\n".join(paragraphs))

    assert len(pieces) > 1
    assert "\n\n".join(piece.text for piece in pieces).split("\n\n") == paragraphs


def test_long_paragraphs_are_split_between_sentences() -> None:
    pieces = split_article("Lamp", SENTENCE * 40)

    assert [piece.text[-10:] for piece in pieces] == ["power cut."] * len(pieces)
    assert max(len(piece.text) for piece in pieces) <= MOST
    assert " ".join(piece.text for piece in split_article("Lamp", "".join(f"{n} {SENTENCE}" for n in range(40)))) == (
        "".join(f"{n} {SENTENCE}" for n in range(40)).strip()
    )


def test_long_code_keeps_its_fences_in_every_piece() -> None:
    code = "\n".join(f"lamp.set_brightness(level={level})" for level in range(80))

    pieces = split_article("Lamp", f"Run:\n\n```python\n{code}\n```")

    assert len(pieces) > 2
    assert all(piece.text.count("```") == 2 for piece in pieces)
    assert all(piece.text.startswith("```python\n") and piece.text.endswith("\n```") for piece in pieces[1:])
    assert "\n".join(piece.text.partition("```python\n")[2].removesuffix("\n```") for piece in pieces).strip() == code


def test_the_steps_of_a_list_stay_together() -> None:
    steps = "\n".join(f"{number}. {SENTENCE}" for number in range(1, 11))

    pieces = split_article("Lamp", f"{SENTENCE * 5}\n\nDo this:\n\n{steps}")

    assert pieces[1].text == "Do this:\n\n" + "\n".join(line.rstrip() for line in steps.split("\n"))


def test_pieces_are_the_words_of_the_article() -> None:
    body = "<p>Dim it.</p>\n\n* Turn <b>left</b>\n* Wait\n\n> [!TIP]\n> Twice.\n\n| a | b |\n|---|---|\n| 1 | 2 |"

    assert all(piece.text in plain_markdown(body) for piece in split_article("Lamp", body))


@pytest.mark.parametrize("piece", ["|a|b|\n", "1. a\n", "```\n", ". A", '"A. ', "* a b. ", "<li>", "# a\n", "a"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    started = time.thread_time()

    split_article("Lamp", piece * (50_000 // len(piece)))

    assert time.thread_time() - started < 5


def test_the_same_text_twice_in_an_article_is_one_piece() -> None:
    assert split_article("Lamp", "## Care\n\nWipe it.\n\n## Care\n\nWipe it.") == [
        ChunkText("Lamp", "Care", "Wipe it.")
    ]


def test_the_hash_changes_with_everything_that_the_vector_depends_on() -> None:
    chunk = ChunkText("Lamp", "Care", "Wipe it.")
    others = [
        ChunkText("Lamps", "Care", "Wipe it."),
        ChunkText("Lamp", None, "Wipe it."),
        ChunkText("Lamp", "Care", "Wipe it!"),
    ]

    assert chunk.text_hash("m@1") == ChunkText("Lamp", "Care", "Wipe it.").text_hash("m@1")
    assert len({chunk.text_hash("m@1"), chunk.text_hash("m@2"), *(other.text_hash("m@1") for other in others)}) == 5
