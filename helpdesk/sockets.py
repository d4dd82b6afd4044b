"""uvicorn's protocols: a short way for the text that goes out by the thousand, bounds for what comes in, and nothing
that keeps a closed socket in memory."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

from graphql_api.transport.outgoing import WRITING

MOST_FRAGMENTS = 1_000
SLICE = 4_096
"""So many bytes of a socket are read at a turn of the loop: 680 of the smallest frames, at 8 us each."""

_TEXT = 0x81
_PONG = b"\x8a"


class HttpProtocol(HttpToolsProtocol):
    """Leaves nothing behind once its connection has become a socket."""

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over."""
        super().handle_websocket_upgrade()
        # It points back at us. Such pairs are freed by the collector only, which comes seldom (`spare_the_collector`).
        self.parser = None  # type: ignore[assignment]


class SocketProtocol(WebSocketsSansIOProtocol):
    """Offers the app `write_text` as an extension of the scope; everything else is uvicorn's.

    `send` costs two coroutines, a message and the checks of `websockets`, together as much as the system call.
    """

    _owed = b""
    _unread: bytes | memoryview = b""

    async def run_asgi(self) -> None:
        """Run the app."""
        self.scope["extensions"][WRITING] = {"text": self.write_text}
        await super().run_asgi()
        # It points back at us, too.
        del self.scope["extensions"][WRITING]

    def data_received(self, data: bytes) -> None:
        """Take what has come, and let others have their turns meanwhile: a tiny frame costs as much as a long one."""
        if self._unread:
            self._unread = bytes(self._unread) + data
        elif len(data) <= SLICE:
            super().data_received(data)
        else:
            self._unread = memoryview(data)
            self.transport.pause_reading()
            self._read_on()

    def _read_on(self) -> None:
        part, self._unread = self._unread[:SLICE], self._unread[SLICE:]
        if not self.transport.is_closing():
            super().data_received(bytes(part))
        if self.transport.is_closing():
            self._unread = b""
        elif self._unread:
            # uvicorn pauses for each message and goes on reading when that is taken, which has to wait for this.
            self.read_paused = False
            self.loop.call_soon(self._read_on)
        elif self.queue.empty():
            self.transport.resume_reading()
        else:
            self.read_paused = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Be told that the client is gone."""
        super().connection_lost(exc)
        # What it is in the middle of points back at the connection.
        self.conn.parser.close()

    def write_text(self, payload: bytes) -> bool:
        """Send a text of UTF-8 at once if the socket is open and can take it; False if nothing was sent."""
        if not self.writable.is_set() or self.disconnected or self.close_sent:
            return False
        if self.conn.state is not State.OPEN or self.conn.extensions:
            return False
        self.transport.write(b"%b%b" % (text_head(len(payload)), payload))
        return True

    def handle_ping(self) -> None:
        """Answer pings; of those that come while the client reads nothing, only the newest (RFC 6455, 5.5.3)."""
        if self.writable.is_set():
            super().handle_ping()
            return
        for frame in self.conn.data_to_send():
            if frame.startswith(_PONG):
                self._owed = frame
            else:
                self.transport.write(frame)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        owed, self._owed = self._owed, b""
        if self.conn.state is State.OPEN:
            self.transport.write(owed)

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment; even an empty one, of which `websockets` lets any number come, costs memory."""
        if self.close_sent:
            return
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
            return
        self.conn.fail(1009, f"A message may have {MOST_FRAGMENTS} fragments.")
        self.handle_parser_exception()

    def shutdown(self) -> None:
        """Say that the server stops; who has said goodbye already is only let go.

        uvicorn's raises for those who read nothing of its goodbye, and nobody after them would be told.
        """
        if self.handshake_complete and not self.close_sent and self.conn.state is not State.OPEN:
            self.stop_keepalive()
            self.transport.close()
        else:
            super().shutdown()


def text_head(length: int) -> bytes:
    """What comes before so many bytes of text from a server."""
    if length < 126:
        return bytes((_TEXT, length))
    if length < 1 << 16:
        return bytes((_TEXT, 126)) + length.to_bytes(2)
    return bytes((_TEXT, 127)) + length.to_bytes(8)
