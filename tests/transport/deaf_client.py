"""A client of graphql-transport-ws that writes frames of its own making and reads only when it is asked to."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.frames import Frame, Opcode

from tests.transport.site import Place
from tests.transport.socket_client import PATIENCE

FLOOD = '{"id": "1", "type": "subscribe", "payload": {"query": "subscription { flood(size: 16000000) }"}}'
"""Far more at once than the kernel keeps for a client that doesn't read."""


@dataclass
class DeafClient:
    """One socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, opcode: Opcode, payload: bytes = b"", *, fin: bool = True) -> None:
        self.writer.write(Frame(opcode, payload, fin).serialize(mask=True))

    def say(self, text: str) -> None:
        self.send(Opcode.TEXT, text.encode())

    async def frame(self) -> tuple[Opcode, bytes]:
        """The next frame of the server's."""
        async with asyncio.timeout(PATIENCE):
            first, length = await self.reader.readexactly(2)
            if length > 125:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8))
            return Opcode(first & 0x0F), await self.reader.readexactly(length)


@asynccontextmanager
async def deaf_socket(place: Place) -> AsyncIterator[DeafClient]:
    """A ready socket of which no more than the acknowledgement was read."""
    host, port = place.authority.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    client = DeafClient(reader, writer)
    upgrade = {
        "Host": place.authority,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "graphql-transport-ws",
    }
    writer.write(f"GET {place.path} HTTP/1.1\r\n".encode())
    writer.writelines(f"{name}: {value}\r\n".encode() for name, value in upgrade.items())
    writer.write(b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    client.say('{"type": "connection_init"}')
    assert await client.frame() == (Opcode.TEXT, b'{"type":"connection_ack"}')
    yield client
    writer.transport.abort()
