"""Clients of graphql-transport-ws that cost next to nothing: they count frames and parse no JSON."""

from __future__ import annotations

import asyncio
import base64
import os
import socket as socket_module
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, Self, TypeVar, cast

import orjson

SHORTEST = 100
"""Bytes of a frame from which on it is an event and no message of the protocol."""
PATIENCE = 60.0
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
_MASK = b"\0\0\0\0"
"""Clients have to mask what they send; a key of zeros leaves it as it is."""

Heard = Callable[["Socket", bytes], None]


class Following(Protocol):
    """A connection with one subscription, of whichever kind."""

    count: int

    def close(self) -> None:
        """Hang up without a word, as a network does."""
        ...

    def stall(self) -> None:
        """Read nothing more."""
        ...


F = TypeVar("F", bound=Following)


class Opening(Protocol):
    """Connects to a port of this machine with a token and subscribes."""

    def __call__(self, port: int, token: str, query: str, *, buffer: int = 0) -> Awaitable[Following]:
        """`buffer` are the bytes that the kernel keeps for a client that does not read; 0: as many as it likes."""
        ...


class Socket(asyncio.Protocol):
    """One connection with one subscription. `heard` is called with every event, if anybody wants to look into it."""

    def __init__(self, port: int, token: str, query: str, heard: Heard | None = None, after: str = "") -> None:
        self.count = 0
        self.lost: int | None = None
        self.closed = asyncio.get_running_loop().create_future()
        self._heard = heard
        self._ready = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._upgraded = False
        self._port = port
        self._init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"} if token else {}}
        variables = {"after": after} if after else {}
        self._subscribe = {"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}}

    @classmethod
    async def open(
        cls, port: int, token: str, query: str, heard: Heard | None = None, after: str = "", buffer: int = 0
    ) -> Self:
        """Connect to a port of this machine and subscribe; back when the server has read the subscription.

        `buffer` are the bytes that the kernel keeps for a client that does not read; 0: as many as it likes.
        """
        connection = await connected(port, buffer)
        _, socket = await asyncio.get_running_loop().create_connection(
            lambda: cls(port, token, query, heard, after), sock=connection
        )
        await socket._ready
        return socket

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
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /graphql HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: graphql-transport-ws",
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """asyncio's call."""
        if self._rest:
            data = self._rest + data
        at = 0 if self._upgraded else self._upgrade(data)
        while (size := len(data) - at) >= 2:
            head, length = 2, data[at + 1]
            if length >= 126:
                head = 4 if length == 126 else 10
                length = int.from_bytes(data[at + 2 : at + head])
            if size < head + length:
                break
            self._frame(data[at], data[at + head : at + head + length])
            at += head + length
        self._rest = data[at:]

    def _upgrade(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return len(data)
        if not data.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(data[:200])
        self._upgraded = True
        self._say(self._init)
        return end + 4

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == TEXT and len(payload) >= SHORTEST:
            self.count += 1
            if self._heard:
                self._heard(self, payload)
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            self.lost = int.from_bytes(payload[:2])
        elif kind == TEXT and b'connection_ack"' in payload:
            self._say(self._subscribe)
            self._say({"type": "ping"})
        elif kind == TEXT and b'"pong"' in payload:
            if not self._ready.done():
                self._ready.set_result(None)
        elif kind == TEXT and b'"ping"' in payload:
            self._say({"type": "pong"})
        else:
            raise ConnectionError(payload[:200])

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's call."""
        if not self._ready.done():
            self._ready.set_exception(exc or ConnectionError(f"the server hung up: {self.lost}"))
        if not self.closed.done():
            self.closed.set_result(self.lost)

    def _say(self, message: object) -> None:
        self._send(TEXT, orjson.dumps(message))

    def _send(self, kind: int, payload: bytes) -> None:
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2)
        if self._transport:
            self._transport.write(bytes([kind]) + size + _MASK + payload)


async def connected(port: int, buffer: int) -> socket_module.socket:
    """A connection to a port of this machine; `buffer` as `Opening` has it."""
    connection = socket_module.socket()
    try:
        if buffer:
            connection.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_RCVBUF, buffer)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    except BaseException:
        connection.close()
        raise
    return connection


async def connect(count: int, at_once: int, make: Callable[[int], Awaitable[F]]) -> list[F]:
    """So many connections, some of them at a time."""
    found: list[F] = []
    for start in range(0, count, at_once):
        found += await asyncio.gather(*map(make, range(start, min(start + at_once, count))))
    return found


async def reached(connections: Sequence[Following], counts: Sequence[int], within: float = PATIENCE) -> None:
    """Come back when each has heard of so many events; TimeoutError where that takes too long."""
    deadline = time.monotonic() + within
    for each, count in zip(connections, counts, strict=True):
        while each.count < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"a client has {each.count} events of {count}")
            await asyncio.sleep(0.001)
