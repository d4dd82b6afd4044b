"""Paths beside /graphql: each answer has a code, as GraphQL's own have"""

from __future__ import annotations

import httpx
import pytest

NOT_HERE = {"message": "There is nothing here; GraphQL is at /graphql.", "extensions": {"code": "NOT_FOUND"}}
NO_METHOD = {"message": "This takes no such method.", "extensions": {"code": "METHOD_NOT_ALLOWED"}}


@pytest.mark.parametrize("path", ["/", "/graph", "/graphql/nothing", "/api/v1/tickets", "/%00", "/graphql/assets/x.js"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_unknown_path_says_where_the_api_is(
    client: httpx.AsyncClient, server_url: str, method: str, path: str
) -> None:
    answer = await client.request(method, f"{server_url}{path}")

    assert (answer.status_code, answer.json()) == (404, {"errors": [NOT_HERE]})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_method_that_a_path_does_not_take_is_refused(client: httpx.AsyncClient, server_url: str) -> None:
    answer = await client.post(f"{server_url}/healthz")

    assert (answer.status_code, answer.json()) == (405, {"errors": [NO_METHOD]})
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_a_process_that_is_alive_says_so(client: httpx.AsyncClient, server_url: str) -> None:
    answer = await client.get(f"{server_url}/healthz")

    assert (answer.status_code, answer.text) == (200, "ok")
