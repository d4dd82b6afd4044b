"""revokeApiToken"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.client import Client, GraphQLErrors, Problem
from tests.mutations.test_create_api_token import VIEWER, facts
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


@pytest.mark.parametrize("by", ["agent", "admin"])
async def test_a_revoked_token_opens_nothing(a_helpdesk: Make, client: Callable[[str], Client], by: str) -> None:
    helpdesk = await a_helpdesk()
    made = await helpdesk.agent.create_api_token(input={"name": "A program", "role": "AGENT"})
    await client(made["token"]).query(VIEWER)
    (token, *_) = (await helpdesk.agent.query("{ apiTokens { id } }"))["apiTokens"]

    revoked = await getattr(helpdesk, by).revoke_api_token(id=token["id"])

    assert (revoked["id"], revoked["revokedAt"] is not None) == (token["id"], True)
    assert await facts(helpdesk.world) == [("created", "admin"), ("revoked", "admin")]
    with pytest.raises(GraphQLErrors) as refusal:
        await client(made["token"]).query(VIEWER)
    assert refusal.value.codes == ["UNAUTHENTICATED"]


async def test_twice_is_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    token = await helpdesk.world.api_token(helpdesk.world.agent)

    first = await helpdesk.agent.revoke_api_token(id=token)

    assert await helpdesk.agent.revoke_api_token(id=token) == first
    assert await facts(helpdesk.world) == [("revoked", "admin")]


async def test_other_peoples_tokens_are_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    token = await helpdesk.world.api_token(helpdesk.world.agent)

    for by in (helpdesk.analyst, other.admin):
        assert await by.revoke_api_token(id=token) == Problem("NOT_FOUND", "There is no such token.", ("id",))
    assert await facts(helpdesk.world) == []
