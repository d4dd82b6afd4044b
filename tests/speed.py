"""Promises of speed on machines that are busy now and then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

ATTEMPTS = 5


async def quickest(attempt: Callable[[], Awaitable[float]], enough: float) -> float:
    """The least seconds that an attempt took: of the first that took less than enough, or of five."""
    took = [await attempt()]
    while min(took) >= enough and len(took) < ATTEMPTS:
        took.append(await attempt())
    return min(took)
