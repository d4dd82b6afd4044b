"""Drafts while they are written: their text so far, from whichever process writes to whoever wants to read."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from subscriptions.ephemera import HELLO, Entry, Ephemera

TOPIC = "draft"
# Longer texts travel in parts: at six bytes a character, the most that JSON takes, one fits into a message.
PART = 600


@dataclass(frozen=True, slots=True)
class DraftTiming:
    """Seconds."""

    # Readers are told so often at most.
    pace: float = 0.1
    # How often all of a text is said again, and how long it is believed that somebody writes who says nothing.
    heartbeat: float = 2.0
    hearsay: float = 8.0


DEFAULT_TIMING = DraftTiming()


@dataclass(frozen=True, slots=True)
class DraftPiece:
    """All that there is of a draft's text; None once nobody writes it any more, whatever became of it.

    Of two pieces of a draft the one with the higher number is the newer.
    """

    suggestion_id: UUID
    number: int
    text: str | None


@dataclass(slots=True)
class _Written:
    """A draft that this process writes, and the parts that the others know of it."""

    ticket_id: UUID
    text: str = ""
    number: int = 0
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Heard:
    """A draft that another process writes, as far as its parts have come."""

    ticket_id: UUID
    until: float
    number: int = 0
    count: int = 0
    parts: dict[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As far as it has no gap."""
        text = ""
        for place in range(self.count):
            if place not in self.parts:
                break
            text += self.parts[place][1]
        return text


class _Reader:
    """Somebody who follows a ticket's drafts; of each draft only the newest text waits for them, and its end."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[UUID, bool], DraftPiece] = {}
        self._news = asyncio.Event()

    def tell(self, piece: DraftPiece) -> None:
        self._waiting[piece.suggestion_id, piece.text is None] = piece
        self._news.set()

    async def pieces(self) -> AsyncGenerator[DraftPiece, None]:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))


class Drafts:
    """All drafts that are being written, as far as this process knows; without `ephemera` only its own.

    Each process that hears of a draft knows its whole text so far, so that who comes late misses nothing.
    """

    def __init__(self, ephemera: Ephemera | None = None, timing: DraftTiming = DEFAULT_TIMING) -> None:
        self._ephemera = ephemera
        self._timing = timing
        self._own: dict[UUID, _Written] = {}
        self._heard: dict[tuple[str, UUID], _Heard] = {}
        self._readers: dict[UUID, set[_Reader]] = defaultdict(set)
        # One series for all drafts: another attempt at one goes on where the last one ended, for those who missed that.
        self._numbers = count(1)
        self._changed: set[UUID] = set()
        self._told_at = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        if ephemera:
            ephemera.listen(TOPIC, self._hear)
            ephemera.listen(HELLO, lambda *_: self._say_again())

    @contextmanager
    def writing(self, ticket_id: UUID, suggestion_id: UUID) -> Iterator[Callable[[str], None]]:
        """Write a draft while the block lasts; what it gives is to be called with all of the text that there is."""
        written = self._own[suggestion_id] = _Written(ticket_id)

        def told(text: str) -> None:
            if text != written.text:
                written.text = text
                self._change(suggestion_id)

        self._change(suggestion_id)
        try:
            yield told
        finally:
            if suggestion_id in self._changed:
                self._tell()
            # Another attempt may have begun.
            if self._own.get(suggestion_id) is written:
                del self._own[suggestion_id]
            number = next(self._numbers)
            if self._ephemera:
                ended = [ticket_id.hex, suggestion_id.hex, number, 0, 0, None]
                self._ephemera.send(TOPIC, (suggestion_id, None), ended)
            self._tell_readers(ticket_id, DraftPiece(suggestion_id, number, None))

    @contextmanager
    def reading(self, ticket_id: UUID) -> Iterator[AsyncGenerator[DraftPiece, None]]:
        """What is written for a ticket: what there is of it already, then the newest of each draft, as it comes."""
        reader = _Reader()
        self._readers[ticket_id].add(reader)
        for suggestion_id, written in self._own.items():
            if written.ticket_id == ticket_id:
                reader.tell(DraftPiece(suggestion_id, written.number, written.text))
        for (_, suggestion_id), heard in self._heard.items():
            if heard.ticket_id == ticket_id:
                reader.tell(DraftPiece(suggestion_id, heard.number, heard.text))
        try:
            yield reader.pieces()
        finally:
            self._readers[ticket_id].discard(reader)
            if not self._readers[ticket_id]:
                del self._readers[ticket_id]

    def is_written(self, suggestion_id: UUID) -> bool:
        """Whether somebody is writing it."""
        return suggestion_id in self._own or any(each == suggestion_id for _, each in self._heard)

    def _change(self, suggestion_id: UUID) -> None:
        self._changed.add(suggestion_id)
        loop = asyncio.get_running_loop()
        if self._telling is None:
            wait = self._told_at + self._timing.pace - time.monotonic()
            self._telling = loop.call_later(max(0.0, wait), self._tell)
        if self._looking is None:
            self._looking = loop.call_later(self._timing.heartbeat, self._look)

    def _tell(self) -> None:
        if self._telling:
            self._telling.cancel()
        self._telling, self._told_at = None, time.monotonic()
        changed, self._changed = self._changed, set()
        for suggestion_id in changed & self._own.keys():
            written = self._own[suggestion_id]
            written.number = next(self._numbers)
            self._say(suggestion_id, written, again=False)
            self._tell_readers(written.ticket_id, DraftPiece(suggestion_id, written.number, written.text))

    def _tell_readers(self, ticket_id: UUID, piece: DraftPiece) -> None:
        for reader in self._readers.get(ticket_id, ()):
            reader.tell(piece)

    def _say(self, suggestion_id: UUID, written: _Written, *, again: bool) -> None:
        """Tell the other processes the parts that have changed, or all of them."""
        before, written.parts = written.parts, _parts(written.text)
        if self._ephemera is None:
            return
        head = [written.ticket_id.hex, suggestion_id.hex, written.number]
        for place, part in enumerate(written.parts):
            if again or place >= len(before) or before[place] != part or place == len(written.parts) - 1:
                entry = [*head, place, len(written.parts), part]
                self._ephemera.send(TOPIC, (suggestion_id, place), entry)

    def _say_again(self) -> None:
        for suggestion_id, written in self._own.items():
            self._say(suggestion_id, written, again=True)

    def _look(self) -> None:
        """Say again what is written here, and notice who has stopped writing without a word."""
        self._looking, now = None, time.monotonic()
        self._say_again()
        for key, heard in tuple(self._heard.items()):
            if heard.until <= now:
                del self._heard[key]
                self._tell_readers(heard.ticket_id, DraftPiece(key[1], heard.number + 1, None))
        if self._own or self._heard:
            self._looking = asyncio.get_running_loop().call_later(self._timing.heartbeat, self._look)

    def _hear(self, process: str, _number: int, entry: Entry) -> None:
        ticket_id, suggestion_id = UUID(entry[0]), UUID(entry[1])
        number, place, count, part = int(entry[2]), int(entry[3]), int(entry[4]), entry[5]
        if part is None:
            self._heard.pop((process, suggestion_id), None)
            self._tell_readers(ticket_id, DraftPiece(suggestion_id, number, None))
            return
        until = time.monotonic() + self._timing.hearsay
        heard = self._heard.setdefault((process, suggestion_id), _Heard(ticket_id, until))
        before, heard.until = (heard.number, heard.text), until
        if number >= heard.number:
            heard.number, heard.count = number, count
        if number >= heard.parts.get(place, (0, ""))[0]:
            heard.parts[place] = number, str(part)
        if before != (heard.number, heard.text):
            self._tell_readers(ticket_id, DraftPiece(suggestion_id, heard.number, heard.text))
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(self._timing.heartbeat, self._look)


def _parts(text: str) -> list[str]:
    """A text in parts; one that is empty has one as well."""
    return [text[start : start + PART] for start in range(0, len(text), PART)] or [""]
