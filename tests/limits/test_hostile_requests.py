"""Hostile requests against the real engine: a code for each, and nothing in the log"""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest

from tests.client import Client
from tests.transport.test_hostile_input import BAD_BODIES
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ECHO = "query A($t: ID!) { node(id: $t) { id } }"


@pytest.fixture(autouse=True)
def quiet_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client does makes the server log an error, let alone a traceback."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


async def send(by: Client, body: bytes, **headers: str) -> httpx.Response:
    """The answer to a body as it is."""
    shown = {"Authorization": f"Bearer {by.token}", "Content-Type": "application/json", **headers}
    return await by.http.post("/graphql", content=body, headers=shown, timeout=60)


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_every_bad_body_gets_a_code(a_helpdesk: Make, accept: str) -> None:
    helpdesk = await a_helpdesk()

    for name, body in BAD_BODIES.items():
        real = body.replace(b"query A($t: String!) { echo(text: $t) }", ECHO.encode())
        answer = await send(helpdesk.agent, real, Accept=accept)
        codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
        assert (answer.status_code, codes) == (400, {"BAD_REQUEST"}), name


async def test_twenty_megabytes(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    body = json.dumps({"query": ECHO, "variables": {"t": "x" * 20_000_000}}).encode()

    answer = await send(helpdesk.agent, body)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (413, {"code": "PAYLOAD_TOO_LARGE"})


async def test_bodies_in_other_forms(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    body = json.dumps({"query": "{ viewer { role } }"}).encode()

    zipped = await send(helpdesk.agent, gzip.compress(body), **{"Content-Encoding": "gzip"})
    form = await send(helpdesk.agent, body, **{"Content-Type": "application/x-www-form-urlencoded"})

    for answer in (zipped, form):
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (
            415,
            {"code": "UNSUPPORTED_MEDIA_TYPE"},
        )


CURSORS = [
    "",
    "x",
    "=" * 500,
    "W10",
    "bnVsbA",
    "eyJhIjoxfQ",
    "WzFd",
    "💥",
    "A" * 100_000,
    "W" + "1" * 400,
    "////",
    "-_-_",
]


@pytest.mark.parametrize("argument", ["after", "before"])
async def test_forged_cursors(a_helpdesk: Make, argument: str) -> None:
    helpdesk = await a_helpdesk()

    for cursor in CURSORS:
        text = f"query($c: String) {{ tickets({argument}: $c) {{ totalCount }} }}"
        body = (await helpdesk.agent.post(text, c=cursor)).json()
        assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID_INPUT"], cursor


async def test_a_get_needs_no_more_than_a_token(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    text = {"query": "{ viewer { role } }"}
    token = {"Authorization": f"Bearer {helpdesk.agent.token}"}
    change = {"query": 'mutation { resolveTicket(ticketId: "x") { __typename } }'}

    read = await helpdesk.agent.http.get("/graphql", params=text, headers=token)
    changed = await helpdesk.agent.http.get("/graphql", params=change, headers=token)
    by_cookie = await helpdesk.agent.http.get("/graphql", params=text, headers={"Cookie": "helpdesk_session=x"})

    assert read.json()["data"] == {"viewer": {"role": "AGENT"}}
    assert (changed.status_code, changed.headers["allow"]) == (405, "POST")
    assert (by_cookie.status_code, by_cookie.json()["errors"][0]["extensions"]) == (403, {"code": "FORBIDDEN"})
    assert "GraphQL-Require-Preflight" in by_cookie.json()["errors"][0]["message"]


async def test_long_names_are_not_told_back_at_length(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    name = "a" * 90_000

    for text in (
        f"{{ {name} }}",
        f"{{ viewer {{ {name} }} }}",
        f"query {name} {{ {name}",
        f"{{ viewer(x: ${name}) {{ role }} }}",
    ):
        answer = await helpdesk.agent.post(text)
        assert answer.json()["errors"]
        assert len(answer.content) < 20_000, text[:20]
