"""Accounts and invitations for tests of how people come in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from uuid import UUID

import httpx
from argon2 import PasswordHasher

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Role
from models.database import Database, utc_now
from models.fields import new_id
from models.links import Links
from models.organizations import Invitation, Membership
from models.rows import new
from models.writer import organization_write
from resolvers.last_uses import LastUses
from resolvers.organizations import add_member
from resolvers.tokens import token_hash
from tests.client import Client
from tests.serving import serving
from tests.world import World

PASSWORD = "a horse of another colour"
# What the server and the workers of the tests have in common.
SECRET = "a secret of the tests"
LINKS = Links(SECRET, "http://help.test")
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


def cookie_of(response: httpx.Response) -> str:
    """The cookie that an answer sets; '' if it takes it away."""
    return response.headers["set-cookie"].removeprefix("helpdesk_session=").partition(";")[0]


async def facts(world: World, kind: str) -> list[tuple[UUID, str]]:
    """What the log has of a kind: about whom, and for whose eyes."""
    rows = await world.database.fetch(
        "SELECT data, visibility FROM support_event WHERE organization_id = $1 AND type = $2 ORDER BY seq",
        world.id,
        kind,
    )
    return [(UUID(row["data"]["member_id"]), row["visibility"]) for row in rows]


@dataclass
class Clock:
    """The time at a door, which stands still until it is moved."""

    now: datetime = field(default_factory=utc_now)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def a_door(
    database_url: str, services: Services, clock: Callable[[], datetime], last_uses: LastUses | None = None
) -> AsyncIterator[Client]:
    """A server of its own with another clock, and nobody in front of it."""
    async with Database.connect(database_url, clock=clock, connections=5) as database:
        own = replace(services, database=database, last_uses=last_uses or LastUses())
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        async with (
            serving(Application(Engine(database, own))) as url,
            httpx.AsyncClient(base_url=url, cookies=no_cookies, timeout=30) as http,
        ):
            yield Client(http, "")
