"""changeMemberRole"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.actors import ROLE_ORDER, Role
from models.fields import new_id
from tests.client import Client, Problem
from tests.mutations.members import changes, id_of, member, role_by
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LAST_ADMIN = Problem("CONFLICT", "This is the last admin; make somebody else an admin first.", ("role",))


@pytest.mark.parametrize("role", Role)
async def test_a_member_gets_another_role(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    somebody = await world.member(Role.ANALYST if role is not Role.ANALYST else Role.AGENT)

    result = await helpdesk.admin.change_member_role(user_id=id_of(somebody), role=role.name)

    assert result["role"] == role.name
    assert (await member(helpdesk, id_of(somebody)))["role"] == role.name
    assert await changes(world) == [(somebody.user_id, "role_changed", role.value, "staff")]


@pytest.mark.parametrize("of_token", Role)
@pytest.mark.parametrize("of_member", Role)
async def test_a_token_acts_in_the_lesser_of_its_role_and_its_owners(
    a_helpdesk: Make, of_token: Role, of_member: Role
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    somebody = await world.member(of_token)
    token = await world.token_of(somebody)

    await helpdesk.admin.change_member_role(user_id=id_of(somebody), role=of_member.name)

    assert await role_by(world, token) is min(of_token, of_member, key=ROLE_ORDER.index)


async def test_the_next_request_sees_the_new_role(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.admin.change_member_role(user_id=id_of(helpdesk.world.agent), role="ANALYST")

    result = await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: resolve ticket.")


async def test_the_same_role_again_is_no_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.admin.change_member_role(user_id=id_of(helpdesk.world.admin), role="ADMIN")

    assert result["role"] == "ADMIN"
    assert await changes(helpdesk.world) == []


@pytest.mark.parametrize("role", ["ANALYST", "CUSTOMER"])
async def test_who_has_open_tickets_keeps_answering_customers(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    for _ in range(2):
        ticket = await helpdesk.ticket()
        await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)

    result = await helpdesk.admin.change_member_role(user_id=agent, role=role)

    sentence = "2 open tickets are assigned to this member; give them to somebody who answers customers first."
    assert result == Problem("CONFLICT", sentence, ("role",))
    # Filed ones are no obstacle; nor is a role that answers customers too.
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"])
    assert (await helpdesk.admin.change_member_role(user_id=agent, role="ADMIN"))["role"] == "ADMIN"


async def test_the_last_admin_stays_one(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    admin = id_of(helpdesk.world.admin)
    # An admin who was invited and has not come yet can't act for the organization.
    await helpdesk.admin.invite_member(input={"email": f"{new_id().hex}@x.test", "name": "Ada", "role": "ADMIN"})

    assert await helpdesk.admin.change_member_role(user_id=admin, role="AGENT") == LAST_ADMIN
    assert (await member(helpdesk, admin))["role"] == "ADMIN"


async def test_two_admins_who_demote_each_other_leave_one(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    for _ in range(5):
        helpdesk = await a_helpdesk()
        world = helpdesk.world
        other = await world.member(Role.ADMIN)
        others_client = client(await world.token_of(other))

        results = await asyncio.gather(
            helpdesk.admin.change_member_role(user_id=id_of(other), role="AGENT"),
            others_client.change_member_role(user_id=id_of(world.admin), role="AGENT"),
        )

        refused = [result for result in results if isinstance(result, Problem)]
        assert [problem.code for problem in refused] == ["NOT_ALLOWED"]
        roles = {(await member(helpdesk, id_of(each)))["role"] for each in (world.admin, other)}
        assert roles == {"ADMIN", "AGENT"}
        assert len(await changes(world)) == 1


async def test_a_removed_member_has_no_role_to_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    await helpdesk.admin.remove_member(input={"user_id": agent})

    result = await helpdesk.admin.change_member_role(user_id=agent, role="ADMIN")

    assert result == Problem("CONFLICT", "This member was removed; invite them to bring them back.", ("userId",))


async def test_an_unknown_member_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()

    for user_id in (encode("usr", new_id()), id_of(other.world.agent), "ada"):
        result = await helpdesk.admin.change_member_role(user_id=user_id, role="ADMIN")
        assert result == Problem("NOT_FOUND", "There is no such user.", ("userId",))


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    by = getattr(helpdesk, role)

    result = await by.change_member_role(user_id=id_of(getattr(helpdesk.world, role)), role="ADMIN")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: change member role.")
