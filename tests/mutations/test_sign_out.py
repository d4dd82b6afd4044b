"""signOut"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.client import Client, Problem
from tests.credentials import facts
from tests.mutations.test_sign_in import VIEWER
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SIGN_OUT = "mutation { signOut { ... on SignedOut { at } ... on Problem { message } } }"


async def test_a_session_ends_and_its_cookie_goes(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    browser = helpdesk.customer.with_cookie(await world.session_of(world.customer))
    another = helpdesk.customer.with_cookie(await world.session_of(world.customer))
    assert (await browser.query(VIEWER))["viewer"]["role"] == "CUSTOMER"

    answer = await browser.post(SIGN_OUT)

    assert answer.json()["data"]["signOut"]["at"]
    assert answer.headers["set-cookie"] == "helpdesk_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    assert (await browser.post(VIEWER)).status_code == 401
    assert (await another.post(VIEWER)).status_code == 200
    assert await facts(world, "SessionEnded") == [(world.customer.user_id, "admin")]


async def test_with_an_idempotency_key_too(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    browser = helpdesk.agent.with_cookie(await world.session_of(world.agent))

    answer = await browser.keyed("leaving").post(SIGN_OUT)

    assert answer.headers["set-cookie"].startswith("helpdesk_session=; Max-Age=0")
    assert (await browser.post(VIEWER)).status_code == 401


async def test_a_token_has_no_session_to_leave(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.agent.sign_out()

    assert result == Problem(
        "NOT_ALLOWED", "Only who is signed in by a session can sign out. A token is ended by revokeApiToken."
    )
    assert (await helpdesk.agent.post(VIEWER)).status_code == 200


async def test_nobody_can_not_leave(client: Callable[[str], Client]) -> None:
    assert (await client("").post(SIGN_OUT)).status_code == 401
