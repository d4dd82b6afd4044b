"""Reactions that have failed for good."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import decode, encode
from models.fields import new_id
from tests.world import World


async def a_dead_letter(world: World, ticket_id: str, name: str = "draft", error: str = "OSError: no route") -> str:
    """A reaction to the ticket's first event that was tried eight times; its id."""
    row = await world.database.fetchrow(
        "INSERT INTO support_reaction"
        " (id, organization_id, event_id, name, lane, status, attempts, due_at, error, created_at, finished_at)"
        " SELECT $1, organization_id, id, $2, 'people', 'dead', 8, now(), $3, now(), now() FROM support_event"
        " WHERE ticket_id = $4 ORDER BY seq LIMIT 1 RETURNING id",
        new_id(),
        name,
        error,
        decode("tkt", ticket_id),
    )
    assert row
    return encode("rct", row["id"])


async def facts(world: World) -> list[tuple[str, Any]]:
    """What was recorded of dead letters: the fact and the dead letter."""
    rows = await world.database.fetch(
        "SELECT type, data FROM support_event WHERE organization_id = $1 AND type LIKE 'DeadLetter%' ORDER BY seq",
        world.id,
    )
    return [(row["type"], encode("rct", UUID(row["data"]["reaction_id"]))) for row in rows]
