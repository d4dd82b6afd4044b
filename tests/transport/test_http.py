"""GraphQL over HTTP: methods, statuses and media types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graphql_api.requests import Credentials
from graphql_api.transport.http import GraphQLHTTP
from tests.transport.engine import Incident, SmallEngine
from tests.transport.site import Place, Site

JSON = "application/json; charset=utf-8"
NEWER = "application/graphql-response+json; charset=utf-8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def error(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


async def test_query_by_post(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.post(
        api.url, json={"query": "query A($t: String!) { echo(text: $t) }", "variables": {"t": "ü"}}
    )

    assert (answer.status_code, answer.json()) == (200, {"data": {"echo": "ü"}})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_query_by_get(client: httpx.AsyncClient, api: Place) -> None:
    parameters = {
        "query": "query A($t: String!) { echo(text: $t) } query B { hello }",
        "operationName": "A",
        "variables": '{"t": "a b+c"}',
        "extensions": "",
    }

    answer = await client.get(api.url, params=parameters)

    assert (answer.status_code, answer.json()) == (200, {"data": {"echo": "a b+c"}})


async def test_mutation_by_post(client: httpx.AsyncClient, api: Place, engine: SmallEngine) -> None:
    answer = await client.post(api.url, json={"query": "mutation { add(by: 3) }"})

    assert (answer.json(), engine.total) == ({"data": {"add": 3}}, 3)


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_mutation_by_get_is_refused(
    client: httpx.AsyncClient, api: Place, engine: SmallEngine, accept: str
) -> None:
    answer = await client.get(api.url, params={"query": "mutation { add }"}, headers={"Accept": accept})

    assert (answer.status_code, answer.headers["allow"], engine.total) == (405, "POST", 0)
    assert answer.json() == error("Mutations must be sent by POST.", "METHOD_NOT_ALLOWED")


async def test_subscription_needs_another_transport(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.post(api.url, json={"query": "subscription { count(to: 1) }"})

    sentence = "Subscribe over a WebSocket (graphql-transport-ws) or event stream."
    assert (answer.status_code, answer.json()) == (400, error(sentence, "BAD_REQUEST"))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "QUERY"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, api: Place, method: str) -> None:
    answer = await client.request(method, api.url, json={"query": "{ hello }"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert answer.json() == error("Use one of GET, HEAD, POST, OPTIONS.", "METHOD_NOT_ALLOWED")


async def test_head_is_get_without_a_body(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.head(api.url, params={"query": "{ hello }"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len('{"data":{"hello":"world"}}'))


async def test_head_can_not_mutate(client: httpx.AsyncClient, api: Place, engine: SmallEngine) -> None:
    answer = await client.head(api.url, params={"query": "mutation { add }"})

    assert (answer.status_code, engine.total) == (405, 0)


async def test_options_says_what_is_allowed_and_nothing_of_other_origins(client: httpx.AsyncClient, api: Place) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}

    answer = await client.options(api.url, headers=headers)

    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/graphql-response+json", NEWER),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", NEWER),
        ("application/json, application/graphql-response+json", NEWER),
        ("application/graphql-response+json;q=0.5, application/json;q=0.9", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0, */*", NEWER),
        ("application/json;q=0.1, */*;q=0.9", NEWER),
        ("application/graphql-response+json, application/graphql+json, text/event-stream, multipart/mixed", NEWER),
        ("text/html, */*;q=0.1", JSON),
        (BROWSER, JSON),
    ],
)
async def test_accept_decides_the_media_type(
    client: httpx.AsyncClient, api: Place, accept: str | None, content_type: str
) -> None:
    request = client.build_request("POST", api.url, json={"query": "{ hello }"})
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept

    answer = await client.send(request)

    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/event-stream",
        "application/json;q=0",
        "application/json;q=nan",
        "application/json;q=x",
        "application/json; charset=utf-16",
        "application/json;q=0, application/graphql-response+json;q=0, */*",
        ";,;",
    ],
)
async def test_nothing_acceptable(client: httpx.AsyncClient, api: Place, accept: str) -> None:
    answer = await client.post(api.url, json={"query": "{ hello }"}, headers={"Accept": accept})

    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A($t: String!) { echo(text: $t) }", {"t": None}, "BAD_USER_INPUT"),
    ],
)
@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("application/graphql-response+json", 400)])
async def test_document_that_can_not_run(
    client: httpx.AsyncClient, api: Place, query: str, variables: dict[str, Any], code: str, accept: str, status: int
) -> None:
    answer = await client.post(api.url, json={"query": query, "variables": variables}, headers={"Accept": accept})

    assert answer.status_code == status
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_field_error_leaves_the_status(client: httpx.AsyncClient, api: Place) -> None:
    accept = {"Accept": "application/graphql-response+json"}

    answer = await client.post(api.url, json={"query": "{ broken hello }"}, headers=accept)

    assert (answer.status_code, answer.json()["data"]) == (200, {"broken": None, "hello": "world"})


async def test_persisted_query_needs_no_text(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.post(api.url, json={"extensions": {"persistedQuery": {"sha256Hash": "0"}}})

    assert (answer.status_code, answer.json()) == (200, error("Unknown hash.", "PERSISTED_QUERY_NOT_FOUND"))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_token(client: httpx.AsyncClient, api: Place, engine: SmallEngine, scheme: str) -> None:
    token = engine.admit("t0ken")

    answer = await client.post(api.url, json={"query": "{ me }"}, headers={"Authorization": f"{scheme} {token}"})

    assert answer.json() == {"data": {"me": "agent"}}


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        ("Bearer nobody", "The token is not known."),
        ("Bearer", "Authorization must be `Bearer` and a token."),
        ("Basic dXNlcjpwYXNz", "Authorization must be `Bearer` and a token."),
        ("", "Authorization must be `Bearer` and a token."),
        ("Bearer t\u00f6ken", "Authorization must be `Bearer` and a token."),
    ],
)
async def test_bad_token(client: httpx.AsyncClient, api: Place, authorization: str, sentence: str) -> None:
    answer = await client.post(
        api.url, json={"query": "{ me }"}, headers=[(b"Authorization", authorization.encode("latin-1"))]
    )

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == error(sentence, "UNAUTHENTICATED")


async def test_token_comes_before_the_cookie(client: httpx.AsyncClient, api: Place, engine: SmallEngine) -> None:
    engine.admit("t0ken")
    headers = {"Authorization": "Bearer t0ken", "Cookie": "helpdesk_session=s3ssion"}

    await client.post(api.url, json={"query": "{ me }"}, headers=headers)

    assert engine.shown == [Credentials(bearer="t0ken")]


async def test_outage_keeps_its_status_and_headers(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.post(api.url, json={"query": "{ me }"}, headers={"Authorization": "Bearer outage"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == error("The database is away.", "UNAVAILABLE")


async def test_bug_is_masked_and_logged(
    client: httpx.AsyncClient, api: Place, incident: Callable[[], Incident]
) -> None:
    answer = await client.post(api.url, json={"query": "{ me }"}, headers={"Authorization": "Bearer bug"})

    logged = incident()
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert logged.id in answer.text
    assert "hunter2" in logged.traceback and "hunter2" not in answer.text


async def greet(request: Request) -> Response:
    return HTMLResponse(f"<h1>{request.url.path}</h1>")


@pytest.mark.parametrize(
    ("method", "parameters", "accept", "is_page"),
    [
        ("GET", {}, BROWSER, True),
        ("HEAD", {}, BROWSER, True),
        ("GET", {"query": "{ hello }"}, BROWSER, False),
        ("GET", {}, "*/*", False),
        ("GET", {}, "application/json, text/html;q=0.5", False),
        ("POST", {}, BROWSER, False),
    ],
)
async def test_page_for_browsers(
    client: httpx.AsyncClient,
    site: Site,
    engine: SmallEngine,
    method: str,
    parameters: dict[str, str],
    accept: str,
    is_page: bool,
) -> None:
    api = site.place(GraphQLHTTP(engine, page=greet))

    answer = await client.request(method, f"{api.url}?{urlencode(parameters)}", headers={"Accept": accept})

    assert answer.headers["content-type"].startswith("text/html") is is_page
