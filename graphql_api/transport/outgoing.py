"""What goes out over a WebSocket: frames one after the other, at once where the server can do that."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope, Send
from starlette.websockets import WebSocketDisconnect

WRITING = "helpdesk.writing"
"""An extension of ASGI's scope: `text` sends UTF-8 as a text frame now, or says False if the socket can't take it."""


class Outgoing:
    """One socket's way out. `write` sends a frame now, or says False if the socket can't take it at once."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.write: Callable[[bytes], bool] = scope.get("extensions", {}).get(WRITING, {}).get("text", _nothing)
        self._send = send

    async def send(self, frame: bytes) -> None:
        """Send a frame, or wait while this socket's own buffer is full; raises WebSocketDisconnect if it is gone."""
        if self.write(frame):
            return
        try:
            await self._send({"type": "websocket.send", "text": frame.decode()})
        except (OSError, RuntimeError) as error:
            # OSError is what ASGI says of a client that is gone. Between its close frame and its disconnect message,
            # and after ours, uvicorn raises the other.
            raise WebSocketDisconnect(1006) from error


def _nothing(_frame: bytes) -> bool:
    """How a server writes that has no such extension."""
    return False
