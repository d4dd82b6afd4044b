"""Whatever is sent as a request gets an answer with a code: never a 5xx."""

from __future__ import annotations

import gzip

import httpx
import pytest

from tests.transport.site import Place

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
