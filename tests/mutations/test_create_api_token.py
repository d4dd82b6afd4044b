"""createApiToken"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.types.scalars import write_instant
from models.database import utc_now
from tests.client import Client, Problem
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

VIEWER = "{ viewer { role user { name } } }"


def in_(**span: float) -> str:
    """An instant from now."""
    return write_instant(utc_now() + timedelta(**span))


async def facts(world: World) -> list[tuple[str, str]]:
    """What the log has of tokens, and for whose eyes."""
    rows = await world.database.fetch(
        "SELECT data->>'change' AS change, visibility FROM support_event"
        " WHERE organization_id = $1 AND type = 'TokenChanged' ORDER BY seq",
        world.id,
    )
    return [(row["change"], row["visibility"]) for row in rows]


async def test_a_token_acts_as_its_maker(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()

    made = await helpdesk.agent.create_api_token(
        input={"name": " Reports ", "role": "ANALYST", "expires_at": in_(days=9)}
    )

    assert made["token"].startswith("hd_")
    assert len(made["token"]) == 46
    assert (await client(made["token"]).query(VIEWER))["viewer"] == {"role": "ANALYST", "user": {"name": "Agent"}}
    assert await facts(helpdesk.world) == [("created", "admin")]
    (token, *_) = (await helpdesk.agent.query("{ apiTokens { name role } }"))["apiTokens"]
    assert token == {"name": "Reports", "role": "ANALYST"}


async def test_its_text_is_kept_nowhere(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await helpdesk.agent.create_api_token(input={"name": "Secret", "role": "AGENT"})

    rows = await helpdesk.world.database.fetch("SELECT t::text AS text FROM support_api_token t")
    assert not [row for row in rows if made["token"][3:] in row["text"]]


@pytest.mark.parametrize(("by", "role"), [("agent", "ADMIN"), ("analyst", "AGENT"), ("analyst", "ADMIN")])
async def test_no_more_than_ones_own_role(a_helpdesk: Make, by: str, role: str) -> None:
    helpdesk = await a_helpdesk()

    result = await getattr(helpdesk, by).create_api_token(input={"name": "More", "role": role})

    assert result == Problem("NOT_ALLOWED", "A token may do at most what you may: choose a lesser role.", ("role",))
    assert await facts(helpdesk.world) == []


async def test_a_token_makes_none_that_may_do_more_than_itself(
    a_helpdesk: Make, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.admin.create_api_token(input={"name": "Reader", "role": "ANALYST"})

    result = await client(made["token"]).create_api_token(input={"name": "Ruler", "role": "ADMIN"})

    assert result == Problem("NOT_ALLOWED", "A token may do at most what you may: choose a lesser role.", ("role",))


@pytest.mark.parametrize(
    ("expires_at", "message"),
    [
        (None, "This token can make none that outlives it: say when it expires."),
        (timedelta(days=3), "This token can make none that outlives it."),
    ],
)
async def test_a_token_makes_none_that_outlives_itself(
    a_helpdesk: Make, client: Callable[[str], Client], expires_at: timedelta | None, message: str
) -> None:
    helpdesk = await a_helpdesk()
    short = await helpdesk.agent.create_api_token(input={"name": "Short", "role": "AGENT", "expires_at": in_(days=2)})
    later = {"expires_at": write_instant(utc_now() + expires_at)} if expires_at else {}

    result = await client(short["token"]).create_api_token(input={"name": "Long", "role": "AGENT", **later})
    allowed = await client(short["token"]).create_api_token(
        input={"name": "Shorter", "role": "AGENT", "expires_at": in_(days=1)}
    )

    assert result == Problem("INVALID_INPUT", message, ("expiresAt",))
    assert "token" in allowed


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"role": "CUSTOMER"}, ("Tokens of customers are made by the operator.", "role")),
        ({"name": "  "}, ("This can't be empty.", "name")),
        ({"name": "x" * 101}, ("This has 101 characters; at most 100 are kept.", "name")),
        ({"expires_at": in_(seconds=-1)}, ("This is not in the future.", "expiresAt")),
        ({"expires_at": in_(days=1900)}, ("A token lives for five years at most, or for ever.", "expiresAt")),
    ],
)
async def test_what_can_not_be(a_helpdesk: Make, given: dict[str, Any], problem: tuple[str, str]) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.agent.create_api_token(input={"name": "A program", "role": "AGENT", **given})

    assert result == Problem("INVALID_INPUT", problem[0], (problem[1],))
    assert await facts(helpdesk.world) == []


async def test_customers_make_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.customer.create_api_token(input={"name": "Mine", "role": "CUSTOMER"})

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: create api token.")


async def test_fifty_are_the_most_that_work_at_a_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    spare = [await world.api_token(world.agent) for _ in range(49)]

    result = await helpdesk.agent.create_api_token(input={"name": "One more", "role": "AGENT"})
    await helpdesk.agent.revoke_api_token(id=spare[0])

    assert result == Problem(
        "INVALID_INPUT", "You have 50 tokens, the most that a member may have. Revoke one first.", ()
    )
    assert "token" in await helpdesk.agent.create_api_token(input={"name": "One more", "role": "AGENT"})
