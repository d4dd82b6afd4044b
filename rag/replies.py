"""What a draft of an answer is: values without the machinery that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that a draft cites; `excerpt` is what it rests on, as it reads now."""

    article_id: UUID
    title: str
    heading: str | None
    excerpt: str
    url: str | None
    score: float


@dataclass(frozen=True, slots=True)
class SuggestedReply:
    """A draft in Markdown. Not `answerable` means that it should not be sent unread; it may be empty then."""

    text: str
    confidence: float
    answerable: bool
    sources: tuple[Source, ...]
    model: str
