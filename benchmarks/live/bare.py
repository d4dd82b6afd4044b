"""The floor: an ASGI app that sends the same prepared text to every socket, one after the other, and knows no GraphQL.

`POST /publish` sends it.
"""

from __future__ import annotations

import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.live.sample import EVENT
from benchmarks.live.serving import serve

FRAME = {
    "type": "websocket.send",
    "text": orjson.dumps({"id": "1", "type": "next", "payload": {"data": {"feed": EVENT}}}).decode(),
}


class Bare:
    """The app, and the sockets that have subscribed."""

    def __init__(self) -> None:
        self._subscribed: set[Send] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for each in tuple(self._subscribed):
                await each(FRAME)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        while (message := await receive())["type"] != "websocket.disconnect":
            match orjson.loads(message.get("text") or "{}").get("type"):
                case "connection_init":
                    await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
                case "subscribe":
                    self._subscribed.add(send)
                case "ping":
                    await send({"type": "websocket.send", "text": '{"type":"pong"}'})
        self._subscribed.discard(send)


if __name__ == "__main__":
    serve(Bare())
