"""The organization's own list of what tickets are about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.errors import Conflict, InvalidInput
from models.events import CategoryChanged
from models.fact import Change
from models.rows import new
from models.tickets import Category
from models.writer import Write, lock_organization, organization_write
from resolvers import inputs
from resolvers.access import access, operation
from resolvers.patches import KEEP, Keep, differing

# The list is always shown whole.
CATEGORIES_LIMIT = 200
NAME_LIMIT = 100
DESCRIPTION_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class CategoryChanges:
    """What to change of a category."""

    name: str | Keep = KEEP
    description: str | Keep | None = KEEP


@operation
async def create_category(actor: Actor, name: str, description: str | None = None) -> UUID:
    """One more category; its name differs from all others in more than case."""
    wanted = inputs.line(name, "name", NAME_LIMIT)
    told = inputs.text(description, "description", DESCRIPTION_LIMIT) if description else None
    async with organization_write(actor) as write:
        await lock_organization(write)
        await _is_free(write, wanted)
        await _there_is_room(write)
        category = new(
            Category,
            organization_id=actor.organization_id,
            name=wanted,
            description=told,
            created_at=write.now,
        )
        write.insert(category)
        write.record(CategoryChanged(category_id=category.id, change=Change.CREATED))
    return category.id


@operation
async def update_category(actor: Actor, category_id: UUID | None, wanted: CategoryChanges) -> UUID:
    """Rename a category, or tell better when to choose it."""
    name = wanted.name if wanted.name is KEEP else inputs.line(wanted.name, "name", NAME_LIMIT)
    description = wanted.description
    if description is not KEEP and description is not None:
        description = inputs.text(description, "description", DESCRIPTION_LIMIT)
    async with organization_write(actor) as write:
        await lock_organization(write)
        category = await access(write, Category, category_id)
        changes = differing(category, name=name, description=description)
        if "name" in changes:
            await _is_free(write, str(name), but_for=category.id)
        if changes:
            write.update(category, **changes)
            write.record(CategoryChanged(category_id=category.id, change=Change.UPDATED))
    return category.id


@operation
async def delete_category(actor: Actor, category_id: UUID | None) -> UUID:
    """Take a category off the list. Its tickets show none from then on, and are not touched, however many they are."""
    async with organization_write(actor) as write:
        category = await access(write, Category, category_id)
        # Its name is free for another.
        write.update(category, deleted_at=write.now, name=category.id.hex)
        write.record(CategoryChanged(category_id=category.id, change=Change.DELETED))
    return category.id


async def _is_free(write: Write, name: str, but_for: UUID | None = None) -> None:
    """Raise Conflict where another category has the name; the organization is locked, so none gets it meanwhile."""
    taken = await write.connection.fetchval(
        "SELECT name FROM support_category WHERE organization_id = $1 AND lower(name) = lower($2)"
        " AND id IS DISTINCT FROM $3 LIMIT 1",
        write.actor.organization_id,
        name,
        but_for,
    )
    if taken is not None:
        raise Conflict(f"There is a category {taken!r} already.", ["name"])


async def _there_is_room(write: Write) -> None:
    many = await write.connection.fetchval(
        "SELECT count(*) FROM support_category WHERE organization_id = $1 AND deleted_at IS NULL",
        write.actor.organization_id,
    )
    if many >= CATEGORIES_LIMIT:
        raise InvalidInput(f"An organization has at most {CATEGORIES_LIMIT} categories. Delete one that nobody needs.")
