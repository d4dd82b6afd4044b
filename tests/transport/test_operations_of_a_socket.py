"""An operation that its client has ended says nothing more, whoever still has something for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message

from graphql_api.requests import Answer, GraphQLRequest, OperationKind, RequestRefused
from graphql_api.transport.frames import Subscribe
from graphql_api.transport.outgoing import WRITING, Outgoing
from graphql_api.transport.socket_operations import SocketOperations
from subscriptions.cursor import Position
from subscriptions.recipient import Sink


@dataclass
class Handing:
    """An engine, and an operation of it, that leaves it to others to write to its sink."""

    sinks: asyncio.Queue[Sink] = field(default_factory=asyncio.Queue)
    kind = OperationKind.SUBSCRIPTION

    async def prepare(self, _request: GraphQLRequest, _actor: object) -> Handing:
        return self

    async def follow(self, sink: Sink, after: Position | None = None) -> None:
        self.sinks.put_nowait(sink)
        await asyncio.Event().wait()


async def test_an_operation_that_was_completed_is_written_nothing() -> None:
    written: list[bytes] = []
    engine: Any = Handing()
    operations = SocketOperations(engine, an_outgoing(written), 10)
    await operations.start(Subscribe("1", GraphQLRequest("subscription { forever }", None, {}, {})), nobody)
    sink = await engine.sinks.get()
    assert sink.write(b'{"data":1}')

    operations.stop("1")

    assert not sink.write(b'{"data":2}')
    assert written == [b'{"id":"1","type":"next","payload":{"data":1}}']
    await operations.end()


@dataclass
class Answering:
    """An engine, and an operation of it, that answers with its own text, or refuses it if that is `no`."""

    kind: OperationKind = OperationKind.QUERY
    text: str = ""

    async def prepare(self, request: GraphQLRequest, _actor: object) -> Answering:
        return Answering(self.kind, request.query or "")

    async def execute(self) -> Answer:
        if self.text == "no":
            raise RequestRefused("NOT_ALLOWED", "No.")
        return Answer(self.text.encode())


@dataclass
class FullSocket:
    """A socket that takes nothing until it has drained."""

    full: asyncio.Event = field(default_factory=asyncio.Event)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def send(self, message: Message) -> None:
        self.full.set()
        await self.drained.wait()
        self.written.put_nowait(message["text"])


@pytest.mark.parametrize("kind", [OperationKind.QUERY, OperationKind.MUTATION])
@pytest.mark.parametrize("text", ["1", "no"])
async def test_an_id_that_is_used_again_gets_nothing_that_waited_for_the_socket(kind: OperationKind, text: str) -> None:
    engine: Any = Answering(kind)
    socket = FullSocket()
    operations = SocketOperations(engine, Outgoing({}, socket.send), 10)
    await operations.start(Subscribe("1", GraphQLRequest(text, None, {}, {})), nobody)
    await socket.full.wait()

    operations.stop("1")
    await operations.start(Subscribe("1", GraphQLRequest("2", None, {}, {})), nobody)
    socket.drained.set()

    written = [await socket.written.get() for _ in range(2)]
    await operations.end()
    assert written == ['{"id":"1","type":"next","payload":2}', '{"id":"1","type":"complete"}']
    assert socket.written.empty()


def an_outgoing(written: list[bytes]) -> Outgoing:
    """A socket that takes everything at once."""

    def write(frame: bytes) -> bool:
        written.append(frame)
        return True

    send: Any = None
    return Outgoing({"extensions": {WRITING: {"text": write}}}, send)


async def nobody() -> None:
    """Who asks."""
