"""How the executor awaits fields that stand beside each other: none is left behind when one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def all_of(*awaitables: Awaitable[Any]) -> list[Any]:
    """What all of them give, in their order; if one fails, the others are cancelled, and have ended before it is told.

    graphql-core's own way waits by `asyncio.gather`, which passes a cancellation on at once, through all levels: a task
    that had no turn yet ends without having begun, and the coroutines in it are never awaited. By `asyncio.wait` a
    cancellation goes down a level a turn, and meets only tasks that have had theirs.
    """
    futures = [asyncio.ensure_future(each) for each in awaitables]
    try:
        _, running = await asyncio.wait(futures, return_when=asyncio.FIRST_EXCEPTION)
        # If any is still running, one of the others has failed.
        return [future.result() for future in futures if not running or future.done()]
    except BaseException:
        for future in futures:
            future.cancel()
        await asyncio.gather(*futures, return_exceptions=True)
        raise
