"""A real server on a free port, to which tests add apps under paths of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from helpdesk.serving import configured


@dataclass
class Place:
    """A path with an app for HTTP and one for WebSocket.

    `hung_up` is set when an app hears that its client is gone, `over` when it is done with a request or a socket.
    """

    authority: str
    path: str
    http: ASGIApp | None
    websocket: ASGIApp | None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def ended(self) -> None:
        """Come back when one more request or socket is done with."""
        await self.over.wait()
        self.over.clear()

    @property
    def url(self) -> str:
        return f"http://{self.authority}{self.path}"

    @property
    def socket_url(self) -> str:
        return f"ws://{self.authority}{self.path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.http if scope["type"] == "http" else self.websocket
        assert app is not None

        async def heard() -> Message:
            message = await receive()
            if message["type"].endswith(".disconnect"):
                self.hung_up.set()
            return message

        try:
            await app(scope, heard, send)
        finally:
            self.over.set()


@dataclass
class Site:
    """The server and its places."""

    authority: str
    server: uvicorn.Server
    places: dict[str, Place] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def place(self, http: ASGIApp | None = None, websocket: ASGIApp | None = None) -> Place:
        """Put apps at a new path."""
        path = f"/{next(self.numbers)}/graphql"
        return self.places.setdefault(path, Place(self.authority, path, http, websocket))


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    """A server for as long as the block lasts, configured as production's is."""
    places: dict[str, Place] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await places[scope["path"]](scope, receive, send)

    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; with it each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    # Logs go where tests look for them.
    server = _Server(configured(app, log_config=None))
    serving = asyncio.create_task(server._serve([listener]))  # serve() would take pytest's signals
    await server.listening.wait()
    try:
        yield Site(f"127.0.0.1:{listener.getsockname()[1]}", server, places)
    finally:
        server.should_exit = True
        await serving
