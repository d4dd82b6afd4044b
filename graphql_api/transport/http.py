"""GraphQL over HTTP on `/graphql`: POST for queries and mutations, GET for queries, a page for browsers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.idempotency import with_header
from graphql_api.requests import (
    Answer,
    Credentials,
    Engine,
    GraphQLRequest,
    OperationKind,
    OperationRefused,
    PreparedOperation,
    Refusal,
    RequestRefused,
    Sender,
    masked,
)
from graphql_api.transport.credentials import credentials_of, refuse_forged, sender_of
from graphql_api.transport.heads import Head
from graphql_api.transport.http_requests import BodyLimit, Known, nothing_known, request_of
from graphql_api.transport.negotiation import Accept, MediaType
from models.actors import Actor

Page = Callable[[Request], Awaitable[Response]]

_METHODS = "GET, HEAD, POST, OPTIONS"
_ALWAYS = {
    media_type: [
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
    ]
    for media_type in MediaType
}


class GraphQLHTTP:
    """An ASGI app for one path. `page` answers browsers that open it; other origins may call it only if listed."""

    def __init__(
        self,
        engine: Engine,
        *,
        page: Page | None = None,
        allowed_origins: Collection[str] = (),
        limit: BodyLimit | None = None,
    ) -> None:
        self._engine = engine
        self._page = page
        self._allowed_origins = frozenset(allowed_origins)
        self._limit = limit or BodyLimit()
        self._app = shared_with(self._allowed_origins, self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(Head(scope), receive)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, head: Head, receive: Receive) -> ASGIApp:
        if head.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": _METHODS})
        media_type = MediaType.JSON
        try:
            require_method(head, _METHODS)
            accept = Accept.of(head.get("accept") or "")
            if self._page and _opens_page(head, accept):
                return await self._page(Request(head.scope, receive))
            media_type = accept.media_type()
            return _answered(await self._answer(head, receive), media_type)
        except Refusal as refusal:
            return refused(refusal, media_type)
        except ClientDisconnect:
            raise
        except Exception as bug:
            return refused(masked(bug), media_type)

    async def _answer(self, head: Head, receive: Receive) -> Answer:
        sender = sender_of(head, takes_cookies=True)
        asked, credentials = await asked_of(
            head, receive, self._limit, self._allowed_origins, sender, self._engine.known
        )
        operation = self._engine.recall(asked, credentials)
        if operation is None:
            operation, _ = await prepare(self._engine, head, asked, credentials)
        if operation.kind is OperationKind.SUBSCRIPTION:
            raise RequestRefused("BAD_REQUEST", "Subscribe over a WebSocket (graphql-transport-ws) or event stream.")
        return await operation.execute()


async def asked_of(
    head: Head,
    receive: Receive,
    limit: BodyLimit,
    allowed_origins: Collection[str],
    sender: Sender,
    known: Known = nothing_known,
) -> tuple[GraphQLRequest, Credentials]:
    """What an HTTP request asks for, and what it shows; refused where another site's page has sent it."""
    asked = with_header(await request_of(head, receive, limit, sender, known), head.all("idempotency-key"))
    credentials = credentials_of(head)
    refuse_forged(head, credentials, allowed_origins)
    return asked, credentials


async def prepare(
    engine: Engine, head: Head, asked: GraphQLRequest, credentials: Credentials
) -> tuple[PreparedOperation, Actor | None]:
    """The operation that is asked for, and in whose name; GET can't mutate."""
    actor = await engine.authenticate(credentials)
    operation = await engine.prepare(asked, actor)
    if operation.kind is OperationKind.MUTATION and head.method != "POST":
        raise RequestRefused("METHOD_NOT_ALLOWED", "Mutations must be sent by POST.", 405, {"Allow": "POST"})
    return operation, actor


def shared_with(origins: Collection[str], app: ASGIApp) -> ASGIApp:
    """The app with CORS for the listed origins, cookies included; without a list browsers keep other sites out."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("*",),
        allow_credentials=True,
        expose_headers=("Retry-After",),
    )


def require_method(head: Head, allowed: str) -> None:
    """Refuse what is not in a list as the Allow header has it."""
    if head.method not in allowed.split(", "):
        raise RequestRefused("METHOD_NOT_ALLOWED", f"Use one of {allowed}.", 405, {"Allow": allowed})


class Reply:
    """A response map on its way: an ASGI app, as Starlette's responses are, of bytes that need no more work."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, body: bytes, status: int, headers: Iterable[tuple[str, str]], media_type: MediaType) -> None:
        self._body = body
        self._status = status
        self._headers = [(b"content-length", b"%d" % len(body)), *_ALWAYS[media_type]]
        self._headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def refused(refusal: Refusal, media_type: MediaType) -> Reply:
    """The response to a refusal: under application/json a well-formed request gets 200, whatever its document."""
    status = 200 if isinstance(refusal, OperationRefused) and media_type is MediaType.JSON else refusal.status
    headers = {"WWW-Authenticate": "Bearer", **refusal.headers} if status == 401 else refusal.headers
    return Reply(refusal.body, status, headers.items(), media_type)


def _answered(answer: Answer, media_type: MediaType) -> Reply:
    status = 200 if media_type is MediaType.JSON else answer.status
    return Reply(answer.body, status, answer.headers, media_type)


def _opens_page(head: Head, accept: Accept) -> bool:
    return head.method != "POST" and accept.prefers_html and "query" not in Request(head.scope).query_params
