"""signIn"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from graphql_api.context import Services
from models.fields import new_id
from tests.client import Client, Problem
from tests.credentials import PASSWORD, Clock, a_door, an_account, cookie_of, facts
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Nobody = Callable[[str], Client]

SIGN_IN = """mutation($email: String!, $password: String!, $organization: String) {
  signIn(email: $email, password: $password, organization: $organization) { __typename
    ... on Session { expiresAt user { name role } organization { slug } }
    ... on Problem { code message path } } }"""
VIEWER = "{ viewer { role expiresAt user { name } organization { id } } }"
WRONG = Problem("NOT_ALLOWED", "The e-mail address or the password is wrong.")
LIFE = "Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"


def an_email() -> str:
    """An address that nobody else has."""
    return f"{new_id().hex}@example.test"


async def slug_of(helpdesk: Helpdesk) -> str:
    """The organization's slug."""
    return str((await helpdesk.admin.query("{ viewer { organization { slug } } }"))["viewer"]["organization"]["slug"])


async def test_a_password_begins_a_session(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    member = await an_account(helpdesk.world, email)

    answer = await client("").post(SIGN_IN, email=f" {email.upper()} ", password=PASSWORD)

    session = answer.json()["data"]["signIn"]
    assert session["user"] == {"name": "Somebody", "role": "AGENT"}
    assert session["organization"] == {"slug": await slug_of(helpdesk)}
    cookie = cookie_of(answer)
    assert answer.headers["set-cookie"] == f"helpdesk_session={cookie}; {LIFE}"
    viewer = (await client("").with_cookie(cookie).query(VIEWER))["viewer"]
    assert (viewer["role"], viewer["user"]["name"]) == ("AGENT", "Somebody")
    assert viewer["expiresAt"] == session["expiresAt"]
    assert await facts(helpdesk.world, "SessionStarted") == [(member.id, "admin")]


async def test_a_cookie_is_kept_nowhere_and_new_each_time(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email)

    cookies = {cookie_of(await client("").post(SIGN_IN, email=email, password=PASSWORD)) for _ in range(3)}

    assert len(cookies) == 3
    rows = await helpdesk.world.database.fetch("SELECT s::text AS text FROM support_session s")
    assert not [row for row in rows if any(cookie[3:] in row["text"] for cookie in cookies)]


async def test_over_https_the_cookie_is_secure(a_helpdesk: Make, client: Nobody, server_url: str) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email)
    somebody = client("")
    page = replace(somebody, headers={**somebody.headers, "Origin": server_url.replace("http", "https", 1)})

    answer = await page.post(SIGN_IN, email=email, password=PASSWORD)

    assert answer.headers["set-cookie"].endswith(f"; {LIFE}; Secure")


async def test_who_does_not_get_in_learns_nothing(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, known, removed = await a_helpdesk(), an_email(), an_email()
    await an_account(helpdesk.world, known)
    gone = await an_account(helpdesk.world, removed)
    await helpdesk.world.database.execute("UPDATE support_membership SET deactivated_at = now() WHERE id = $1", gone.id)

    tries = [(known, "another password"), (known, ""), (known, "x" * 100_000), (an_email(), PASSWORD)]
    for email, password in [*tries, (removed, PASSWORD), ("nobody", PASSWORD), ("", "")]:
        assert await client("").sign_in(email=email, password=password) == WRONG
    answer = await client("").post(SIGN_IN, email=known, password="another password")
    assert "set-cookie" not in answer.headers
    assert await facts(helpdesk.world, "SessionStarted") == []


async def test_the_same_password_from_another_keyboard(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email, password="caf\u00e9 au lait, please")

    assert "expiresAt" in await client("").sign_in(email=email, password="cafe\u0301 au lait, please")


async def test_whoever_belongs_to_several_says_where_to(a_helpdesk: Make, client: Nobody) -> None:
    one, two, email = await a_helpdesk(), await a_helpdesk(), an_email()
    await an_account(one.world, email)
    await an_account(two.world, email)
    slugs = sorted([await slug_of(one), await slug_of(two)])
    message = f"Say which organization to sign in to. Yours: {slugs[0]}, {slugs[1]}."

    for given in ({}, {"organization": "elsewhere"}):
        result = await client("").sign_in(email=email, password=PASSWORD, **given)
        assert result == Problem("INVALID_INPUT", message, ("organization",))
    assert await client("").sign_in(email=email, password="a wrong one, this", organization=slugs[0]) == WRONG
    answer = await client("").post(SIGN_IN, email=email, password=PASSWORD, organization=await slug_of(two))
    assert answer.json()["data"]["signIn"]["organization"] == {"slug": await slug_of(two)}


async def test_signing_in_anew_ends_the_browsers_session(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    member = await an_account(helpdesk.world, email)
    browser = client("")
    old = cookie_of(await browser.post(SIGN_IN, email=email, password=PASSWORD))

    new = cookie_of(await browser.with_cookie(old).post(SIGN_IN, email=email, password=PASSWORD))

    assert (await browser.with_cookie(new).post(VIEWER)).status_code == 200
    assert (await browser.with_cookie(old).post(VIEWER)).status_code == 401
    assert await facts(helpdesk.world, "SessionEnded") == [(member.id, "admin")]


async def test_two_in_one_request_leave_one_session(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email)
    tries = (f"{name}: signIn(email: $e, password: $p) {{ __typename }}" for name in ("a", "b"))
    twice = f"mutation($e: String!, $p: String!) {{ {' '.join(tries)} }}"

    answer = await client("").post(twice, e=email, p=PASSWORD)

    assert answer.json()["data"] == {"a": {"__typename": "Session"}, "b": {"__typename": "Session"}}
    assert answer.headers.get_list("set-cookie") == [answer.headers["set-cookie"]]
    assert (await client("").with_cookie(cookie_of(answer)).post(VIEWER)).status_code == 200
    assert len(await facts(helpdesk.world, "SessionEnded")) == 1


async def test_a_password_kept_by_old_rules_is_kept_by_new_ones(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    member = await an_account(helpdesk.world, email)
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    database = helpdesk.world.database
    await database.execute("UPDATE support_user SET password_hash = $2 WHERE email = $1", email, old)

    assert "expiresAt" in await client("").sign_in(email=email, password=PASSWORD)

    stored = await database.fetchval(
        "SELECT password_hash FROM support_user u JOIN support_membership m ON m.user_id = u.id WHERE m.id = $1",
        member.id,
    )
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert "expiresAt" in await client("").sign_in(email=email, password=PASSWORD)


async def test_no_word_of_a_password_in_the_log(
    a_helpdesk: Make, client: Nobody, caplog: pytest.LogCaptureFixture
) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email)
    caplog.set_level(logging.DEBUG)

    for password in (PASSWORD, "wrong-but-close-to-it"):
        answer = await client("").post(SIGN_IN, email=email, password=password)
        assert password not in answer.text
        assert password not in caplog.text


# How often


def batch(times: int, email: str, password: str = "wrong, as it happens") -> str:
    """A document that tries so often."""
    tries = " ".join(
        f't{n}: signIn(email: "{email}", password: "{password}") {{ ... on Problem {{ code message }} }}'
        for n in range(times)
    )
    return f"mutation {{ {tries} }}"


async def test_ten_tries_a_minute_in_one_request_too(database_url: str, services: Services, a_helpdesk: Make) -> None:
    helpdesk, email, clock = await a_helpdesk(), an_email(), Clock()
    await an_account(helpdesk.world, email)
    async with a_door(database_url, services, clock) as nobody:
        answer = await nobody.post(batch(20, email))
        codes = [each["code"] for each in answer.json()["data"].values()]
        clock.now += timedelta(seconds=20)
        later = await nobody.post(SIGN_IN, email=email, password=PASSWORD)
        clock.now += timedelta(seconds=40)
        after = await nobody.sign_in(email=email, password=PASSWORD)

    assert codes == ["NOT_ALLOWED"] * 10 + ["RATE_LIMITED"] * 10
    assert answer.headers.get_list("retry-after") == ["60"]
    assert later.json()["data"]["signIn"] == {
        "__typename": "Problem",
        "code": "RATE_LIMITED",
        "message": "Too many tries to get in. Try again in 40 seconds.",
        "path": [],
    }
    assert later.headers["retry-after"] == "40"
    assert "expiresAt" in after


async def test_tries_at_an_account_count_from_wherever_they_come(client: Nobody) -> None:
    email = an_email()

    results = await asyncio.gather(*(client("").sign_in(email=email, password="wrong") for _ in range(15)))

    assert sorted(result.code for result in results) == ["NOT_ALLOWED"] * 10 + ["RATE_LIMITED"] * 5


async def test_tries_of_an_address_count_whatever_account_they_are_at(client: Nobody) -> None:
    somebody = client("")

    codes = [(await somebody.sign_in(email=an_email(), password="wrong")).code for _ in range(12)]

    assert codes == ["NOT_ALLOWED"] * 10 + ["RATE_LIMITED"] * 2


async def test_one_address_does_not_use_up_an_accounts_tries_for_long(
    database_url: str, services: Services, a_helpdesk: Make
) -> None:
    helpdesk, email, clock = await a_helpdesk(), an_email(), Clock()
    await an_account(helpdesk.world, email)
    async with a_door(database_url, services, clock) as attacker:
        await attacker.post(batch(60, email))
        clock.now += timedelta(seconds=60)

        assert "expiresAt" in await replace(attacker, headers={"X-Forwarded-For": "198.51.100.7"}).sign_in(
            email=email, password=PASSWORD
        )


# From where


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_no_other_sites_page_signs_its_visitors_in(
    a_helpdesk: Make, client: Nobody, headers: dict[str, str], status: int
) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    await an_account(helpdesk.world, email)
    body = json.dumps({"query": SIGN_IN, "variables": {"email": email, "password": PASSWORD}})
    sent = {"Content-Type": "application/json", **client("").headers, **headers}

    answer = await client("").http.post("/graphql", content=body, headers=sent)

    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) is (status == 200)


async def test_nobody_signs_in_by_get(client: Nobody) -> None:
    query = 'mutation { signIn(email: "a@example.test", password: "x") { __typename } }'

    assert (await client("").http.get("/graphql", params={"query": query})).status_code == 405


NO_COOKIE = "Do this by an ordinary HTTP request: a socket or an event stream can set no cookie."


async def test_nobody_signs_in_where_no_cookie_can_be_set(client: Nobody) -> None:
    payload = {"query": SIGN_IN, "variables": {"email": "a@example.test", "password": PASSWORD}}
    problem = {"__typename": "Problem", "code": "NOT_ALLOWED", "message": NO_COOKIE, "path": []}

    async with client("").socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        over_socket = json.loads(await socket.recv())["payload"]
    headers = {"Accept": "text/event-stream"}
    stream = await client("").http.post("/graphql/stream", json=payload, headers=headers)

    assert over_socket["data"] == {"signIn": problem}
    assert json.dumps(problem, separators=(",", ":")) in stream.text
    assert "set-cookie" not in stream.headers
