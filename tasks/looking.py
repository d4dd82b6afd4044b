"""Timers that look every so often, and go on after an outage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from models.outages import OUTAGES
from subscriptions.background import background

_log = logging.getLogger(__name__)


def looking(turn: Callable[[], Awaitable[object]], every: timedelta, name: str) -> AbstractAsyncContextManager[None]:
    """Take turns for as long as the block lasts; `name` is the timer's, for the log."""
    return background(_look(turn, every, name), name)


async def _look(turn: Callable[[], Awaitable[object]], every: timedelta, name: str) -> None:
    while True:
        try:
            await turn()
        except OUTAGES as error:
            _log.warning("%s could not look and will try again: %r", name.capitalize(), error)
        await asyncio.sleep(every.total_seconds())
