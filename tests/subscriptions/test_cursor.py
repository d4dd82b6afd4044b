"""Cursors: equal for equal positions, opened by nobody but us, and cheap to refuse."""

from __future__ import annotations

import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Code
from subscriptions.cursor import BadCursor, Cursors, Position

CURSORS = Cursors("a secret of this test")
positions = st.builds(Position, st.integers(1, 2**31 - 1), st.uuids(), st.integers(0, 2**63 - 1))
ALPHABET = string.ascii_letters + string.digits + "-_"


@given(positions)
def test_a_position_comes_back(position: Position) -> None:
    assert CURSORS.open(CURSORS.seal(position)) == position


@given(positions, positions)
def test_cursors_are_equal_exactly_when_positions_are(one: Position, other: Position) -> None:
    assert (CURSORS.seal(one) == CURSORS.seal(other)) == (one == other)
    assert CURSORS.seal(one) == Cursors("a secret of this test").seal(one)


@given(positions)
def test_a_cursor_fits_into_a_url_and_has_one_length(position: Position) -> None:
    text = CURSORS.seal(position)
    assert len(text) == 60
    assert set(text) <= set(ALPHABET)


def test_neighbours_in_the_log_have_nothing_in_common() -> None:
    organization = UUID(int=7)
    first, second = (CURSORS.seal(Position(1, organization, seq)) for seq in (1, 2))
    assert sum(one == other for one, other in zip(first, second, strict=True)) < 12


@given(positions, st.integers(0, 59), st.sampled_from(ALPHABET))
def test_a_changed_character_is_noticed(position: Position, place: int, character: str) -> None:
    text = CURSORS.seal(position)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(BadCursor):
            CURSORS.open(changed)


@given(positions)
def test_a_cursor_of_another_secret_is_refused(position: Position) -> None:
    with pytest.raises(BadCursor):
        CURSORS.open(Cursors("another secret").seal(position))


@given(positions)
def test_a_cursor_of_the_previous_secret_is_opened_and_none_is_sealed(position: Position) -> None:
    rotated = Cursors("another secret", "a secret of this test")

    assert rotated.open(CURSORS.seal(position)) == position
    assert rotated.seal(position) == Cursors("another secret").seal(position)


@given(st.text())
def test_made_up_text_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        CURSORS.open(text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: text + text,
        lambda text: "A" * 60,
        lambda text: "A" * 10_000_000,
        lambda text: " " + text[1:],
        lambda text: "+/" + text[2:],
        lambda text: "é" * 60,
        lambda text: "\ud800" * 60,
        lambda text: "\0" * 60,
    ],
)
def test_spoilt_text_is_refused_with_a_code(spoil) -> None:
    with pytest.raises(BadCursor) as refusal:
        CURSORS.open(spoil(CURSORS.seal(Position(1, UUID(int=7), 42))))
    assert (refusal.value.code, refusal.value.path) == (Code.INVALID_INPUT, ("after",))
