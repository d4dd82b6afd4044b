"""Pages of other sites: what their visitors' browsers may be made to send, and who may call on purpose."""

from __future__ import annotations

import httpx
import pytest

from graphql_api.transport.http import GraphQLHTTP
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, Site

FRIEND = "https://app.example"
COOKIE = {"Cookie": "helpdesk_session=s3ssion"}


@pytest.fixture
def session(engine: SmallEngine) -> None:
    engine.admit("s3ssion")


@pytest.fixture
def shared(site: Site, engine: SmallEngine) -> Place:
    """An API that a friend's pages may call."""
    return site.place(GraphQLHTTP(engine, allowed_origins=[FRIEND]))


def own(place: Place) -> str:
    return f"http://{place.authority}"


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Content-Type": "application/json"}, 200),
        ({"GraphQL-Require-Preflight": "1"}, 200),
        ({"Apollo-Require-Preflight": "true"}, 200),
        ({"X-Requested-With": "XMLHttpRequest"}, 200),
    ],
)
async def test_get_with_a_cookie(client: httpx.AsyncClient, api: Place, headers: dict[str, str], status: int) -> None:
    answer = await client.get(api.url, params={"query": "{ me }"}, headers={**COOKIE, **headers})

    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"data": {"me": "agent"}}
    else:
        sentence = "With a cookie, a GET request needs the header `GraphQL-Require-Preflight: 1`."
        assert answer.json() == {"errors": [{"message": sentence, "extensions": {"code": "FORBIDDEN"}}]}


async def test_get_without_a_cookie_needs_no_header(client: httpx.AsyncClient, api: Place) -> None:
    answer = await client.get(api.url, params={"query": "{ hello }"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("own", 200),
        (FRIEND, 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
        ("https://{}.evil.example", 403),
        ("http://evil.example/{}", 403),
    ],
)
async def test_post_with_a_cookie(client: httpx.AsyncClient, api: Place, origin: str | None, status: int) -> None:
    origin = own(api) if origin == "own" else origin and origin.format(api.authority)
    headers = COOKIE if origin is None else {**COOKIE, "Origin": origin}

    answer = await client.post(api.url, json={"query": "mutation { add }"}, headers=headers)

    assert answer.status_code == status


@pytest.mark.usefixtures("session")
async def test_listed_origin_may_use_its_visitors_cookie(client: httpx.AsyncClient, shared: Place) -> None:
    answer = await client.post(shared.url, json={"query": "{ me }"}, headers={**COOKIE, "Origin": FRIEND})

    assert answer.json() == {"data": {"me": "agent"}}
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize(("origin", "allowed"), [(FRIEND, FRIEND), ("https://elsewhere.example", None)])
async def test_preflight(client: httpx.AsyncClient, shared: Place, origin: str, allowed: str | None) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    answer = await client.options(shared.url, headers={"Origin": origin, **asked})

    assert answer.headers.get("access-control-allow-origin") == allowed
    assert (answer.status_code == 200) is (allowed is not None)
