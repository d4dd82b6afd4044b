"""Saved views: a person's own lists of tickets, and those that all staff share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.models import Model

from models.actors import Actor, Role
from models.errors import InvalidInput, NotAllowed
from models.events import SavedViewChanged
from models.fact import Change
from models.organizations import SavedView
from models.rows import new
from models.writer import Write, lock_organization, organization_write
from resolvers import inputs
from resolvers.access import access, look_up, operation
from resolvers.patches import KEEP, Keep, differing, expect_version

# All that somebody sees are shown in one list.
OWN_LIMIT = 100
SHARED_LIMIT = 200
NAME_LIMIT = 100
SEARCH_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A row that a filter names, and where it does."""

    model: type[Model]
    id: UUID | None
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class ViewContent:
    """What a view is made of, or what to change of it; filter and order as JSON, the way clients spell them."""

    name: str | Keep = KEEP
    ticket_filter: dict[str, Any] | Keep = KEEP
    named: Sequence[Named] = ()
    search: str | Keep | None = KEEP
    ticket_order: dict[str, Any] | Keep | None = KEEP
    shared: bool | Keep = KEEP


@operation
async def create_saved_view(actor: Actor, wanted: ViewContent) -> UUID:
    """Keep a list of tickets under a name; returns the view's id."""
    async with organization_write(actor) as write:
        view = new(
            SavedView,
            organization_id=actor.organization_id,
            owner_id=actor.user_id,
            name="",
            ticket_filter={},
            created_at=write.now,
            updated_at=write.now,
        )
        write.insert(view)
        write.update(view, **await _differing(write, view, wanted))
        await _there_is_room(write, view)
        _record(write, view, Change.CREATED, shared=view.shared)
    return view.id


@operation
async def update_saved_view(
    actor: Actor, view_id: UUID | None, wanted: ViewContent, expected_version: int | None = None
) -> UUID:
    """Change a view: one's own or, for admins, one that is shared."""
    async with organization_write(actor) as write:
        view = await _to_change(write, view_id)
        expect_version("view", view.version, expected_version)
        different = await _differing(write, view, wanted)
        if different:
            was_shared = view.shared
            write.update(view, version=view.version + 1, updated_at=write.now, **different)
            if view.shared and not was_shared:
                await _there_is_room(write, view)
            _record(write, view, Change.UPDATED, shared=was_shared or view.shared)
    return view.id


@operation
async def delete_saved_view(actor: Actor, view_id: UUID | None) -> UUID:
    """Forget a view: one's own or, for admins, one that is shared. Its tickets stay."""
    async with organization_write(actor) as write:
        view = await _to_change(write, view_id)
        write.delete([view])
        _record(write, view, Change.DELETED, shared=view.shared)
    return view.id


async def _to_change(write: Write, view_id: UUID | None) -> SavedView:
    view = await access(write, SavedView, view_id)
    if view.owner_id != write.actor.user_id and write.actor.role is not Role.ADMIN:
        raise NotAllowed("A shared view is changed by its owner and by admins.")
    return view


async def _differing(write: Write, view: SavedView, wanted: ViewContent) -> dict[str, object]:
    """What of the wanted is new to the view, checked; every row that the filter names is one that the actor sees."""
    for row in wanted.named:
        await look_up(write, row.model, row.id, row.path)
    name, search = wanted.name, wanted.search
    return differing(
        view,
        name=name if name is KEEP else inputs.line(name, "name", NAME_LIMIT),
        ticket_filter=wanted.ticket_filter,
        search=search if search is KEEP or search is None else inputs.text(search, "search", SEARCH_LIMIT),
        ticket_order=wanted.ticket_order,
        shared=wanted.shared,
    )


async def _there_is_room(write: Write, view: SavedView) -> None:
    """Raise InvalidInput where its owner or the organization has as many others as may be; two at once take turns."""
    await lock_organization(write)
    ((own, shared),) = await write.connection.fetch(
        "SELECT count(*) FILTER (WHERE owner_id = $2), count(*) FILTER (WHERE shared) FROM support_saved_view"
        " WHERE organization_id = $1 AND id <> $3",
        view.organization_id,
        view.owner_id,
        view.id,
    )
    if own >= OWN_LIMIT:
        raise InvalidInput(f"A person has at most {OWN_LIMIT} views. Delete one that you don't need.")
    if view.shared and shared >= SHARED_LIMIT:
        raise InvalidInput(f"An organization shares at most {SHARED_LIMIT} views.", ["shared"])


def _record(write: Write, view: SavedView, change: Change, *, shared: bool) -> None:
    fact = SavedViewChanged(view_id=view.id, change=change, shared=shared)
    write.record(fact, person_id=None if shared else view.owner_id)
