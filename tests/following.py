"""What a subscription sends, for tests that run operations without a transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from graphql_api.requests import PreparedOperation


@asynccontextmanager
async def results(operation: PreparedOperation) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """A function that waits for the next result, or raises what ended the subscription."""
    sent: asyncio.Queue[bytes] = asyncio.Queue()
    wanted = asyncio.Semaphore(0)

    async def send(result: bytes) -> None:
        sent.put_nowait(result)
        # Nothing is worked out before somebody wants it.
        await wanted.acquire()

    following = asyncio.create_task(operation.follow(send))
    asked = False

    async def next_result() -> bytes:
        nonlocal asked
        if asked:
            wanted.release()
        asked = True
        taking = asyncio.create_task(sent.get())
        try:
            await asyncio.wait({taking, following}, return_when=asyncio.FIRST_COMPLETED)
            if not taking.done():
                following.result()
                raise StopAsyncIteration
            return taking.result()
        finally:
            taking.cancel()

    try:
        yield next_result
    finally:
        following.cancel()
        await asyncio.wait({following})
