"""GraphQL over server-sent events on `/graphql/stream` (graphql-sse, distinct connections): a request, its results."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.requests import (
    Credentials,
    Engine,
    GraphQLRequest,
    OperationKind,
    OperationRefused,
    PreparedOperation,
    Refusal,
    RequestRefused,
    masked,
)
from graphql_api.transport.credentials import sender_of
from graphql_api.transport.doorkeeper import Guest, credentials_ended
from graphql_api.transport.following import Again, follow
from graphql_api.transport.heads import Head
from graphql_api.transport.http import asked_of, prepare, refused, require_method, shared_with
from graphql_api.transport.http_requests import BodyLimit
from graphql_api.transport.negotiation import EVENT_STREAM, Accept, MediaType
from models.actors import Actor

_METHODS = "GET, POST, OPTIONS"
_HEADERS = {
    "Content-Type": f"{EVENT_STREAM}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back
    "X-Content-Type-Options": "nosniff",
}
_BEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata: \n\n"


class GraphQLStreams:
    """An ASGI app for one path. A comment every `beat_every` keeps proxies from closing a quiet stream."""

    def __init__(
        self,
        engine: Engine,
        *,
        allowed_origins: Collection[str] = (),
        limit: BodyLimit | None = None,
        beat_every: timedelta = timedelta(seconds=12),
    ) -> None:
        self._engine = engine
        self._allowed_origins = frozenset(allowed_origins)
        self._limit = limit or BodyLimit()
        self._beat_every = beat_every
        self._listening: set[asyncio.Task[None]] = set()
        self._app = shared_with(self._allowed_origins, self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def close(self) -> None:
        """End all streams; a server that stops calls this, for it waits for its responses to end."""
        for listening in self._listening:
            listening.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head(scope)
        if head.method == "OPTIONS":
            return await Response(status_code=204, headers={"Allow": _METHODS})(scope, receive, send)
        try:
            answer = await self._begin(head, receive)
        except ClientDisconnect:
            return None
        if isinstance(answer, tuple):
            return await self._let_in(*answer, scope, receive, send)
        return await answer(scope, receive, send)

    async def _begin(self, head: Head, receive: Receive) -> ASGIApp | tuple[PreparedOperation, Actor | None, Again]:
        try:
            require_method(head, _METHODS)
            if not Accept.of(head.get("accept") or "").quality(EVENT_STREAM):
                raise RequestRefused("NOT_ACCEPTABLE", f"Accept doesn't allow {EVENT_STREAM}.", 406)
            sender = sender_of(head, takes_cookies=False)
            asked, credentials = await asked_of(head, receive, self._limit, self._allowed_origins, sender)
            operation, actor = await prepare(self._engine, head, asked, credentials)
            return operation, actor, partial(self._again, head, asked, credentials, actor)
        except OperationRefused as refusal:
            # A browser's EventSource shows its page nothing of a response that isn't a stream with status 200.
            return Response(_next(refusal.body) + _COMPLETE, headers=_HEADERS)
        except Refusal as refusal:
            return refused(refusal, MediaType.JSON)
        except ClientDisconnect:
            raise
        except Exception as bug:
            return refused(masked(bug), MediaType.JSON)

    async def _again(
        self, head: Head, asked: GraphQLRequest, credentials: Credentials, actor: Actor | None
    ) -> PreparedOperation:
        try:
            operation, _ = await prepare(self._engine, head, asked, credentials)
        except RequestRefused as refusal:
            raise await self._engine.doors.explained(refusal, actor) from None
        return operation

    async def _let_in(
        self,
        operation: PreparedOperation,
        actor: Actor | None,
        again: Again,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        stay = _Stay()
        with ExitStack() as watched:
            if actor and operation.kind is OperationKind.SUBSCRIPTION:
                try:
                    watched.enter_context(self._engine.doors.letting_in(Guest(actor, stay.end, stay.become)))
                except RequestRefused as refusal:
                    await refused(refusal, MediaType.JSON)(scope, receive, send)
                    return
                stay.become(actor)
            await self._stream(operation, again, stay, receive, send)

    async def _stream(
        self, operation: PreparedOperation, again: Again, stay: _Stay, receive: Receive, send: Send
    ) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        delivering = asyncio.create_task(_deliver(operation, again, send))
        beating = asyncio.create_task(self._beat(send))
        listening = asyncio.create_task(_hang_up(receive))
        self._listening.add(listening)
        try:
            waiting: set[asyncio.Future[Any]] = {delivering, listening, stay.over}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            shut = stay.over.done() and not delivering.done()
        finally:
            self._listening.discard(listening)
            if operation.kind is not OperationKind.MUTATION:
                delivering.cancel()
            beating.cancel()
            listening.cancel()
            await asyncio.gather(delivering, beating, listening, return_exceptions=True)
        if shut:
            await _write(send, _next(stay.over.result().body) + _COMPLETE)
        await send({"type": "http.response.body", "body": b""})

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._beat_every.total_seconds())
            await _write(send, _BEAT)


async def _deliver(operation: PreparedOperation, again: Again, send: Send) -> None:
    try:
        if operation.kind is OperationKind.SUBSCRIPTION:
            await follow(operation, _Events(send), again)
        else:
            await _write(send, _next((await operation.execute()).body))
    except Refusal as refusal:
        await _write(send, _next(refusal.body))
    except Exception as bug:
        await _write(send, _next(masked(bug).body))
    await _write(send, _COMPLETE)


class _Events:
    """The sink of a stream's results."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write(self, _result: bytes) -> bool:
        """ASGI has no way to send part of a body at once."""
        return False

    async def send(self, result: bytes) -> None:
        """Send a result as an event, or wait while the stream's buffer is full."""
        await _write(self._send, _next(result))


async def _hang_up(receive: Receive) -> None:
    """Come back when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, event: bytes) -> None:
    await send({"type": "http.response.body", "body": event, "more_body": True})


def _next(result: bytes) -> bytes:
    return b"event: next\ndata: " + result + b"\n\n"


class _Stay:
    """How long a stream may go on: `over` tells why it may not."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[RequestRefused] = self._loop.create_future()
        self._expiry: asyncio.TimerHandle | None = None

    def become(self, actor: Actor) -> None:
        """Go on for the actor, until their credentials expire."""
        if self._expiry:
            self._expiry.cancel()
        if (left := actor.seconds_left) is not None:
            self._expiry = self._loop.call_later(left, self.end, credentials_ended(actor))

    def end(self, why: RequestRefused) -> None:
        """Go on no longer."""
        if not self.over.done():
            self.over.set_result(why)
