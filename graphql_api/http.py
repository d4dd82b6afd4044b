"""GraphQL over HTTP on `/graphql`: POST for queries and mutations, GET for queries, a page for browsers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.credentials import credentials_of, refuse_forged, sender_of
from graphql_api.http_requests import BodyLimit, request_of
from graphql_api.idempotency import with_header
from graphql_api.negotiation import Accept, MediaType
from graphql_api.requests import (
    Answer,
    Engine,
    OperationKind,
    OperationRefused,
    PreparedOperation,
    Refusal,
    RequestRefused,
    masked,
)
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
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": _METHODS})
        media_type = MediaType.JSON
        try:
            require_method(request, _METHODS)
            accept = Accept.of(request.headers.get("accept", ""))
            if self._page and _opens_page(request, accept):
                return await self._page(request)
            media_type = accept.media_type()
            return _answered(await self._answer(request), media_type)
        except Refusal as refusal:
            return refused(refusal, media_type)
        except ClientDisconnect:
            raise
        except Exception as bug:
            return refused(masked(bug), media_type)

    async def _answer(self, request: Request) -> Answer:
        operation, _ = await prepare(self._engine, request, self._limit, self._allowed_origins, takes_cookies=True)
        if operation.kind is OperationKind.SUBSCRIPTION:
            raise RequestRefused("BAD_REQUEST", "Subscribe over a WebSocket (graphql-transport-ws) or event stream.")
        return await operation.execute()


async def prepare(
    engine: Engine,
    request: Request,
    limit: BodyLimit,
    allowed_origins: Collection[str],
    *,
    takes_cookies: bool = False,
) -> tuple[PreparedOperation, Actor | None]:
    """The operation that an HTTP request asks for, and in whose name; GET can't mutate."""
    asked = with_header(await request_of(request, limit), request.headers.getlist("idempotency-key"))
    credentials = credentials_of(request)
    refuse_forged(request, credentials, allowed_origins)
    asked = replace(asked, sender=sender_of(request, takes_cookies=takes_cookies))
    actor = await engine.authenticate(credentials)
    operation = await engine.prepare(asked, actor)
    if operation.kind is OperationKind.MUTATION and request.method != "POST":
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


def require_method(request: Request, allowed: str) -> None:
    """Refuse what is not in a list as the Allow header has it."""
    if request.method not in allowed.split(", "):
        raise RequestRefused("METHOD_NOT_ALLOWED", f"Use one of {allowed}.", 405, {"Allow": allowed})


def refused(refusal: Refusal, media_type: MediaType) -> Response:
    """The response to a refusal: under application/json a well-formed request gets 200, whatever its document."""
    status = 200 if isinstance(refusal, OperationRefused) and media_type is MediaType.JSON else refusal.status
    headers = {"WWW-Authenticate": "Bearer", **refusal.headers} if status == 401 else refusal.headers
    return _response(refusal.body, status, tuple(headers.items()), media_type)


def _answered(answer: Answer, media_type: MediaType) -> Response:
    status = 200 if media_type is MediaType.JSON else answer.status
    return _response(answer.body, status, answer.headers, media_type)


def _response(body: bytes, status: int, headers: Iterable[tuple[str, str]], media_type: MediaType) -> Response:
    response = Response(body, status)
    response.raw_headers += _ALWAYS[media_type]
    for name, value in headers:
        response.headers.append(name, value)
    return response


def _opens_page(request: Request, accept: Accept) -> bool:
    return request.method != "POST" and "query" not in request.query_params and accept.prefers_html
