"""Members who are told of things, and what they were told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import encode
from models.actors import Actor
from models.settings import Settings
from tasks.reactions import REACTIONS
from tests.tasks.parts import DEFAULT_SETTINGS, worker_of
from tests.world import Helpdesk, World

NAMES = {"notify"}
TABLE = {
    fact: kept for fact, specs in REACTIONS.items() if (kept := tuple(spec for spec in specs if spec.name in NAMES))
}


async def follow(world: World, settings: Settings = DEFAULT_SETTINGS) -> None:
    """Have a worker tell everybody of what has happened."""
    worker = worker_of(world.database, TABLE, settings=settings)
    await worker.step(Actor.system(world.database, world.id))


def user_id(actor: Actor) -> UUID:
    """A member's key."""
    assert actor.user_id is not None
    return actor.user_id


def usr(actor: Actor) -> str:
    """A member's id."""
    return encode("usr", user_id(actor))


async def told(world: World) -> list[tuple[UUID, str]]:
    """Who has been told of what."""
    rows = await world.database.fetch(
        "SELECT user_id, kind FROM support_notification WHERE organization_id = $1 ORDER BY created_at, user_id",
        world.id,
    )
    return [(row["user_id"], row["kind"]) for row in rows]


async def write_on(helpdesk: Helpdesk, ticket: Any, body: str, by: str = "agent", **given: Any) -> Any:
    """A message on a ticket."""
    return await getattr(helpdesk, by).add_message(input={"ticket_id": ticket["id"], "body": body, **given})


async def choose(by: Any, kind: str, **choice: Any) -> Any:
    """Have somebody choose how to be told of a kind of thing."""
    return await by.update_preferences(input={"notifications": [{"kind": kind, **choice}]})
