"""Puts the demo organizations into a database, and hands out tokens for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from helpdesk.demo import content
from helpdesk.demo.content import DemoMessage, DemoOrganization, DemoStep, DemoTicket
from models.actors import Actor, ActorKind, Role
from models.assistance import CannedResponse
from models.database import Database
from models.errors import NotFound
from models.lifecycle import TicketStatus
from models.rows import new
from models.tickets import Category
from models.writer import organization_write
from resolvers.imports import Assigned, ImportedTicket, Moved, Person, Said, Step, import_tickets
from resolvers.knowledge import import_articles
from resolvers.organizations import add_member, create_organization, member_token, organization_by_slug
from resolvers.recalculation import reckon_new
from resolvers.tokens import actor_of_token

BATCH = 50


async def seed_demo(database: Database, told: Callable[[str], None]) -> None:
    """Create what is missing of the demo organizations; cut off halfway, the next call goes on.

    A database with organizations of somebody's own is left alone.
    """
    organizations = content.load_demo().organizations
    slugs = [organization.slug for organization in organizations]
    if await database.fetchval("SELECT EXISTS (SELECT 1 FROM support_organization WHERE slug <> ALL($1))", slugs):
        return
    for organization in organizations:
        if not await _is_seeded(database, organization):
            told(f"Writing the demo data of {organization.name}")
            await _seed(database, organization)


async def _is_seeded(database: Database, demo: DemoOrganization) -> bool:
    """Articles come last."""
    found = await database.fetchval(
        "SELECT count(*) FROM support_article a JOIN support_organization o ON o.id = a.organization_id"
        " WHERE o.slug = $1",
        demo.slug,
    )
    return int(found) >= len(demo.articles)


async def _seed(database: Database, demo: DemoOrganization) -> None:
    organization_id = await _organization(database, demo)
    known = await database.fetch("SELECT email FROM support_membership WHERE organization_id = $1", organization_id)
    for person in demo.people:
        if person.email not in {row["email"] for row in known}:
            await add_member(database, organization_id, person.role, person.name, person.email)
    system = Actor.system(database, organization_id)
    if not await database.fetchval(
        "SELECT EXISTS (SELECT 1 FROM support_category WHERE organization_id = $1)", organization_id
    ):
        await _seed_lists(system, demo)
    now = database.now()
    told = [_imported(ticket, now) for ticket in demo.tickets]
    for start in range(0, len(told), BATCH):
        outcome = await import_tickets(system, told[start : start + BATCH])
        if outcome.refused:
            raise ValueError(f"demo tickets that can't be imported: {outcome.refused}")
    while await reckon_new(system):
        pass
    await import_articles(system, demo.articles)


async def _organization(database: Database, demo: DemoOrganization) -> UUID:
    try:
        return (await organization_by_slug(database, demo.slug)).id
    except NotFound:
        return await create_organization(database, demo.name, demo.slug, demo.timezone)


async def _seed_lists(system: Actor, demo: DemoOrganization) -> None:
    async with organization_write(system) as write:
        shared = {"organization_id": system.organization_id, "created_at": write.now}
        for category in demo.categories:
            write.insert(new(Category, name=category.name, description=category.description, **shared))
        for canned in demo.canned_responses:
            texts = {"title": canned.title, "shortcut": canned.shortcut, "folder": canned.folder, "body": canned.body}
            write.insert(new(CannedResponse, **texts, updated_at=write.now, **shared))


def _imported(ticket: DemoTicket, now: datetime) -> ImportedTicket:
    created = (now - ticket.age).replace(microsecond=0)
    steps = [step for entry in ticket.timeline() if (step := _step(ticket, entry, created + entry.after))]
    return ImportedTicket(
        external_id=ticket.id,
        requester=Person(ticket.requester),
        subject=ticket.subject,
        body=ticket.body,
        created_at=created,
        category=ticket.category,
        priority=ticket.priority,
        tags=ticket.tags,
        steps=steps,
    )


def _step(ticket: DemoTicket, entry: DemoMessage | DemoStep, at: datetime) -> Step | None:
    match entry:
        case DemoMessage():
            return Said(at, entry.author, entry.body, entry.email, entry.internal)
        case content.Assigned():
            return Assigned(at, _agent(entry.by), entry.to)
        case content.StatusSet():
            return _moved(ticket, entry, at, entry.to)
        case content.Resolved():
            return _moved(ticket, entry, at, TicketStatus.RESOLVED)
        case content.Closed():
            return _moved(ticket, entry, at, TicketStatus.CLOSED)
        case content.Reopened():
            return _moved(ticket, entry, at, TicketStatus.OPEN)
    # Tags are given at once: what was tagged later is of no account to anybody who looks around.
    return None


def _moved(ticket: DemoTicket, entry: DemoStep, at: datetime, status: TicketStatus) -> Moved:
    if entry.by in _KINDS:
        return Moved(at, _KINDS[entry.by], status)
    if entry.by == ticket.requester:
        return Moved(at, ActorKind.CUSTOMER, status)
    return Moved(at, ActorKind.AGENT, status, entry.by)


_KINDS = {content.AI: ActorKind.AI, content.SYSTEM: ActorKind.SYSTEM}


def _agent(by: str) -> str | None:
    return None if by in _KINDS else by


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom a visitor may be, with one click."""

    organization: str
    role: Role
    name: str
    email: str
    token: str


async def demo_accounts(database: Database, tokens: Mapping[str, str]) -> list[Account]:
    """An account for each role of each demo organization; `tokens` of the last start, by address, are kept if good."""
    accounts = []
    for organization in content.load_demo().organizations:
        try:
            found = await organization_by_slug(database, organization.slug)
        except NotFound:
            continue
        for role in Role:
            person = next(person for person in organization.people if person.role is role)
            token = tokens.get(person.email, "")
            if not await actor_of_token(database, token):
                token = await member_token(database, found.id, person.email, role, "demo")
            accounts.append(Account(organization.name, role, person.name, person.email, token))
    return accounts
