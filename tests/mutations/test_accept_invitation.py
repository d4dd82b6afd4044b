"""acceptInvitation"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from graphql_api.context import Services
from models.actors import Role
from models.database import utc_now
from models.fields import new_id
from tests.client import Client, Problem
from tests.credentials import PASSWORD, Clock, a_door, an_account, an_invitation, cookie_of, facts
from tests.mutations.test_sign_in import VIEWER, an_email
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Nobody = Callable[[str], Client]

ACCEPT = """mutation($token: String!, $password: String!) { acceptInvitation(token: $token, password: $password) {
  __typename ... on Session { user { name role } } ... on Problem { code message path } } }"""
WORTHLESS = Problem("NOT_FOUND", "There is no such invitation.", ("token",))


def a_token() -> str:
    """The text of an invitation."""
    return f"hi_{new_id().hex}"


async def test_an_invited_member_joins_and_is_signed_in(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, email = await a_helpdesk(), an_email()
    invited = await helpdesk.admin.invite_member(input={"email": email, "name": "Ada", "role": "ANALYST"})

    answer = await client("").post(ACCEPT, token=invited["token"], password=PASSWORD)

    assert answer.json()["data"]["acceptInvitation"] == {
        "__typename": "Session",
        "user": {"name": "Ada", "role": "ANALYST"},
    }
    browser = client("").with_cookie(cookie_of(answer))
    assert (await browser.query(VIEWER))["viewer"]["user"] == {"name": "Ada"}
    changes = await helpdesk.world.database.fetch(
        "SELECT data->>'change' AS change FROM support_event WHERE organization_id = $1 AND type = 'MemberChanged'"
        " ORDER BY seq",
        helpdesk.world.id,
    )
    assert [row["change"] for row in changes] == ["invited", "joined"]
    assert len(await facts(helpdesk.world, "SessionStarted")) == 1
    assert "expiresAt" in await client("").sign_in(email=email, password=PASSWORD)


async def test_a_link_is_good_once(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk, token = await a_helpdesk(), a_token()
    await an_invitation(helpdesk.world, an_email(), token)

    results = await asyncio.gather(*(client("").accept_invitation(token=token, password=PASSWORD) for _ in range(4)))

    assert sorted("expiresAt" in result for result in results if isinstance(result, dict)) == [True]
    assert [result for result in results if isinstance(result, Problem)] == [WORTHLESS] * 3
    assert await client("").accept_invitation(token=token, password=PASSWORD) == WORTHLESS
    assert len(await facts(helpdesk.world, "SessionStarted")) == 1


async def test_and_for_seven_days(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk, token, later = await a_helpdesk(), a_token(), a_token()
    await an_invitation(helpdesk.world, an_email(), token)
    await an_invitation(helpdesk.world, an_email(), later)
    clock = Clock(utc_now() + timedelta(days=7, seconds=-5))
    async with a_door(database_url, services, clock) as nobody:
        in_time = await nobody.accept_invitation(token=token, password=PASSWORD)
        clock.now += timedelta(seconds=10)
        too_late = await nobody.accept_invitation(token=later, password=PASSWORD)

    assert "expiresAt" in in_time
    assert too_late == WORTHLESS


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE support_membership SET deactivated_at = now() WHERE id = $1",
        "UPDATE support_membership SET email = NULL WHERE id = $1",
        "DELETE FROM support_invitation WHERE membership_id = $1",
    ],
)
async def test_whoever_is_gone_does_not_come_in(a_helpdesk: Make, client: Nobody, change: str) -> None:
    helpdesk, token = await a_helpdesk(), a_token()
    member = await an_invitation(helpdesk.world, an_email(), token)
    await helpdesk.world.database.execute(change, member)

    assert await client("").accept_invitation(token=token, password=PASSWORD) == WORTHLESS
    assert await client("").accept_invitation(token="hi_made_up", password=PASSWORD) == WORTHLESS


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 129, "\ufdfa" * 129])
async def test_a_password_of_a_wrong_length_is_refused(a_helpdesk: Make, client: Nobody, password: str) -> None:
    helpdesk, token = await a_helpdesk(), a_token()
    await an_invitation(helpdesk.world, an_email(), token)

    result = await client("").accept_invitation(token=token, password=password)

    assert result == Problem("INVALID_INPUT", "A password has 12 to 128 characters; any will do.", ("password",))
    assert "expiresAt" in await client("").accept_invitation(token=token, password="twelve chars")


async def test_a_nul_is_no_character_of_a_password(a_helpdesk: Make, client: Nobody) -> None:
    answer = await client("").post(ACCEPT, token=a_token(), password="twelve\0characters")

    assert answer.status_code == 400


async def test_whoever_has_a_password_comes_with_it(a_helpdesk: Make, client: Nobody) -> None:
    one, two, email, token = await a_helpdesk(), await a_helpdesk(), an_email(), a_token()
    await an_account(one.world, email)
    await an_invitation(two.world, email, token, Role.ADMIN)

    refused = await client("").accept_invitation(token=token, password="another one, I thought")
    joined = await client("").post(ACCEPT, token=token, password=PASSWORD)

    message = "You have a password here already, from another organization: accept with that one."
    assert refused == Problem("INVALID_INPUT", message, ("password",))
    assert joined.json()["data"]["acceptInvitation"]["user"]["role"] == "ADMIN"
    result = await client("").sign_in(email=email, password=PASSWORD)
    assert result.code == "INVALID_INPUT"
    assert result.path == ("organization",)


async def test_tries_count_as_those_to_sign_in(a_helpdesk: Make, client: Nobody) -> None:
    somebody = client("")
    for _ in range(10):
        assert await somebody.accept_invitation(token=a_token(), password=PASSWORD) == WORTHLESS

    assert (await somebody.accept_invitation(token=a_token(), password=PASSWORD)).code == "RATE_LIMITED"
    assert (await somebody.sign_in(email=an_email(), password=PASSWORD)).code == "RATE_LIMITED"
