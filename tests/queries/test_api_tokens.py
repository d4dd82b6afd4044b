"""apiTokens"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import decode
from models.actors import Role
from tests.client import GraphQLErrors
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TOKENS = "{ apiTokens { id name role lastUsedAt expiresAt revokedAt user { id } } }"


async def test_people_see_their_own_and_admins_everybodys_newest_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    newest = await world.api_token(world.agent)

    own = (await helpdesk.agent.query(TOKENS))["apiTokens"]
    every = (await helpdesk.admin.query(TOKENS))["apiTokens"]

    assert own[0]["id"] == newest
    assert [token["user"]["id"] for token in own] == [id_of(world.agent)] * 2
    assert {token["user"]["id"] for token in every} == {
        id_of(each) for each in (world.admin, world.agent, world.analyst, world.customer)
    }
    assert len(every) == 5


async def test_only_those_that_work_are_listed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    kept, revoked, expired = [await world.api_token(world.agent) for _ in range(3)]
    await helpdesk.agent.revoke_api_token(id=revoked)
    await world.database.execute(
        "UPDATE support_api_token SET expires_at = now() - interval '1 second' WHERE id = $1", decode("tok", expired)
    )

    listed = (await helpdesk.agent.query(TOKENS))["apiTokens"]

    assert {kept} < {token["id"] for token in listed}
    assert not {revoked, expired} & {token["id"] for token in listed}


async def test_another_members_token_is_no_node_but_for_admins(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    token = await helpdesk.world.api_token(helpdesk.world.agent)
    node = "query($id: ID!) { node(id: $id) { id } }"

    assert (await helpdesk.analyst.query(node, id=token))["node"] is None
    assert (await helpdesk.admin.query(node, id=token))["node"] == {"id": token}


async def test_customers_have_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.customer.query(TOKENS)

    assert refusal.value.codes == ["NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("made_as", "is_now", "acts_as"),
    [
        (Role.ADMIN, Role.AGENT, Role.AGENT),
        (Role.AGENT, Role.ADMIN, Role.AGENT),
        (Role.AGENT, Role.CUSTOMER, Role.CUSTOMER),
    ],
)
async def test_a_token_may_never_do_more_than_its_owner(
    a_helpdesk: Make, made_as: Role, is_now: Role, acts_as: Role
) -> None:
    helpdesk = await a_helpdesk()
    person = getattr(helpdesk.world, made_as.value)
    await helpdesk.world.database.execute(
        "UPDATE support_membership SET role = $2 WHERE id = $1", person.user_id, is_now
    )

    viewer = (await getattr(helpdesk, made_as.value).query("{ viewer { role user { role } } }"))["viewer"]

    assert viewer == {"role": acts_as.name, "user": {"role": is_now.name}}
