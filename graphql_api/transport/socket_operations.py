"""The operations that run on one socket: each a task of its own, each ended on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.websockets import WebSocketDisconnect

from graphql_api.requests import (
    Engine,
    GraphQLRequest,
    OperationKind,
    PreparedOperation,
    Refusal,
    RequestRefused,
    masked,
)
from graphql_api.transport.following import Again, follow
from graphql_api.transport.frames import CloseCode, Closing, OperationFrames, Subscribe
from graphql_api.transport.outgoing import Outgoing
from models.actors import Actor

Asking = Callable[[], Awaitable[Actor | None]]
"""Who is asking now; raises RequestRefused once the socket's credentials are worth nothing any more."""


class _Running:
    """An operation while its task lives, and the sink of its results."""

    __slots__ = ("_outgoing", "frames", "id", "must_finish", "task", "wanted")

    def __init__(self, operation_id: str, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self.id = operation_id
        self.frames = OperationFrames(operation_id)
        self.wanted = True
        self.must_finish = False
        self.task: asyncio.Task[None] | None = None

    def write(self, result: bytes) -> bool:
        """Send a result now, if it is wanted still and the socket takes it at once."""
        return self.wanted and self._outgoing.write(self.frames.next(result))

    async def send(self, result: bytes) -> None:
        """Send a result, or wait while the socket can't take it; raises WebSocketDisconnect once that is gone."""
        await self._outgoing.send(self.frames.next(result))

    def abandon(self) -> None:
        """Nobody listens any more. A mutation that began still ends, as it would for an HTTP client that hung up."""
        self.wanted = False
        if self.task and not self.must_finish:
            self.task.cancel()


class SocketOperations:
    """Starts, delivers and ends; at most `limit` at a time, and as many again that wind down unheard."""

    def __init__(self, engine: Engine, outgoing: Outgoing, limit: int) -> None:
        self._engine = engine
        self._outgoing = outgoing
        self._limit = limit
        self._running: dict[str, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, message: Subscribe, asking: Asking) -> None:
        """Run what is asked for; only an id in use is a fault that closes the socket."""
        if message.id in self._running:
            raise Closing(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
        if isinstance(message.request, Refusal):
            await self._outgoing.send(OperationFrames(message.id).error(message.request.errors))
        elif len(self._running) >= self._limit or len(self._tasks) >= 2 * self._limit:
            sentence = f"A socket carries {self._limit} operations at a time."
            too_many = RequestRefused("TOO_MANY_OPERATIONS", sentence, 429)
            await self._outgoing.send(OperationFrames(message.id).error(too_many.errors))
        else:
            running = self._running[message.id] = _Running(message.id, self._outgoing)
            prepare = partial(self._prepared, message.request, asking)
            running.task = asyncio.create_task(self._run(running, prepare))
            self._tasks.add(running.task)
            running.task.add_done_callback(self._tasks.discard)

    def stop(self, operation_id: str) -> None:
        """Send no more of it, and free its id; unknown ids are those that ended at the same time."""
        if running := self._running.pop(operation_id, None):
            running.abandon()

    async def end(self) -> None:
        """Stop all, and come back when nothing runs any more."""
        for operation_id in list(self._running):
            self.stop(operation_id)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, running: _Running, prepare: Again) -> None:
        try:
            last = await self._last_frame(running, prepare)
            if running.wanted:
                # While it waits for room, its id is taken: the client may say `complete` and use the id again, and the
                # other operation must not be told of this one's end. Once it is written the id is free at once.
                await self._outgoing.send(last)
                del self._running[running.id]
        except WebSocketDisconnect:
            return  # there is nobody to tell; the connection ends with all its operations
        finally:
            # A task that was cancelled keeps these frames; were it kept by them, only the collector would free the two.
            running.task = None

    async def _last_frame(self, running: _Running, prepare: Again) -> bytes:
        """Run it, and say how it ended."""
        try:
            operation = await prepare()
            if operation.kind is OperationKind.SUBSCRIPTION:
                await follow(operation, running, prepare)
            else:
                await self._execute(running, operation)
        except Refusal as refusal:
            return running.frames.error(refusal.errors)
        except WebSocketDisconnect:
            raise
        except Exception as bug:
            return running.frames.error(masked(bug).errors)
        return running.frames.complete()

    async def _prepared(self, request: GraphQLRequest, asking: Asking) -> PreparedOperation:
        return await self._engine.prepare(request, await asking())

    async def _execute(self, running: _Running, operation: PreparedOperation) -> None:
        running.must_finish = operation.kind is OperationKind.MUTATION
        try:
            answer = await operation.execute()
        finally:
            # Its answer is as unwanted as any once the client has said `complete`.
            running.must_finish = False
        if running.wanted:
            await running.send(answer.body)
