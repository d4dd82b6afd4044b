"""The broadcast: how the processes of a deployment reach each other, one connection of it a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from broadcaster import Broadcast

SCHEMES = ("memory",)


@asynccontextmanager
async def broadcasting(url: str) -> AsyncIterator[Broadcast]:
    """The process's one broadcast, that at `HELPDESK_BROADCAST_URL`; connected while the block lasts.

    What it carries may be lost. Each channel name has one subscriber a process, for the life of the process.
    """
    if (scheme := urlsplit(url).scheme) not in SCHEMES:
        raise ValueError(f"HELPDESK_BROADCAST_URL can't begin with {scheme!r}; it may with {', '.join(SCHEMES)}.")
    async with Broadcast(url) as broadcast:
        yield broadcast
