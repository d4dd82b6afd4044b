"""Drafts an answer to a question from the passages found for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from langchain_core.embeddings import Embeddings

from rag.chat import ChatModel, Told, unheard
from rag.confidence import Signals, confidence
from rag.passages import Passage
from rag.quoting import Quote, quotes
from rag.replies import Source, SuggestedReply
from rag.words import plain_question
from rag.writing import written_answer

EXTRACTIVE: Final = "extractive"
"""The `model` of a draft that quotes the help centre word for word."""

_LIKELY: Final = 0.5


async def suggest_reply(
    question: str,
    passages: Sequence[Passage],
    embeddings: Embeddings,
    chat: ChatModel | None = None,
    told: Told = unheard,
) -> SuggestedReply:
    """The draft that `passages` (best first) allow: quoted from one article, or written by `chat` and cited.

    `told` hears its text while it is being written.

    Raises ModelUnavailable when the chat model is away; a later try may succeed.
    """
    if not passages:
        return SuggestedReply("", 0.0, answerable=False, sources=(), model=chat.name if chat else EXTRACTIVE)
    sure = confidence(Signals.of(passages))
    if chat is None:
        quoted = await _quoted_reply(question, passages, embeddings, sure)
        told(quoted.text)
        return quoted
    return await _written_reply(question, passages, chat, sure, told)


async def _quoted_reply(
    question: str, passages: Sequence[Passage], embeddings: Embeddings, sure: float
) -> SuggestedReply:
    quoted = await quotes(plain_question(question), passages, embeddings)
    return SuggestedReply(
        text=_told(quoted),
        confidence=sure,
        answerable=sure >= _LIKELY,
        sources=tuple(_source(quote.passage, quote.text) for quote in quoted),
        model=EXTRACTIVE,
    )


def _told(quoted: Sequence[Quote]) -> str:
    """The quotes; each below its own heading where they come from several sections."""
    headings = [(quote.passage.heading or "").rpartition(" > ")[2] for quote in quoted]
    if len(set(headings)) == 1:
        return "\n\n".join(quote.text for quote in quoted)
    titled = zip(headings, quoted, strict=True)
    return "\n\n".join(f"**{heading}**\n\n{quote.text}" if heading else quote.text for heading, quote in titled)


async def _written_reply(
    question: str, passages: Sequence[Passage], chat: ChatModel, sure: float, told: Told
) -> SuggestedReply:
    """What retrieval is sure of counts here too; a model that finds no answer is believed."""
    written = await written_answer(question, passages, chat, told)
    if written is None:
        return SuggestedReply("", 0.0, answerable=False, sources=(), model=chat.name)
    sources = tuple(_source(passage, passage.text) for passage in written.cited)
    return SuggestedReply(written.text, sure, sure >= _LIKELY, sources, chat.name)


def _source(passage: Passage, excerpt: str) -> Source:
    return Source(passage.article_id, passage.title, passage.heading, excerpt, passage.url, passage.score)
