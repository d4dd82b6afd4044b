"""Several streams as one, and streams that are followed only for their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
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


@asynccontextmanager
async def exhausting(source: AsyncGenerator[object, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Take all items of a source while the block lasts: for the sake of its end, or of what it fails with."""
    task = asyncio.create_task(_exhaust(source))
    # Whoever waits for it may have left by then, which is no fault.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        yield task
    finally:
        await end(task)


async def _exhaust(source: AsyncGenerator[object, None]) -> None:
    async with aclosing(source):
        async for _ in source:
            pass


async def _next(source: AsyncGenerator[T, Any]) -> T:
    return await anext(source)
