"""Accounts and invitations for tests of how people come in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from argon2 import PasswordHasher

from models.actors import Role
from models.fields import new_id
from models.organizations import Invitation, Membership
from models.rows import new
from models.writer import organization_write
from resolvers.organizations import add_member
from resolvers.tokens import token_hash
from tests.world import World

PASSWORD = "a horse of another colour"
# Tests are not about how long a guess takes.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def an_account(world: World, email: str, role: Role = Role.AGENT, password: str = PASSWORD) -> Membership:
    """A member with a password; one with the address of another organization's has the same account."""
    member = await add_member(world.database, world.id, role, "Somebody", email)
    account = await world.database.fetchval(
        "INSERT INTO support_user AS account (id, email, password_hash, created_at) VALUES ($1, $2, $3, now())"
        " ON CONFLICT (email) DO UPDATE SET email = EXCLUDED.email RETURNING id",
        new_id(),
        email,
        CHEAP.hash(password),
    )
    await world.database.execute("UPDATE support_membership SET user_id = $2 WHERE id = $1", member.id, account)
    return member


async def an_invitation(world: World, email: str, token: str, role: Role = Role.AGENT) -> UUID:
    """Somebody who was invited with this token; their membership."""
    member = await add_member(world.database, world.id, role, "Invited", email)
    async with organization_write(world.admin) as write:
        write.insert(
            new(
                Invitation,
                organization_id=world.id,
                membership_id=member.id,
                token_hash=token_hash(token),
                created_at=write.now,
                expires_at=write.now + timedelta(days=7),
            )
        )
    return member.id
