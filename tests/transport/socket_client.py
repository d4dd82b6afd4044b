"""A client of graphql-transport-ws that sends what it is told, right or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from tests.transport.site import Place

PATIENCE = 20.0


class SocketClient:
    """One socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.send_frame(json.dumps(message))

    async def send_frame(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def subscribe(self, id: str, query: str, **payload: Any) -> None:
        await self.send(id=id, type="subscribe", payload={"query": query, **payload})

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def receive_many(self, count: int) -> list[dict[str, Any]]:
        return [await self.receive() for _ in range(count)]

    async def init(self, **payload: Any) -> None:
        """Initialise the connection and see it acknowledged."""
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def closed(self) -> tuple[int, str]:
        """How the server closed the socket; what it sent before is skipped."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                return closed.rcvd.code, closed.rcvd.reason


@asynccontextmanager
async def open_socket(
    place: Place,
    *,
    protocols: tuple[str, ...] | None = ("graphql-transport-ws",),
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[SocketClient]:
    """A socket that was accepted and nothing more."""
    async with connect(
        place.socket_url,
        subprotocols=[Subprotocol(protocol) for protocol in protocols] if protocols else None,
        origin=Origin(origin) if origin else None,
        additional_headers=headers,
        compression=None,
        close_timeout=0.2,
    ) as connection:
        yield SocketClient(connection)


@asynccontextmanager
async def ready_socket(place: Place, **payload: Any) -> AsyncIterator[SocketClient]:
    """A socket whose connection was acknowledged."""
    async with open_socket(place) as client:
        await client.init(**payload)
        yield client


def next_(id: str, **data: Any) -> dict[str, Any]:
    return {"id": id, "type": "next", "payload": {"data": data}}


def error(id: str, message: str, code: str) -> dict[str, Any]:
    return {"id": id, "type": "error", "payload": [{"message": message, "extensions": {"code": code}}]}


def complete(id: str) -> dict[str, Any]:
    return {"id": id, "type": "complete"}
