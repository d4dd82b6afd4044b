"""Clients of event streams that cost next to nothing: they count events and parse no JSON."""

from __future__ import annotations

import asyncio
from typing import Self, cast

import orjson

from benchmarks.live.sockets import connected

EVENT = b"event: next\n"
HEAD = b"\r\n\r\n"


class Stream(asyncio.Protocol):
    """One response that goes on, with one subscription."""

    def __init__(self, port: int, token: str, query: str) -> None:
        self.count = 0
        self._ready = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._begun = False
        body = orjson.dumps({"query": query})
        lines = [
            "POST /graphql/stream HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Accept: text/event-stream",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Authorization: Bearer {token}",
        ]
        self._request = "\r\n".join([*lines, "", ""]).encode() + body

    @classmethod
    async def open(cls, port: int, token: str, query: str, *, buffer: int = 0) -> Self:
        """Connect to a port of this machine and subscribe; back when the server has begun to answer.

        `buffer` are the bytes that the kernel keeps for a client that does not read; 0: as many as it likes.
        """
        loop, connection = asyncio.get_running_loop(), await connected(port, buffer)
        _, stream = await loop.create_connection(lambda: cls(port, token, query), sock=connection)
        await stream._ready
        return stream

    def close(self) -> None:
        """Hang up without a word, as a network does."""
        if self._transport:
            self._transport.abort()

    def stall(self) -> None:
        """Read nothing more."""
        if self._transport:
            self._transport.pause_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's call."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """asyncio's call."""
        data = self._rest + data
        if not self._begun:
            self._rest = data
            if HEAD not in data:
                return
            if not data.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(data[:500])
            self._begun = True
            self._ready.set_result(None)
        self.count += data.count(EVENT)
        # Part of one may have come; all of one would be counted again.
        self._rest = data[1 - len(EVENT) :]

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's call."""
        if not self._ready.done():
            self._ready.set_exception(exc or ConnectionError("the server hung up"))
