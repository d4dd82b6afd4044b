"""The ASGI application: GraphQL over HTTP and WebSocket on one path, and whether the process is alive."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from graphql_api.http import GraphQLHTTP, Page
from graphql_api.http_requests import BodyLimit
from graphql_api.requests import Engine
from graphql_api.stream import GraphQLStreams
from graphql_api.websocket import GraphQLSockets, SocketLimits
from models.settings import Limits

PATH = "/graphql"


class Application(Starlette):
    """The server's one application. `page` and `assets` are for people who open it in a browser."""

    def __init__(
        self,
        engine: Engine,
        *,
        page: Page | None = None,
        assets: Sequence[BaseRoute] = (),
        allowed_origins: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        size = (limits or Limits()).body_bytes
        body = BodyLimit(size)
        streams = GraphQLStreams(engine, allowed_origins=allowed_origins, limit=body)
        sockets = GraphQLSockets(engine, allowed_origins=allowed_origins, limits=SocketLimits(frame_size=size))
        super().__init__(
            routes=[
                *assets,
                Route(PATH, GraphQLHTTP(engine, page=page, allowed_origins=allowed_origins, limit=body)),
                Route(f"{PATH}/stream", streams),
                WebSocketRoute(PATH, sockets),
                Route("/healthz", _alive),
            ]
        )
        self.end_streams = streams.close


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")
