"""Several streams as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from subscriptions.background import end

T = TypeVar("T")


async def merged(*sources: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The items of endless sources as they come. Fails as the first of them does, and closes all."""
    waiting = {asyncio.create_task(_next(source)): source for source in sources}
    try:
        while True:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                item, source = task.result(), waiting.pop(task)
                waiting[asyncio.create_task(_next(source))] = source
                yield item
    finally:
        await end(*waiting)
        for source in sources:
            await source.aclose()


async def _next(source: AsyncGenerator[T, Any]) -> T:
    return await anext(source)
