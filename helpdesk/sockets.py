"""uvicorn's WebSocket protocol, with a short way for the text that goes out by the thousand."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from graphql_api.transport.outgoing import WRITING

_TEXT = 0x81


class SocketProtocol(WebSocketsSansIOProtocol):
    """Offers the app `write_text` as an extension of the scope; everything else is uvicorn's.

    `send` costs two coroutines, a message and the checks of `websockets`, together as much as the system call.
    """

    async def run_asgi(self) -> None:
        """Run the app."""
        self.scope["extensions"][WRITING] = {"text": self.write_text}
        await super().run_asgi()

    def write_text(self, payload: bytes) -> bool:
        """Send a text of UTF-8 at once if the socket is open and can take it; False if nothing was sent."""
        if not self.writable.is_set() or self.disconnected or self.close_sent:
            return False
        if self.conn.state is not State.OPEN or self.conn.extensions:
            return False
        self.transport.write(b"%b%b" % (text_head(len(payload)), payload))
        return True


def text_head(length: int) -> bytes:
    """What comes before so many bytes of text from a server."""
    if length < 126:
        return bytes((_TEXT, length))
    if length < 1 << 16:
        return bytes((_TEXT, 126)) + length.to_bytes(2)
    return bytes((_TEXT, 127)) + length.to_bytes(8)
