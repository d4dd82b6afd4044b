"""inviteMember"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from resolvers.tokens import token_hash
from tests.client import Client, Problem
from tests.mutations.members import a_session, an_account, changes, id_of, member, opens, role_by
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

INVITED = """mutation($input: InviteMemberInput!) { inviteMember(input: $input) {
  ... on Invitation { token expiresAt user { id name email role deactivatedAt } } } }"""


def an_address() -> str:
    """One that nobody has."""
    return f"{new_id().hex}@example.test"


async def invited(by: Client, email: str, role: str = "AGENT", name: str = "Ada") -> Any:
    """The invitation with the person in it."""
    return (await by.query(INVITED, input={"email": email, "name": name, "role": role}))["inviteMember"]


async def address_of(helpdesk: Helpdesk, user_id: str) -> str:
    """A member's address."""
    found: str = (await member(helpdesk, user_id))["email"]
    return found


@pytest.mark.parametrize("role", ["ADMIN", "AGENT", "ANALYST"])
async def test_somebody_new_gets_a_link_of_which_only_the_hash_is_kept(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    world, email = helpdesk.world, an_address()

    made = await invited(helpdesk.admin, email.upper(), role)

    user = made["user"]
    assert user == {"id": user["id"], "name": "Ada", "email": email, "role": role, "deactivatedAt": None}
    key = await opens(world, made["token"])
    assert key
    assert encode("usr", key) == user["id"]
    assert made["token"].startswith("hi_")
    assert len(made["token"]) == 46
    row = await world.database.fetchrow("SELECT * FROM support_invitation WHERE membership_id = $1", key)
    assert row is not None
    assert row["token_hash"] == token_hash(made["token"])
    assert (row["expires_at"] - row["created_at"]).days == 7
    assert await changes(world) == [(key, "invited", role.lower(), "staff")]


async def test_a_second_invitation_makes_the_first_worthless(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    email = an_address()
    first = await invited(helpdesk.admin, email)

    second = await invited(helpdesk.admin, email, "ADMIN", "Ada L.")

    assert second["user"] == {**first["user"], "role": "ADMIN", "name": "Ada L."}
    assert await opens(helpdesk.world, first["token"]) is None
    assert await opens(helpdesk.world, second["token"])


async def test_a_member_with_an_account_is_not_invited(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = helpdesk.world.agent
    await an_account(helpdesk.world, agent)
    email = await address_of(helpdesk, id_of(agent))

    result = await helpdesk.admin.invite_member(input={"email": email, "name": "Ada", "role": "ADMIN"})

    assert result == Problem("CONFLICT", "This address is a member's already.", ("email",))
    assert (await member(helpdesk, id_of(agent)))["role"] == "AGENT"
    assert await changes(helpdesk.world) == []


async def test_a_customer_keeps_their_tickets_and_loses_what_let_the_customer_in(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    await a_session(world, world.customer)
    email = await address_of(helpdesk, id_of(world.customer))

    made = await invited(helpdesk.admin, email)

    assert (made["user"]["id"], made["user"]["role"]) == (id_of(world.customer), "AGENT")
    assert await role_by(world, world.token(Role.CUSTOMER)) is None
    assert not await world.database.fetchval(
        "SELECT count(*) FROM support_session WHERE membership_id = $1", world.customer.user_id
    )
    asked = "query($id: ID!) { ticket(id: $id) { requester { id } } }"
    shown = await helpdesk.admin.query(asked, id=ticket["id"])
    assert shown["ticket"]["requester"] == {"id": made["user"]["id"]}


async def test_a_removed_member_comes_back(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    email = await address_of(helpdesk, agent)
    await helpdesk.admin.remove_member(input={"user_id": agent})

    made = await invited(helpdesk.admin, email, "ANALYST")

    assert made["user"]["id"] == agent
    assert (made["user"]["role"], made["user"]["deactivatedAt"]) == ("ANALYST", None)
    # What was revoked stays revoked.
    assert await role_by(helpdesk.world, helpdesk.world.token(Role.AGENT)) is None


async def test_customers_are_not_invited(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.admin.invite_member(input={"email": an_address(), "name": "Ada", "role": "CUSTOMER"})

    sentence = "Customers need no invitation: they are there with their first ticket."
    assert result == Problem("INVALID_INPUT", sentence, ("role",))


async def test_an_invitation_does_not_take_the_last_admins_role(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    email = await address_of(helpdesk, id_of(helpdesk.world.admin))

    result = await helpdesk.admin.invite_member(input={"email": email, "name": "Ada", "role": "AGENT"})

    sentence = "This is the last admin; make somebody else an admin first."
    assert result == Problem("CONFLICT", sentence, ("role",))


@pytest.mark.parametrize(
    ("email", "name", "message", "path"),
    [
        ("nobody", "Ada", "This is not an e-mail address.", ("email",)),
        ("ada@example.test", " ", "This can't be empty.", ("name",)),
        ("ada@example.test", "a" * 201, "This has 201 characters; at most 200 are kept.", ("name",)),
    ],
)
async def test_an_address_and_a_name_are_needed(
    a_helpdesk: Make, email: str, name: str, message: str, path: tuple[str, ...]
) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.admin.invite_member(input={"email": email, "name": name, "role": "AGENT"})

    assert result == Problem("INVALID_INPUT", message, path)


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    result = await getattr(helpdesk, role).invite_member(input={"email": "a@b.test", "name": "Ada", "role": "ADMIN"})

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: invite member.")
