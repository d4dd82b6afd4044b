"""Whatever is sent as a request gets an answer with a code: never a 5xx, never a hanging connection."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from graphql_api.http import GraphQLHTTP
from graphql_api.http_requests import BodyLimit
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site

JSON = {"Content-Type": "application/json"}


def with_variable(raw: str) -> bytes:
    return b'{"query": "query A($t: String!) { echo(text: $t) }", "variables": {"t": %b}}' % raw.encode()


BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "null": b"null",
    "number": b"1",
    "string": b'"{ hello }"',
    "boolean": b"true",
    "empty list": b"[]",
    "batch": b'[{"query": "{ hello }"}, {"query": "{ hello }"}]',
    "cut off": b'{"query": "{ hel',
    "two values": b'{"query": "{ hello }"} {}',
    "trailing NUL": b'{"query": "{ hello }"}\0',
    "byte order mark": b'\xef\xbb\xbf{"query": "{ hello }"}',
    "UTF-16": '{"query": "{ hello }"}'.encode("utf-16"),
    "Latin-1": '{"query": "{ echo(text: \\"ü\\") }"}'.encode("latin-1"),
    "encoded surrogate": b'{"query": "\xed\xa0\x80"}',
    "overlong NUL": b'{"query": "\xc0\x80"}',
    "single quotes": b"{'query': '{ hello }'}",
    "comment": b'{"query": "{ hello }" /* hi */}',
    "NaN": with_variable("NaN"),
    "Infinity": with_variable("-Infinity"),
    "5,000 digits": with_variable("1" * 5_000),
    "beyond a double": with_variable("1e999"),
    "100,000 lists": b"[" * 100_000,
    "100,000 closed lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "101 levels": with_variable("[" * 99 + "]" * 99),
    "1,000 levels": with_variable("[" * 998 + "]" * 998),
    "NUL in a variable": with_variable(r'"a\u0000b"'),
    "NUL in a nested name": with_variable(r'{"x": [{"a\u0000": 1}]}'),
    "NUL in the query": rb'{"query": "{ hello }\u0000"}',
    "NUL in the operation's name": rb'{"query": "{ hello }", "operationName": "\u0000"}',
    "NUL in extensions": rb'{"query": "{ hello }", "extensions": {"a": ["\u0000"]}}',
    "raw NUL": b'{"query": "{ hello }\0"}',
    "high surrogate": with_variable(r'"\ud83d"'),
    "low surrogate": with_variable(r'"\uDE00 x"'),
    "surrogates reversed": with_variable(r'"\ude00\ud83d"'),
    "surrogate in a name": with_variable(r'{"\ud83d": 1}'),
    "surrogate beside a syntax error": rb'{"query": "\ud83d"',
    "surrogate and Latin-1": b'{"query": "\\ud83d\xff"}',
    "same name twice": b'{"query": "{ hello }", "query": "{ me }"}',
    "same name, escaped": rb'{"query": "{ hello }", "quer\u0079": "{ me }"}',
    "same name twice, deep": with_variable('[{"a": 1, "b": {"c": 1, "c": 1}}]'),
    "no query": b"{}",
    "misspelt query": b'{"qeury": "{ hello }"}',
    "null query": b'{"query": null}',
    "list as query": b'{"query": ["{ hello }"]}',
    "list as variables": b'{"query": "{ hello }", "variables": []}',
    "text as variables": b'{"query": "{ hello }", "variables": "{}"}',
    "number as variables": b'{"query": "{ hello }", "variables": 0}',
    "boolean as extensions": b'{"query": "{ hello }", "extensions": false}',
    "object as operation's name": b'{"query": "{ hello }", "operationName": {}}',
}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("name", BAD_BODIES)
async def test_bad_body(client: httpx.AsyncClient, api: Place, name: str, accept: str) -> None:
    answer = await client.post(api.url, content=BAD_BODIES[name], headers={**JSON, "Accept": accept})

    (only,) = answer.json()["errors"]
    assert (answer.status_code, only["extensions"]) == (400, {"code": "BAD_REQUEST"})
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("batch", "Batches are not supported: send one operation a request."),
        ("string", "The request must be a JSON object with a `query`."),
        ("same name, escaped", "An object in the JSON has the same name twice."),
        ("101 levels", "The JSON is nested more than 100 levels deep."),
        ("high surrogate", "A string contains a NUL or half of a surrogate pair, which no text may."),
        ("no query", "The request has no `query`."),
        ("list as query", "`query` must be a string."),
        ("text as variables", "`variables` must be an object."),
    ],
)
async def test_bad_body_is_told_why(client: httpx.AsyncClient, api: Place, name: str, sentence: str) -> None:
    answer = await client.post(api.url, content=BAD_BODIES[name], headers=JSON)

    assert answer.json()["errors"][0]["message"] == sentence


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r'"\\u0000"', r"\u0000"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\\ud83d"', r"\ud83d"),
        ('"a\\"b\\\\"', 'a"b\\'),
        (r'"{\"a\":1,\"a\":2}"', '{"a":1,"a":2}'),
        ('"\\\\\\":"', '\\":'),
        ('"' + "é" * 100_000 + '"', "é" * 100_000),
    ],
)
async def test_odd_but_good_text(client: httpx.AsyncClient, api: Place, raw: str, text: str) -> None:
    answer = await client.post(api.url, content=with_variable(raw), headers=JSON)

    assert answer.json() == {"data": {"echo": text}}


async def test_unknown_members_and_blanks_are_ignored(client: httpx.AsyncClient, api: Place) -> None:
    body = b'\n{"query"\t: "{ hello }" , "id" :7, "variables":null, "more": {"query" : [ {} , {"a":{} } ]}}\r\n'

    answer = await client.post(api.url, content=body, headers=JSON)

    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "world"}})


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "",
        ";",
    ],
)
async def test_other_content_types(client: httpx.AsyncClient, api: Place, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = await client.post(api.url, content=b'{"query": "{ hello }"}', headers=headers)

    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNSUPPORTED_MEDIA_TYPE"}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"; a'],
)
async def test_json_content_types(client: httpx.AsyncClient, api: Place, content_type: str) -> None:
    answer = await client.post(
        api.url,
        content=b'{"query": "{ hello }"}',
        headers={"Content-Type": content_type, "Content-Encoding": "identity"},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate, gzip"])
async def test_compressed_body(client: httpx.AsyncClient, api: Place, encoding: str) -> None:
    body = gzip.compress(b'{"query": "{ hello }"}')

    answer = await client.post(api.url, content=body, headers={**JSON, "Content-Encoding": encoding})

    sentence = "Send the body uncompressed; Content-Encoding is not supported."
    assert answer.status_code == 415
    assert answer.json()["errors"] == [{"message": sentence, "extensions": {"code": "UNSUPPORTED_MEDIA_TYPE"}}]


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%7Bhello%7D&query=%7Bme%7D",
        "query=%7Bhello%7D%00",
        "query=%7Bhello%7D&operationName=%00",
        "query=%FF",
        "query=%ED%A0%80",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&variables=[]",
        "query=%7Bhello%7D&variables=1",
        "query=%7Bhello%7D&extensions=%22a%22",
        "query=%7Bhello%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A1%7D",
        "query=%7Bhello%7D&variables=%7B%22a%22%3A%22%5Cu0000%22%7D",
        "query=%7Bhello%7D&variables=" + "[" * 10_000,
        "&".join(f"a{number}=1" for number in range(1_000)),
    ],
)
async def test_bad_query_string(client: httpx.AsyncClient, api: Place, query_string: str) -> None:
    answer = await client.get(f"{api.url}?{query_string}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.fixture
def tight(site: Site, engine: SmallEngine) -> Place:
    """An API that takes 1,000 bytes and has little patience."""
    return site.place(GraphQLHTTP(engine, limit=BodyLimit(size=1_000, patience=timedelta(seconds=0.1))))


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


async def test_endless_chunks_are_cut_off(tight: Place) -> None:
    connection = await RawConnection.to(tight)

    connection.post("Transfer-Encoding: chunked", b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")

    assert await connection.status() == 413


@pytest.mark.parametrize(("sent", "status"), [(b"{", 408), (b"x" * 1_500, 413)])
async def test_body_that_never_ends(tight: Place, sent: bytes, status: int) -> None:
    connection = await RawConnection.to(tight)

    connection.post("Content-Length: 2000", sent)

    assert await connection.status() == status


async def test_client_that_hangs_up_is_forgotten(site: Site, tight: Place, engine: SmallEngine) -> None:
    connection = await RawConnection.to(tight)
    connection.post("Content-Length: 900", b"{")
    connection.writer.close()
    await connection.writer.wait_closed()

    while site.server.server_state.tasks:
        await asyncio.wait(list(site.server.server_state.tasks))

    assert engine.shown == []


async def test_client_that_hangs_up_during_a_mutation(site: Site, api: Place, engine: SmallEngine) -> None:
    connection = await RawConnection.to(api)
    body = b'{"query": "mutation { waitingAdd }"}'
    connection.post(f"Content-Length: {len(body)}", body)
    await engine.entered.wait()
    connection.writer.close()
    await connection.writer.wait_closed()

    engine.gate.set()
    while site.server.server_state.tasks:
        await asyncio.wait(list(site.server.server_state.tasks))

    assert engine.total == 1
