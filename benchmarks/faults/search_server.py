"""Qdrant's stand-in: as much of its HTTP as the helpdesk speaks, answered by the client library's own local mode.

No registry has a server to be installed. What is seen with it is what the helpdesk does while Qdrant is gone, silent or
empty, and none of what Qdrant does.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from qdrant_client import AsyncQdrantClient, models
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.servers import free_port

Body = dict[str, Any]
Answer = Callable[[str, Body], Awaitable[Any]]


class SearchServer:
    """Connections are taken and nothing is answered while `talking` is not set."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.talking = asyncio.Event()
        self.talking.set()
        self._client = AsyncQdrantClient(":memory:")
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """QDRANT_URL."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *, empty: bool = False) -> None:
        """Listen; `empty`: on a disk of which nobody has a copy."""
        if empty:
            self._client = AsyncQdrantClient(":memory:")
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self._server = uvicorn.Server(uvicorn.Config(self._app(), lifespan="off", log_level="critical"))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def leave(self) -> None:
        """Be gone, with whatever was being asked."""
        if self._server and self._serving:
            self._server.should_exit = self._server.force_exit = True
            await self._serving

    def _app(self) -> Starlette:
        collection = "/collections/{collection}"
        return Starlette(
            routes=[
                Route("/", self._answering(self._version), methods=["GET"]),
                Route(f"{collection}/exists", self._answering(self._exists), methods=["GET"]),
                Route(collection, self._answering(self._create), methods=["PUT"]),
                Route(f"{collection}/index", self._answering(self._index), methods=["PUT"]),
                Route(f"{collection}/points", self._answering(self._retrieve), methods=["POST"]),
                Route(f"{collection}/points", self._answering(self._upsert), methods=["PUT"]),
                Route(f"{collection}/points/delete", self._answering(self._delete), methods=["POST"]),
                Route(f"{collection}/points/query", self._answering(self._query), methods=["POST"]),
            ]
        )

    def _answering(self, answer: Answer) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def endpoint(request: Request) -> JSONResponse:
            await self.talking.wait()
            body = await request.json() if await request.body() else {}
            try:
                result = await answer(request.path_params.get("collection", ""), body)
            except ValueError as error:
                status = 409 if "already exists" in str(error) else 404
                return JSONResponse({"status": {"error": str(error)}, "time": 0.0}, status)
            return JSONResponse({"result": result, "status": "ok", "time": 0.0})

        return endpoint

    async def _version(self, _collection: str, _body: Body) -> Any:
        return {"title": "stand-in"}

    async def _exists(self, collection: str, _body: Body) -> Any:
        return {"exists": await self._client.collection_exists(collection)}

    async def _create(self, collection: str, body: Body) -> Any:
        vectors = {name: models.VectorParams(**given) for name, given in body["vectors"].items()}
        sparse = {name: models.SparseVectorParams(**given) for name, given in body["sparse_vectors"].items()}
        return await self._client.create_collection(collection, vectors_config=vectors, sparse_vectors_config=sparse)

    async def _index(self, _collection: str, _body: Body) -> Any:
        return _UPDATED

    async def _retrieve(self, collection: str, body: Body) -> Any:
        return [record.model_dump(mode="json") for record in await self._client.retrieve(collection, body["ids"])]

    async def _upsert(self, collection: str, body: Body) -> Any:
        await self._client.upsert(collection, [models.PointStruct(**point) for point in body["points"]])
        return _UPDATED

    async def _delete(self, collection: str, body: Body) -> Any:
        await self._client.delete(collection, models.FilterSelector(filter=models.Filter(**body["filter"])))
        return _UPDATED

    async def _query(self, collection: str, body: Body) -> Any:
        query = body["query"]
        if isinstance(query, dict):
            query = query.get("nearest", query)
        if isinstance(query, dict):
            query = models.SparseVector(**query)
        found = await self._client.query_points(
            collection,
            query=query,
            using=body["using"],
            query_filter=models.Filter(**body["filter"]),
            limit=body["limit"],
            with_vectors=body.get("with_vector") or False,
        )
        return {"points": [point.model_dump(mode="json") for point in found.points]}


_UPDATED = {"operation_id": 0, "status": "completed"}


@asynccontextmanager
async def a_search_server() -> AsyncIterator[SearchServer]:
    """One on a free port."""
    server = SearchServer(free_port())
    await server.start()
    try:
        yield server
    finally:
        await server.leave()
