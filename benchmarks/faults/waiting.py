"""Waiting for what nobody tells of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PAUSE = 0.05


async def until(true: Callable[[], Awaitable[bool]], within: float) -> bool:
    """Ask until it is so; whether it is in time."""
    deadline = time.monotonic() + within
    while not await true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(PAUSE)
    return True
