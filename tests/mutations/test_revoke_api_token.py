"""revokeApiToken"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, GraphQLErrors, Problem
from tests.credentials import an_account
from tests.mutations.test_create_api_token import VIEWER, facts
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

MAKE = """mutation($input: ApiTokenInput!) { createApiToken(input: $input) {
  ... on ApiTokenCreated { token apiToken { id } } } }"""


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


async def test_a_token_ends_itself_and_its_equals_and_none_that_may_do_more(
    a_helpdesk: Make, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    mine = (await helpdesk.admin.query("{ apiTokens { id role } }"))["apiTokens"]
    (whole,) = [each["id"] for each in mine if each["role"] == "ADMIN"]
    first, second = [
        (await helpdesk.admin.query(MAKE, input={"name": "A report", "role": "ANALYST"}))["createApiToken"]
        for _ in range(2)
    ]
    stolen = client(first["token"])

    assert await stolen.revoke_api_token(id=whole) == Problem(
        "NOT_ALLOWED", "A token can't end one that may do more. Sign in, or ask an admin.", ("id",)
    )
    assert await facts(helpdesk.world) == [("created", "admin")] * 2

    for token in (second, first):
        revoked = await stolen.revoke_api_token(id=token["apiToken"]["id"])
        assert revoked["id"] == token["apiToken"]["id"]
    assert (await helpdesk.admin.query(VIEWER))["viewer"]


async def test_whoever_signed_in_ends_all_of_theirs(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    token = await helpdesk.world.api_token(helpdesk.world.agent)
    browser = helpdesk.agent.with_cookie(await helpdesk.world.session_of(helpdesk.world.agent))
    person = encode("usr", helpdesk.world.agent.user_id or new_id())
    await helpdesk.admin.change_member_role(user_id=person, role="ANALYST")

    assert (await browser.revoke_api_token(id=token))["id"] == token


async def token_of_the_admin(helpdesk: Helpdesk) -> str:
    """The one token that lets this organization's first admin in as such."""
    tokens = (await helpdesk.admin.query("{ apiTokens { id role } }"))["apiTokens"]
    (token,) = [each["id"] for each in tokens if each["role"] == "ADMIN"]
    return str(token)


async def test_the_last_admins_only_way_in_stays(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    token = await token_of_the_admin(helpdesk)
    refusal = Problem(
        "CONFLICT", "This is the last admin's only way in; make another token, or another admin, first.", ("id",)
    )

    assert await helpdesk.admin.revoke_api_token(id=token) == refusal
    assert await facts(helpdesk.world) == []
    # One that may do less is no way in for an admin.
    await helpdesk.admin.create_api_token(input={"name": "A report", "role": "ANALYST"})
    assert await helpdesk.admin.revoke_api_token(id=token) == refusal

    made = (await helpdesk.admin.query(MAKE, input={"name": "Another", "role": "ADMIN"}))["createApiToken"]
    assert (await helpdesk.admin.revoke_api_token(id=token))["id"] == token
    assert await client(made["token"]).revoke_api_token(id=made["apiToken"]["id"]) == refusal


async def test_an_admins_token_goes_where_another_admin_or_an_account_is_left(a_helpdesk: Make) -> None:
    with_another, with_an_account = await a_helpdesk(), await a_helpdesk()
    tokens = [await token_of_the_admin(helpdesk) for helpdesk in (with_another, with_an_account)]
    await with_another.world.api_token(await with_another.world.member(Role.ADMIN))
    member = await an_account(with_another.world, f"{new_id().hex}@example.test")
    await with_an_account.world.database.execute(
        "UPDATE support_membership SET user_id = (SELECT user_id FROM support_membership WHERE id = $2) WHERE id = $1",
        with_an_account.world.admin.user_id,
        member.id,
    )

    for helpdesk, token in zip((with_another, with_an_account), tokens, strict=True):
        assert (await helpdesk.admin.revoke_api_token(id=token))["id"] == token
