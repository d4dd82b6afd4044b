"""Members as tests of their mutations need them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.fields import new_id
from models.organizations import SavedView, Session
from models.rows import new
from models.writer import organization_write
from resolvers.invitations import invited_member
from resolvers.tokens import actor_of_token
from tests.world import Helpdesk, World

MEMBER = "query($id: ID!) { node(id: $id) { ... on User { name email role deactivatedAt } } }"


def id_of(actor: Actor) -> str:
    """A member's id, as clients know it."""
    return encode("usr", actor.user_id or new_id())


async def member(helpdesk: Helpdesk, user_id: str) -> Any:
    """A member as the admin sees them."""
    return (await helpdesk.admin.query(MEMBER, id=user_id))["node"]


async def changes(world: World) -> list[tuple[UUID, str, str, str]]:
    """What the log says of members, in order: whom, what, their role, for whose eyes."""
    rows = await world.database.fetch(
        "SELECT data, visibility FROM support_event WHERE organization_id = $1 AND type = 'MemberChanged' ORDER BY seq",
        world.id,
    )
    told = [(row["data"], row["visibility"]) for row in rows]
    return [(UUID(data["member_id"]), data["change"], data["role"], seen) for data, seen in told]


async def opens(world: World, token: str) -> UUID | None:
    """Whom an invitation is for, as long as it can be accepted."""
    found = await invited_member(world.database, token)
    return found.id if found else None


async def role_by(world: World, token: str) -> Role | None:
    """What a bearer token acts as; None if it is worthless."""
    actor = await actor_of_token(world.database, token)
    return actor.role if actor else None


async def a_session(world: World, actor: Actor) -> UUID:
    """A signed-in browser of a member."""
    async with organization_write(world.admin) as write:
        session = new(
            Session,
            organization_id=world.id,
            membership_id=actor.user_id,
            token_hash=new_id().bytes,
            created_at=write.now,
            last_used_at=write.now,
            expires_at=write.now,
        )
        write.insert(session)
    return session.id


async def a_view(world: World, owner: Actor, name: str, *, shared: bool) -> UUID:
    """A saved view of a member's."""
    async with organization_write(world.admin) as write:
        view = new(
            SavedView,
            organization_id=world.id,
            owner_id=owner.user_id,
            name=name,
            ticket_filter={},
            shared=shared,
            created_at=write.now,
            updated_at=write.now,
        )
        write.insert(view)
    return view.id


async def an_account(world: World, actor: Actor) -> UUID:
    """An account for a member to sign in with."""
    account = new_id()
    await world.database.execute(
        "INSERT INTO support_user (id, email, created_at) SELECT $1, email, created_at FROM support_membership"
        " WHERE id = $2",
        account,
        actor.user_id,
    )
    await world.database.execute("UPDATE support_membership SET user_id = $1 WHERE id = $2", account, actor.user_id)
    return account


def key(ticket: Any) -> UUID | None:
    """A ticket's key."""
    return decode("tkt", ticket["id"])
