"""Which media type a request is in, and which one its sender wants back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from graphql_api.requests import RequestRefused

HTML = "text/html"
EVENT_STREAM = "text/event-stream"

_LONGEST_KNOWN = 500


class MediaType(StrEnum):
    """The two ways to write a response map."""

    JSON = "application/json"
    GRAPHQL_RESPONSE = "application/graphql-response+json"


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of an Accept header."""

    type: str
    quality: float

    def breadth(self, media_type: str) -> int | None:
        """0 for the exact type, 1 for its family, 2 for anything, None if the range leaves it out."""
        family = media_type.partition("/")[0] + "/*"
        candidates = [media_type, family, "*/*"]
        return candidates.index(self.type) if self.type in candidates else None


class Accept:
    """An Accept header, understood; without one anything is welcome."""

    def __init__(self, header: str) -> None:
        self._ranges = list(_ranges(header)) if header.strip() else [_Range("*/*", 1.0)]
        self._best = self._best_of_ours()
        self.prefers_html = self._names(HTML) and self.quality(HTML) >= max(map(self.quality, MediaType))
        """A browser opens the address as a page."""

    @classmethod
    def of(cls, header: str) -> Accept:
        """The header, understood now or before: clients send the same few again and again."""
        return _known(header) if len(header) <= _LONGEST_KNOWN else cls(header)

    def quality(self, media_type: str) -> float:
        """How welcome a type is, from 0 to 1; the narrowest range that names it decides."""
        return self._judge(media_type)[0]

    def media_type(self) -> MediaType:
        """The best of ours. Who names both alike gets the newer; whom anything suits gets application/json."""
        if self._best is None:
            sentence = f"Accept allows neither {MediaType.GRAPHQL_RESPONSE} nor {MediaType.JSON}."
            raise RequestRefused("NOT_ACCEPTABLE", sentence, 406)
        return self._best

    def _best_of_ours(self) -> MediaType | None:
        newer, older = self._judge(MediaType.GRAPHQL_RESPONSE), self._judge(MediaType.JSON)
        if max(newer, older)[0] == 0:
            return None
        by_wildcard_only = newer[1] < 0
        return MediaType.JSON if older > newer or (older == newer and by_wildcard_only) else MediaType.GRAPHQL_RESPONSE

    def _names(self, media_type: str) -> bool:
        """Whether the type itself is there, not just a wildcard."""
        return any(range_.type == media_type and range_.quality for range_ in self._ranges)

    def _judge(self, media_type: str) -> tuple[float, int]:
        """Quality, then how narrowly the type is named (0, -1, -2)."""
        matches = [(-breadth, r.quality) for r in self._ranges if (breadth := r.breadth(media_type)) is not None]
        if not matches:
            return 0.0, -3
        narrowness, quality = max(matches)
        return quality, narrowness


@lru_cache(maxsize=200)
def _known(header: str) -> Accept:
    return Accept(header)


def _ranges(header: str) -> Iterator[_Range]:
    for element in header.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        pairs = dict(parameter.partition("=")[::2] for parameter in parameters)
        if pairs.get("charset", "utf-8").strip('"') in _UTF_8:
            yield _Range(name, _quality(pairs.get("q", "1")))


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


_UTF_8 = {"utf-8", "utf8"}


# Refusals are not remembered.
@lru_cache(maxsize=50)
def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Refuse a body that is anything but uncompressed UTF-8 application/json."""
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise _unsupported("Send the body uncompressed; Content-Encoding is not supported.")
    name, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    if name != MediaType.JSON:
        raise _unsupported(f"Send the request as {MediaType.JSON}, not as {name or 'a body without Content-Type'}.")
    pairs = dict(parameter.partition("=")[::2] for parameter in parameters)
    if pairs.get("charset", "utf-8").strip('"') not in _UTF_8:
        raise _unsupported("Send the JSON in UTF-8.")


def _unsupported(sentence: str) -> RequestRefused:
    return RequestRefused("UNSUPPORTED_MEDIA_TYPE", sentence, 415)
