"""GraphQL over WebSocket (graphql-transport-ws) on `/graphql`: one connection carries many operations."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from graphql_api.requests import Credentials, Engine, GraphQLRequest, RequestRefused, Sender, masked
from graphql_api.transport.credentials import bearer_token, credentials_of, from_own_page, sender_of
from graphql_api.transport.doorkeeper import TOO_MANY, Guest, credentials_ended
from graphql_api.transport.frames import (
    ACK,
    PING,
    SUBPROTOCOL,
    CloseCode,
    Closing,
    Complete,
    Init,
    Ping,
    Pong,
    Subscribe,
    pong,
    read_message,
)
from graphql_api.transport.heads import Head
from graphql_api.transport.outgoing import Outgoing
from graphql_api.transport.socket_operations import SocketOperations
from models.actors import Actor
from subscriptions.places import Holder


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may take, and how long things may last."""

    init_timeout: timedelta = timedelta(seconds=3)
    ping_every: timedelta = timedelta(seconds=25)
    # While somebody is present by the socket: whoever doesn't answer is soon taken for gone.
    ping_the_present_every: timedelta = timedelta(seconds=2)
    farewell: timedelta = timedelta(seconds=1)
    operations: int = 100
    frame_size: int = 1_000_000


class GraphQLSockets:
    """An ASGI app for one path. `connections` are those open now, for whoever has to close some."""

    def __init__(
        self, engine: Engine, *, allowed_origins: Collection[str] = (), limits: SocketLimits | None = None
    ) -> None:
        self._engine = engine
        self._allowed_origins = frozenset(allowed_origins)
        self._limits = limits or SocketLimits()
        self.connections: set[Connection] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        if not from_own_page(Head(scope), self._allowed_origins):
            await websocket.close()  # before acceptance: 403, of which a page can't read a body anyway
        elif SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            with suppress(WebSocketDisconnect):
                await websocket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await websocket.accept(SUBPROTOCOL)
            await self._serve(Connection(websocket, send, self._engine, self._limits))

    async def _serve(self, connection: Connection) -> None:
        self.connections.add(connection)
        try:
            await connection.serve()
        finally:
            self.connections.discard(connection)


class Connection:
    """One socket from its acceptance to its end."""

    def __init__(self, websocket: WebSocket, send: Send, engine: Engine, limits: SocketLimits) -> None:
        self.actor: Actor | None = None
        self._websocket = websocket
        self._outgoing = Outgoing(websocket.scope, send)
        self._engine = engine
        self._limits = limits
        self._init_received = False
        self._acknowledged = False
        self._credentials = Credentials()
        self._stay = ExitStack()
        self._operations = SocketOperations(engine, self._outgoing, limits.operations)
        self._holder = Holder()
        self._chores: set[asyncio.Task[None]] = set()
        self._deadline: asyncio.Timeout | None = None
        self._at_deadline: tuple[int, str] = CloseCode.INIT_TIMEOUT, "Connection initialisation timeout"

    def close(self, code: int, reason: str) -> None:
        """Close the socket now; from another part of the process, for instance because a membership ended."""
        self._close_at(asyncio.get_running_loop().time(), code, reason)
        self._deadline = None  # what has been decided is not put off by an expiry that is found later

    async def serve(self) -> None:
        """Hear the client out; when the socket ends, for whatever reason, so does everything that ran on it."""
        self._spawn(self._keep_alive())
        try:
            await self._converse()
        except Closing as closing:
            await self._say_goodbye(closing)
        except WebSocketDisconnect:
            pass
        finally:
            await self._end()

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(self._limits.init_timeout.total_seconds()) as self._deadline:
                while True:
                    await self._hear(await self._frame())
        except TimeoutError:
            raise Closing(*self._at_deadline) from None
        finally:
            self._deadline = None

    async def _frame(self) -> bytes:
        message = await self._websocket.receive()
        self._holder.hear()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"], message.get("reason"))
        text: str | None = message.get("text")
        if text is None:
            raise Closing(CloseCode.BAD_REQUEST, "Invalid message: binary frames are not understood.")
        frame = text.encode()
        if len(frame) > self._limits.frame_size:
            raise Closing(CloseCode.TOO_BIG, f"A message may have {self._limits.frame_size} bytes.")
        return frame

    async def _hear(self, frame: bytes) -> None:
        match read_message(frame):
            case Subscribe() as subscribe:
                if not self._acknowledged:
                    raise Closing(CloseCode.UNAUTHORIZED, "Unauthorized")
                await self._operations.start(self._from_here(subscribe), self._asking)
            case Complete(operation_id):
                self._operations.stop(operation_id)
            case Ping(payload):
                await self._outgoing.send(pong(payload))
            case Pong():
                pass
            case Init() as init:
                self._initialise(init)

    def _from_here(self, subscribe: Subscribe) -> Subscribe:
        if not isinstance(subscribe.request, GraphQLRequest):
            return subscribe
        return replace(subscribe, request=replace(subscribe.request, sender=Sender(holder=self._holder)))

    def _initialise(self, init: Init) -> None:
        if self._init_received:
            raise Closing(CloseCode.TOO_MANY, "Too many initialisation requests")
        self._init_received = True
        self._close_at(None, *self._at_deadline)
        self._spawn(self._acknowledge(init))

    async def _acknowledge(self, init: Init) -> None:
        try:
            self._credentials = _credentials(self._websocket, init)
            self.actor = await self._admitted()
            self._stay.enter_context(self._door())
        except RequestRefused as refusal:
            self.close(_refused(refusal), refusal.message)
        except Exception as bug:
            told = masked(bug)
            self.close(CloseCode.TRY_AGAIN_LATER if told.status == 503 else CloseCode.INTERNAL, told.message)
        else:
            self._acknowledged = True
            if self.actor:
                self._close_on_expiry(self.actor)
            with suppress(WebSocketDisconnect):
                await self._outgoing.send(ACK)

    def _door(self) -> AbstractContextManager[None]:
        if self.actor:
            return self._engine.doors.letting_in(Guest(self.actor, self._shut, self._become))
        return self._engine.doors.letting_in_anybody(sender_of(Head(self._websocket.scope), takes_cookies=False))

    def _shut(self, refusal: RequestRefused) -> None:
        self.close(CloseCode.UNAUTHORIZED if refusal.status == 401 else CloseCode.FORBIDDEN, refusal.message)

    def _become(self, actor: Actor) -> None:
        self.actor = actor
        self._close_on_expiry(actor)

    async def _admitted(self) -> Actor | None:
        actor = await self._engine.authenticate(self._credentials)
        if self._credentials.cookie and actor is None:
            raise RequestRefused("UNAUTHENTICATED", "Your session has ended: sign in again.", 401)
        return actor

    async def _asking(self) -> Actor | None:
        """Who asks now: since the socket opened, a token may have been revoked, a member removed, a role changed."""
        try:
            self.actor = await self._admitted()
        except RequestRefused as refusal:
            if refusal.status == 401:
                refusal = await self._engine.doors.explained(refusal, self.actor)
                self._shut(refusal)
            raise refusal from None
        return self.actor

    def _close_on_expiry(self, actor: Actor) -> None:
        if (left := actor.seconds_left) is None:
            return
        ended = credentials_ended(actor).message
        self._close_at(asyncio.get_running_loop().time() + left, CloseCode.UNAUTHORIZED, ended)

    def _close_at(self, when: float | None, code: int, reason: str) -> None:
        if self._deadline:
            self._at_deadline = code, reason
            self._deadline.reschedule(when)

    async def _keep_alive(self) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await self._pause()
                await self._outgoing.send(PING)

    async def _pause(self) -> None:
        """Until the next ping: a short time as soon as somebody is present by the socket, else a long one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.ping_every.total_seconds()):
                await self._holder.held.wait()
                await asyncio.sleep(self._limits.ping_the_present_every.total_seconds())

    async def _say_goodbye(self, closing: Closing) -> None:
        try:
            async with asyncio.timeout(self._limits.farewell.total_seconds()):
                await self._websocket.close(closing.code, closing.reason)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            # A client that reads nothing has a full buffer, and would keep its socket beyond its token's end.
            return

    async def _end(self) -> None:
        self._holder.end()
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(self._operations.end(), *self._chores, return_exceptions=True)
        self._stay.close()

    def _spawn(self, chore: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _refused(refusal: RequestRefused) -> CloseCode:
    """How a socket is closed that was not let in. Clients come back after all but 4429."""
    if refusal.code == TOO_MANY:
        return CloseCode.TOO_MANY
    later = refusal.status == 429 or refusal.status >= 500
    return CloseCode.TRY_AGAIN_LATER if later else CloseCode.FORBIDDEN


def _credentials(websocket: WebSocket, init: Init) -> Credentials:
    """The payload's Authorization, however it is capitalised, or else what the handshake carried."""
    for name, value in init.payload.items():
        if name.lower() == "authorization":
            return Credentials(bearer=bearer_token(value if isinstance(value, str) else ""))
    return credentials_of(Head(websocket.scope))
