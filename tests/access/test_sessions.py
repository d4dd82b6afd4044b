"""How long tokens and sessions last, what coming in costs, and by which doors a cookie lets in"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from graphql_api.context import Services
from graphql_api.ids import decode
from models.actors import Role
from models.database import Database
from resolvers.last_uses import LastUses
from resolvers.sessions import forget_expired_sessions
from resolvers.throttle import forget_old_tries
from tests.client import Client
from tests.credentials import PASSWORD, Clock, a_door, an_account, cookie_of
from tests.mutations.test_sign_in import SIGN_IN, VIEWER, an_email
from tests.queries.test_statements import counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Nobody = Callable[[str], Client]


async def test_coming_in_again_takes_no_statement_of_its_own_whichever_way(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    world, role = helpdesk.world, "{ viewer { role user { name } organization { name } } }"
    cookie = await world.session_of(world.agent)

    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        nobody, ran = Client(http, ""), []
        for by in (
            Client(http, world.token(Role.AGENT)),
            nobody.with_cookie(cookie),
            nobody.with_cookie("hs_made_up"),
        ):
            await by.post(role)
            statements.clear()
            await by.post(role)
            ran.append(len(statements))

    # The viewer's user and organization; whoever does not come in is looked up, and asks for nothing more.
    assert ran == [2, 2, 1]


async def test_a_session_lasts_while_it_is_used(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk, email, clock, last_uses = await a_helpdesk(), an_email(), Clock(), LastUses()
    await an_account(helpdesk.world, email)
    async with a_door(database_url, services, clock, last_uses) as nobody:
        begun = await nobody.post(SIGN_IN, email=email, password=PASSWORD)
        browser = nobody.with_cookie(cookie_of(begun))
        fresh = await browser.post(VIEWER)
        for _ in range(3):
            clock.now += timedelta(days=13)
            answer = await browser.post(VIEWER)
            await last_uses.write(helpdesk.world.database)
        ends = (await browser.query(VIEWER))["viewer"]["expiresAt"]
        clock.now += timedelta(days=14)
        late = await browser.post(VIEWER)
        again = await browser.post(SIGN_IN, email=email, password=PASSWORD)

    assert "set-cookie" not in fresh.headers
    assert answer.status_code == 200
    assert answer.headers["set-cookie"] == begun.headers["set-cookie"]
    assert datetime.fromisoformat(ends) == clock.now
    assert late.status_code == 401
    assert "set-cookie" not in late.headers
    # A cookie that is worth nothing keeps nobody from signing in.
    assert cookie_of(again) not in {"", cookie_of(begun)}


async def test_uses_are_written_once_a_minute(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk, clock, last_uses = await a_helpdesk(), Clock(), LastUses()
    database, token = helpdesk.world.database, helpdesk.agent.token
    written: list[Any] = []
    async with a_door(database_url, services, clock, last_uses) as nobody:
        program = Client(nobody.http, token)
        for seconds in (0, 30, 60):
            start = clock.now
            clock.now += timedelta(seconds=seconds)
            await asyncio.gather(*(program.query(VIEWER) for _ in range(3)))
            await last_uses.write(database)
            (shown,) = (await helpdesk.agent.query("{ apiTokens { lastUsedAt } }"))["apiTokens"]
            written.append(datetime.fromisoformat(shown["lastUsedAt"]))

    assert written == [start - timedelta(seconds=30), start - timedelta(seconds=30), clock.now]


async def test_what_has_expired_is_removed(a_helpdesk: Make, database: Database, client: Nobody) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    cookies = [await world.session_of(world.agent) for _ in range(2)]
    await client("").sign_in(email=an_email(), password="wrong")
    await database.execute(
        "UPDATE support_session SET expires_at = now() - interval '1 s' WHERE organization_id = $1 AND id ="
        " (SELECT min(id::text)::uuid FROM support_session WHERE organization_id = $1)",
        world.id,
    )
    await database.execute("UPDATE support_sign_in_throttle SET since = now() - interval '2 minutes'")

    await forget_expired_sessions(database)
    await forget_old_tries(database)

    left = [(await helpdesk.agent.with_cookie(cookie).post(VIEWER)).status_code for cookie in cookies]
    assert left == [401, 200]
    assert await database.fetchval("SELECT count(*) FROM support_session WHERE organization_id = $1", world.id) == 1
    assert await database.fetchval("SELECT count(*) FROM support_sign_in_throttle") == 0


async def test_a_session_follows_its_member(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    person = await world.member(Role.AGENT)
    browser = helpdesk.agent.with_cookie(await world.session_of(person))
    member_id = f"usr_{person.user_id.hex if person.user_id else ''}"

    await helpdesk.admin.change_member_role(user_id=member_id, role="ANALYST")
    assert (await browser.query(VIEWER))["viewer"]["role"] == "ANALYST"
    await helpdesk.admin.remove_member(input={"user_id": member_id})
    assert (await browser.post(VIEWER)).status_code == 401


async def test_whoever_signed_in_makes_tokens_for_ever(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))

    made = await browser.create_api_token(input={"name": "Nightly", "role": "AGENT"})

    assert made["token"].startswith("hd_")


@pytest.mark.parametrize(("headers", "status"), [({}, 403), ({"GraphQL-Require-Preflight": "1"}, 200)])
async def test_a_get_with_a_cookie_says_that_it_is_no_link(
    a_helpdesk: Make, headers: dict[str, str], status: int
) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))

    sent = {**browser.headers, **headers}
    answer = await browser.http.get("/graphql", params={"query": "{ viewer { role } }"}, headers=sent)

    assert answer.status_code == status


async def test_a_socket_opens_with_the_cookie_of_its_handshake(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))

    async with browser.knocking() as socket:
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": "{ viewer { role } }"}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        assert json.loads(await socket.recv())["payload"]["data"] == {"viewer": {"role": "AGENT"}}


async def test_and_not_with_one_whose_session_has_ended(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    await browser.post("mutation { signOut { __typename } }")

    async with browser.knocking() as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (4403, "Your session has ended: sign in again.")


async def test_an_event_stream_opens_with_a_cookie(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))

    sent = {**browser.headers, "Accept": "text/event-stream"}
    answer = await browser.http.post("/graphql/stream", json={"query": "{ viewer { role } }"}, headers=sent)

    assert '"viewer":{"role":"AGENT"}' in answer.text


async def test_a_tokens_key_is_not_its_text(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    token = await helpdesk.world.api_token(helpdesk.world.agent)

    assert decode("tok", token)
    assert (await Client(helpdesk.agent.http, token).post(VIEWER)).status_code == 401
