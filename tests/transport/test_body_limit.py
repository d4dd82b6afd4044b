"""Bodies that are too large, too slow or never end: each gets its answer, and no connection hangs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from graphql_api.transport.http import GraphQLHTTP
from graphql_api.transport.http_requests import BodyLimit
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def tight(site: Site, engine: SmallEngine) -> Place:
    """An API that takes 1,000 bytes and has little patience."""
    return site.place(GraphQLHTTP(engine, limit=BodyLimit(size=1_000, patience=timedelta(seconds=0.5))))


TOO_LARGE = [{"message": "The request is larger than 1000 bytes.", "extensions": {"code": "PAYLOAD_TOO_LARGE"}}]


def padded(size: int) -> bytes:
    return json.dumps({"query": "{ hello }"}).ljust(size).encode()


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 300):
        yield body[start : start + 300]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(1_000, 200), (1_001, 413), (20_000, 413)])
async def test_body_limit(client: httpx.AsyncClient, tight: Place, size: int, status: int, chunked: bool) -> None:
    body: Any = in_chunks(padded(size)) if chunked else padded(size)

    answer = await client.post(tight.url, content=body, headers=JSON)

    assert answer.status_code == status
    assert status == 200 or answer.json()["errors"] == TOO_LARGE


async def test_body_of_20_megabytes(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.post(api.url, content=padded(20_000_000), headers=JSON)

    assert answer.status_code == 413


async def test_query_string_limit(client: httpx.AsyncClient, tight: Place) -> None:
    answer = await client.get(tight.url, params={"query": "{ hello }".ljust(1_000)})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (414, {"code": "URI_TOO_LONG"})


class RawConnection:
    """A connection of bytes, for what no HTTP library sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> None:
        self.reader = reader
        self.writer = writer
        self.place = place

    @classmethod
    async def to(cls, place: Place) -> RawConnection:
        host, port = place.authority.split(":")
        return cls(*await asyncio.open_connection(host, int(port)), place)

    def post(self, headers: str, body: bytes = b"") -> None:
        head = f"POST {self.place.path} HTTP/1.1\r\nHost: {self.place.authority}\r\nContent-Type: application/json\r\n"
        self.writer.write(f"{head}{headers}\r\n\r\n".encode() + body)

    async def status(self) -> int:
        """The status of the answer, which has been read to its end: the server closes."""
        answer = await self.reader.read()
        self.writer.close()
        return int(answer.split()[1])


async def test_body_that_declares_gigabytes_is_not_waited_for(tight: Place) -> None:
    connection = await RawConnection.to(tight)

    connection.post("Content-Length: 5000000000")

    assert await connection.status() == 413


async def test_body_that_asks_first_is_not_invited(tight: Place) -> None:
    connection = await RawConnection.to(tight)

    connection.post("Content-Length: 20000\r\nExpect: 100-continue")

    assert await connection.status() == 413


async def test_endless_chunks_are_cut_off(site: Site, engine: SmallEngine) -> None:
    connection = await RawConnection.to(site.place(GraphQLHTTP(engine, limit=BodyLimit(size=1_000))))

    connection.post("Transfer-Encoding: chunked", b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")

    async with asyncio.timeout(5):  # half of the patience with slow clients
        assert await connection.status() == 413


@pytest.mark.parametrize(("sent", "status"), [(b"{", 408), (b"x" * 1_500, 413)])
async def test_body_that_never_ends(tight: Place, sent: bytes, status: int) -> None:
    connection = await RawConnection.to(tight)

    connection.post("Content-Length: 2000", sent)

    assert await connection.status() == status


async def test_client_that_hangs_up_is_forgotten(tight: Place, engine: SmallEngine) -> None:
    connection = await RawConnection.to(tight)
    connection.post("Content-Length: 900", b"{")
    connection.writer.close()
    await connection.writer.wait_closed()

    await tight.over.wait()

    assert engine.shown == []


async def test_client_that_hangs_up_during_a_mutation(api: Place, engine: SmallEngine) -> None:
    connection = await RawConnection.to(api)
    body = b'{"query": "mutation { waitingAdd }"}'
    connection.post(f"Content-Length: {len(body)}", body)
    await engine.entered.wait()
    connection.writer.close()
    await connection.writer.wait_closed()

    engine.gate.set()
    await api.over.wait()

    assert engine.total == 1
