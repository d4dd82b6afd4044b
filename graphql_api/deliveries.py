"""What subscribers are sent of an event, worked out once for all who asked for the same and may see the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from cachetools import TTLCache

KEPT = 500
KEPT_SECONDS = 1.0
"""How long an answer serves: others who follow live ask within milliseconds, and nobody is shown older rows."""


class Deliveries:
    """The answers of the last moment, done or being worked out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._answers: TTLCache[Hashable, asyncio.Task[bytes]] = TTLCache(KEPT, KEPT_SECONDS, clock)

    async def once(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        """The answer of that name; the first who asks has it worked out, and the others wait for it.

        It is worked out to the end although whoever asked first may leave. A failure is told to those who wait, and
        forgotten.
        """
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = asyncio.create_task(work())
            answer.add_done_callback(lambda ended: self._forget_failure(key, ended))
        return answer.result() if answer.done() else await asyncio.shield(answer)

    def _forget_failure(self, key: Hashable, ended: asyncio.Task[bytes]) -> None:
        # Asking for the exception also says that somebody has heard of it: those who wait do, if anybody does.
        if (ended.cancelled() or ended.exception()) and self._answers.get(key) is ended:
            del self._answers[key]
