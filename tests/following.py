"""What a subscription sends, for tests that run operations without a transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from graphql_api.requests import PreparedOperation


class Hand:
    """A sink of whoever takes results one by one: nothing is worked out before somebody wants it."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.wanted = asyncio.Semaphore(0)

    def write(self, _result: bytes) -> bool:
        return False

    async def send(self, result: bytes) -> None:
        self.sent.put_nowait(result)
        await self.wanted.acquire()


@asynccontextmanager
async def results(operation: PreparedOperation) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """A function that waits for the next result, or raises what ended the subscription."""
    hand = Hand()
    following = asyncio.create_task(operation.follow(hand))
    asked = False

    async def next_result() -> bytes:
        nonlocal asked
        if asked:
            hand.wanted.release()
        asked = True
        taking = asyncio.create_task(hand.sent.get())
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
