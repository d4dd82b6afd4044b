"""What processes tell each other for the moment: lossy, short, numbered, and kept nowhere."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Self

import orjson
from broadcaster import Broadcast, Event

from subscriptions.background import background

logger = logging.getLogger(__name__)

CHANNEL = "helpdesk_ephemera"
MESSAGE_BYTES = 4_000
# What the process's name, the number and the topic leave of it.
ROOM = MESSAGE_BYTES - 80
# Beyond so many keys the one that has waited longest is lost.
WAITING = 10_000
# Seconds between two rounds of sending: a key leaves so often at most.
PACE = 0.1
HELLO = "hello"
# What comes of reading what is of another release, or not ours at all: nothing that anybody says may stop the hearing.
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)

Entry = Sequence[Any]
Listener = Callable[[str, int, Entry], None]
"""Called with the process that says so, the number of its message, and an entry; numbers of a process only grow."""


class Ephemera:
    """Carries entries of several topics to the other processes of a deployment, never back to its own.

    One subscription is held for the life of the process. `name` is the process's own.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self.name = secrets.token_hex(8)
        self._broadcast = broadcast
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._unsent: dict[tuple[str, Hashable], bytes] = {}
        self._numbers = count(1)
        self._news = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def over(cls, broadcast: Broadcast) -> AsyncIterator[Self]:
        """Carry entries over a connected broadcast for as long as the block lasts.

        It begins with a `HELLO`, upon which others say again what holds.
        """
        async with broadcast.subscribe(CHANNEL) as subscription:
            ephemera = cls(broadcast)
            async with (
                background(ephemera._send(), "sending ephemera"),
                background(ephemera._receive(subscription.get), "receiving ephemera"),
            ):
                ephemera.send(HELLO, None, ())
                yield ephemera

    def send(self, topic: str, key: Hashable, entry: Entry) -> None:
        """Tell the others, soon: only takes a note. What still waits under the key is replaced.

        Raises ValueError for an entry that no message has room for.
        """
        written = orjson.dumps(entry)
        if len(written) > ROOM:
            raise ValueError(f"An entry may have {ROOM:,} bytes.")
        self._unsent.pop((topic, key), None)
        if len(self._unsent) >= WAITING:
            del self._unsent[next(iter(self._unsent))]
        self._unsent[topic, key] = written
        self._news.set()

    def listen(self, topic: str, listener: Listener) -> None:
        """Have `listener` called with every entry of a topic that arrives; it doesn't block.

        An entry may be anything that JSON holds: what taking it apart raises says that nothing can be made of it.
        """
        self._listeners[topic].append(listener)

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            unsent, self._unsent = self._unsent, {}
            by_topic: dict[str, list[bytes]] = defaultdict(list)
            for (topic, _), entry in unsent.items():
                by_topic[topic].append(entry)
            for topic, entries in by_topic.items():
                for packed in _packed(entries):
                    head = orjson.dumps([self.name, next(self._numbers), topic])[:-1]
                    await self._broadcast.publish(CHANNEL, (head + b",[" + packed + b"]]").decode())
            await asyncio.sleep(PACE)

    async def _receive(self, receive: Callable[[], Awaitable[Event]]) -> None:
        while True:
            message = (await receive()).message
            try:
                name, number, topic, entries = orjson.loads(message)
                if name == self.name:
                    continue
                for entry in entries:
                    for listener in self._listeners.get(topic, ()):
                        listener(name, number, entry)
            except _UNREADABLE as error:
                logger.warning("What the broadcast carries can't be read: %.80r (%r)", message, error)


def _packed(entries: Sequence[bytes]) -> Iterator[bytes]:
    """Entries, as many together as fit into a message."""
    packed: list[bytes] = []
    left = ROOM
    for entry in entries:
        if len(entry) > left:
            yield b",".join(packed)
            packed, left = [], ROOM
        packed.append(entry)
        left -= len(entry) + 1
    yield b",".join(packed)
