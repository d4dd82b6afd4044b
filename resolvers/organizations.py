"""What the operator does for an organization: found it, find it, put people in."""

from __future__ import annotations

import re
from uuid import UUID

import asyncpg

from models.actors import Actor, Role
from models.database import Database
from models.errors import Conflict, InvalidInput, NotFound
from models.organizations import Membership, Organization, Settings, TokenChange
from models.rows import load, new, select
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.sla_defaults import add_default_calendar, add_default_policy
from resolvers.tokens import NAME_LIMIT, issue_token, record_change
from resolvers.zones import known_zone

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


async def create_organization(
    database: Database, name: str, slug: str, timezone: str = "UTC", *, service_levels: bool = True
) -> UUID:
    """A new tenant with default settings and, unless it is to promise nothing yet, service levels; returns its id."""
    if not _SLUG.fullmatch(slug) or len(slug) > 100:
        raise InvalidInput("A slug is made of a-z, 0-9 and single hyphens.", ["slug"])
    organization = new(
        Organization,
        name=inputs.line(name, "name", 200),
        slug=slug,
        timezone=known_zone(timezone),
        created_at=database.now(),
    )
    actor = Actor.system(database, organization.id)
    async with database.late_transaction() as connection:
        write = Write(actor, connection, database.now())
        # The counter must be there before the writer's last statement can bump it.
        await connection.execute(
            "INSERT INTO support_event_counter (organization_id, epoch, seq, ticket_number) VALUES ($1, 1, 0, 0)",
            organization.id,
        )
        write.insert(organization)
        write.insert(new(Settings, organization_id=organization.id, updated_at=write.now))
        if service_levels:
            add_default_calendar(write, organization.timezone)
            add_default_policy(write, 0)
        try:
            await write.finish()
        except asyncpg.UniqueViolationError:
            raise Conflict(f"There is an organization with the slug {slug!r} already.", ["slug"]) from None
    return organization.id


async def organization_by_slug(database: Database, slug: str) -> Organization:
    """The organization with this slug."""
    row = await database.fetchrow(f"{select(Organization)} WHERE t.slug = $1", slug)
    if row is None:
        raise NotFound("organization", ["slug"])
    return load(Organization, row)


async def every_slug(database: Database) -> list[str]:
    """The slugs of all organizations, in alphabetical order."""
    return [row["slug"] for row in await database.fetch("SELECT slug FROM support_organization ORDER BY slug")]


async def add_member(database: Database, organization_id: UUID, role: Role, name: str, email: str) -> Membership:
    """One more person in an organization."""
    async with organization_write(Actor.system(database, organization_id)) as write:
        member = new(
            Membership,
            organization_id=organization_id,
            user_id=None,
            role=role,
            name=inputs.line(name, "name", 200),
            email=inputs.email(email, "email"),
            created_at=write.now,
        )
        write.insert(member)
    return member


async def member_token(database: Database, organization_id: UUID, email: str, role: Role, name: str) -> str:
    """A new token of the member with this address; of a new member in `role` where there is none."""
    address = inputs.email(email, "email")
    row = await database.fetchrow(
        f"{select(Membership)} WHERE t.organization_id = $1 AND t.email = $2", organization_id, address
    )
    member = load(Membership, row) if row else None
    if member is None:
        member = await add_member(database, organization_id, role, address.split("@")[0], address)
    async with organization_write(Actor.system(database, organization_id)) as write:
        token_id, text = issue_token(write, member, inputs.line(name, "name", NAME_LIMIT))
        record_change(write, token_id, member.id, TokenChange.CREATED)
    return text
