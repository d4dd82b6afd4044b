"""An operation that its client has ended says nothing more, whoever still has something for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from graphql_api.requests import GraphQLRequest, OperationKind
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
    operations = SocketOperations(engine, an_outgoing(written), nobody, 10)
    await operations.start(Subscribe("1", GraphQLRequest("subscription { forever }", None, {}, {})))
    sink = await engine.sinks.get()
    assert sink.write(b'{"data":1}')

    operations.stop("1")

    assert not sink.write(b'{"data":2}')
    assert written == [b'{"id":"1","type":"next","payload":{"data":1}}']
    await operations.end()


def an_outgoing(written: list[bytes]) -> Outgoing:
    """A socket that takes everything at once."""

    def write(frame: bytes) -> bool:
        written.append(frame)
        return True

    send: Any = None
    return Outgoing({"extensions": {WRITING: {"text": write}}}, send)


async def nobody() -> None:
    """Who asks."""
