"""Organizations for tests: each test makes its own, and meets nobody else's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.database import Database
from models.fields import new_id
from models.organizations import Membership
from models.writer import organization_write
from resolvers.access import access
from resolvers.organizations import add_member, create_organization
from resolvers.sessions import begin_session
from resolvers.tokens import issue_token
from tests.client import Client


@dataclass(frozen=True)
class World:
    """An organization and one actor of each role, with tokens."""

    database: Database
    id: UUID
    admin: Actor
    agent: Actor
    analyst: Actor
    customer: Actor
    tokens: dict[Role, str]

    def token(self, role: Role) -> str:
        """The bearer token of the organization's member in the role."""
        return self.tokens[role]

    async def member(self, role: Role, name: str = "Somebody") -> Actor:
        """One more member."""
        return await _member(self.database, self.id, role, name)

    async def token_of(self, actor: Actor) -> str:
        """A bearer token for a member."""
        return (await token_for(actor))[1]

    async def session_of(self, actor: Actor) -> str:
        """The cookie of a new session of a member."""
        async with organization_write(Actor.system(actor.database, actor.organization_id)) as write:
            return begin_session(write, await access(write, Membership, actor.user_id)).cookie

    async def api_token(self, actor: Actor) -> str:
        """The id of a new token of a member."""
        return (await token_for(actor))[0]


async def make_world(database: Database) -> World:
    """An organization with one member of each role."""
    name = new_id().hex
    # It promises nothing until a test does, so that logs begin with what a test is about.
    organization = await create_organization(database, f"Organization {name[-6:]}", name, service_levels=False)
    people = {role: await _member(database, organization, role, role.value.title()) for role in Role}
    tokens = {role: (await token_for(actor))[1] for role, actor in people.items()}
    return World(
        database,
        organization,
        admin=people[Role.ADMIN],
        agent=people[Role.AGENT],
        analyst=people[Role.ANALYST],
        customer=people[Role.CUSTOMER],
        tokens=tokens,
    )


async def _member(database: Database, organization: UUID, role: Role, name: str) -> Actor:
    member = await add_member(database, organization, role, name, f"{new_id().hex}@example.test")
    return Actor.member(database, organization, member.id, role)


async def token_for(actor: Actor) -> tuple[str, str]:
    async with organization_write(Actor.system(actor.database, actor.organization_id)) as write:
        token_id, text = issue_token(write, await access(write, Membership, actor.user_id), "test")
    return encode("tok", token_id), text


@dataclass(frozen=True)
class Helpdesk:
    """An organization and a client for each role."""

    world: World
    admin: Client
    agent: Client
    analyst: Client
    customer: Client

    async def ticket(self, **given: Any) -> Any:
        """A ticket that the customer has opened."""
        return await self.customer.create_ticket(input={"subject": "It broke", "body": "Please help.", **given})

    async def events(self, ticket: Any) -> list[str]:
        """The facts recorded about a ticket, in order."""
        rows = await self.world.database.fetch(
            "SELECT type FROM support_event WHERE ticket_id = $1 ORDER BY seq", decode("tkt", ticket["id"])
        )
        return [row["type"] for row in rows]
