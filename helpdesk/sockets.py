"""uvicorn's WebSocket protocol, with a short way for the text that goes out by the thousand."""

from __future__ import annotations

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

_TEXT = 0x81


class SocketProtocol(WebSocketsSansIOProtocol):
    """Frames a text itself while the socket is open and can take it; everything else is uvicorn's.

    Making a frame by `websockets`, with the checks that an open socket needs none of, costs as much as sending it.
    """

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message of ASGI."""
        text = message.get("text")
        if isinstance(text, str) and self.writable.is_set() and not self.disconnected and self._is_open():
            payload = text.encode()
            self.transport.write(b"%b%b" % (text_head(len(payload)), payload))
        else:
            await super().send(message)

    def _is_open(self) -> bool:
        return self.conn.state is State.OPEN and not self.close_sent and not self.conn.extensions


def text_head(length: int) -> bytes:
    """What comes before so many bytes of text from a server."""
    if length < 126:
        return bytes((_TEXT, length))
    if length < 1 << 16:
        return bytes((_TEXT, 126)) + length.to_bytes(2)
    return bytes((_TEXT, 127)) + length.to_bytes(8)
