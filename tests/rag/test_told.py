"""What is told of an answer while it is being written: its text, and nothing that is not for readers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from rag.chat import ChatModel, ModelUnavailable
from rag.writing import readable
from tests.rag.test_suggestion import Scripted


class Streaming(BaseChatModel):
    """A chat model that says these pieces, the last of which may be what it breaks off with."""

    pieces: list[Any]

    @property
    def _llm_type(self) -> str:
        return "streaming"

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise NotImplementedError

    async def _astream(self, *_args: Any, **_options: Any) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield ChatGenerationChunk(message=AIMessageChunk(piece))


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("", ""),
        ("Turn it on", "Turn it on"),
        ("Turn it on [", "Turn it on"),
        ("Turn it on [1", "Turn it on"),
        ("Turn it on [1, 2", "Turn it on"),
        ("Turn it on [1]. Then wait [2][", "Turn it on. Then wait"),
        ("See [the shop", "See [the shop"),
        ("N", ""),
        ("NO ANS", ""),
        ("NO ANSWER", ""),
        ("NO ANSWER\n", ""),
        ("No answer is too", "No answer is too"),
    ],
)
def test_readers_meet_neither_marks_nor_the_word_for_no_answer(so_far: str, shown: str) -> None:
    assert readable(so_far) == shown


async def test_a_stream_is_told_piece_by_piece() -> None:
    heard: list[str] = []

    # Some vendors send lists of blocks.
    pieces = ["Turn ", "it", [{"type": "text", "text": " on."}], ""]
    answer = await ChatModel("a model", Streaming(pieces=pieces)).answer([HumanMessage("How?")], heard.append)

    assert answer == "Turn it on."
    assert heard[:3] == ["Turn ", "Turn it", "Turn it on."]
    assert set(heard[3:]) <= {"Turn it on."}


async def test_a_model_that_does_not_stream_is_told_at_once() -> None:
    heard: list[str] = []

    answer = await ChatModel("a model", Scripted(answer="Turn it on.")).answer([HumanMessage("How?")], heard.append)

    assert (answer, heard) == ("Turn it on.", ["Turn it on."])


async def test_a_stream_that_breaks_off_is_no_answer() -> None:
    model = ChatModel("a model", Streaming(pieces=["Turn ", ConnectionResetError("gone")]))

    with pytest.raises(ModelUnavailable, match="The model a model did not answer: gone"):
        await model.answer([HumanMessage("How?")])
