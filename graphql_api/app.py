"""The ASGI application: GraphQL over HTTP and WebSocket on one path, pages, and whether the process is alive."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from graphql_api.requests import Engine, RequestRefused
from graphql_api.transport.http import GraphQLHTTP, Page
from graphql_api.transport.http_requests import BodyLimit
from graphql_api.transport.stream import GraphQLStreams
from graphql_api.transport.websocket import GraphQLSockets, SocketLimits
from models.settings import Limits

PATH = "/graphql"
_AS_JSON = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}


class Application(Starlette):
    """The server's one application. `page` and `assets` are for people who open it in a browser; `portal` is the pages
    that links in mail open, `health` what operators' programs ask for."""

    def __init__(
        self,
        engine: Engine,
        *,
        page: Page | None = None,
        assets: Sequence[BaseRoute] = (),
        portal: Sequence[BaseRoute] = (),
        health: Sequence[BaseRoute] = (),
        allowed_origins: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        size = (limits or Limits()).body_bytes
        body = BodyLimit(size)
        streams = GraphQLStreams(engine, allowed_origins=allowed_origins, limit=body)
        sockets = GraphQLSockets(engine, allowed_origins=allowed_origins, limits=SocketLimits(frame_size=size))
        self._sockets = sockets
        self._graphql = GraphQLHTTP(engine, page=page, allowed_origins=allowed_origins, limit=body)
        super().__init__(
            routes=[
                *assets,
                *portal,
                Route(PATH, self._graphql),
                Route(f"{PATH}/stream", streams),
                WebSocketRoute(PATH, sockets),
                Route("/healthz", _alive),
                *health,
            ],
            exception_handlers={HTTPException: _unrouted},
        )
        self.end_streams = streams.close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] != PATH:
            await super().__call__(scope, receive, send)
        else:
            # Past the routes and the middleware, which has nothing to add: bugs are answered there already.
            await (self._graphql if scope["type"] == "http" else self._sockets)(scope, receive, send)


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _unrouted(_request: Request, error: Exception) -> Response:
    """What no route answers, said as all other refusals are: with a code."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        refusal = RequestRefused("NOT_FOUND", f"There is nothing here; GraphQL is at {PATH}.", 404)
    else:
        refusal = RequestRefused("METHOD_NOT_ALLOWED", "This takes no such method.", error.status_code, error.headers)
    return Response(refusal.body, refusal.status, {**refusal.headers, **_AS_JSON})
