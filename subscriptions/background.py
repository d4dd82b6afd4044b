"""Work that goes on beside a block and ends with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

logger = logging.getLogger(__name__)

AGAIN = 0.5


@asynccontextmanager
async def background(work: Coroutine[object, object, None], name: str) -> AsyncIterator[None]:
    """Run endless work while the block lasts. Should it fail, the log says so at once, and the block goes on."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(report_failure)
    try:
        yield
    finally:
        await end(task)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are gone."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        # Once more after a while: a time limit of a library's own (redis-py's) that runs out in the same moment
        # takes the cancellation for its own, and the task goes on.
        _, left = await asyncio.wait(left, timeout=AGAIN)


def report_failure(task: asyncio.Task[None]) -> None:
    """Put a task's failure into the log; nobody awaits endless work."""
    if not task.cancelled() and (error := task.exception()):
        logger.error("%s has stopped", task.get_name(), exc_info=error)
