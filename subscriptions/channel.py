"""The hint channel: "organization X is at seq N", from whoever has committed to whoever follows the log."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Self
from uuid import UUID

from broadcaster import Broadcast, Event

from models.database import Hint
from subscriptions.background import background

logger = logging.getLogger(__name__)

HINTS = "helpdesk_hints"
_MESSAGE = re.compile(r"([0-9a-f]{32}) ([0-9]{1,19})")


class HintChannel:
    """Carries hints within a deployment. A lost one costs its receivers time, never an event.

    One subscription is held for the life of the process, whoever listens at the moment.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._listeners: list[Hint] = []
        self._unsent: dict[UUID, int] = {}
        self._news = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def over(cls, broadcast: Broadcast) -> AsyncIterator[Self]:
        """The channel over a broadcast that is connected, for as long as the block lasts."""
        async with broadcast.subscribe(HINTS) as subscription:
            channel = cls(broadcast)
            async with (
                background(channel._send(), "sending hints"),
                background(channel._receive(subscription.get), "receiving hints"),
            ):
                yield channel

    def send(self, organization_id: UUID, seq: int) -> None:
        """Hint that an organization's log has grown to `seq`; made for `Database.on_commit`: only takes a note.

        A hint that is still waiting to leave is replaced by the organization's next one.
        """
        self._unsent[organization_id] = max(seq, self._unsent.get(organization_id, 0))
        self._news.set()

    @contextmanager
    def listening(self, listener: Hint) -> Iterator[None]:
        """Have `listener` called with every hint that arrives, also our own; it must neither block nor fail."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._unsent:
                organization_id = next(iter(self._unsent))
                seq = self._unsent.pop(organization_id)
                await self._broadcast.publish(HINTS, f"{organization_id.hex} {seq}")

    async def _receive(self, receive: Callable[[], Awaitable[Event]]) -> None:
        while True:
            message = (await receive()).message
            if not (match := _MESSAGE.fullmatch(message)):
                logger.warning("The hint channel carries something that is no hint: %.80r", message)
                continue
            for listener in self._listeners:
                listener(UUID(match[1]), int(match[2]))
