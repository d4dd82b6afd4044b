"""`helpdesk reactions`: what has failed for good, and reactions to past events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graphql_api.ids import decode, encode
from graphql_api.types.scalars import write_instant
from models.actors import Actor
from models.database import Database, Row
from models.errors import NotFound
from resolvers.dead_letters import dead_letters, discard_dead_letter, retry_dead_letter
from resolvers.organizations import every_slug, organization_by_slug
from tasks.planning import named, plan_past
from tasks.reactions import REACTIONS


def as_json(row: Row) -> dict[str, Any]:
    """A dead letter for programs."""
    return {
        "id": encode("rct", row["id"]),
        "organization": row["slug"],
        "reaction": row["name"],
        "eventId": encode("evt", row["event_id"]),
        "attempts": row["attempts"],
        "diedAt": write_instant(row["finished_at"]),
        "error": row["error"],
    }


def line(row: Row) -> str:
    """A dead letter for people."""
    found = as_json(row)
    tried = f"{found['attempts']} attempts, died {found['diedAt']}"
    return f"{found['id']} {found['organization']} {found['reaction']}: {found['error']} ({tried})"


async def dead(database: Database, slug: str | None) -> list[Row]:
    """What has failed for good, in one organization or in all."""
    return await dead_letters(database, (await organization_by_slug(database, slug)).id if slug else None)


async def deal_with(database: Database, ids: list[str], slug: str | None, *, retry: bool) -> list[str]:
    """Retry or discard dead letters: those with these ids or, without ids, all that there are; the ids of those."""
    rows = {row["id"]: row for row in await dead(database, slug)}
    verb = retry_dead_letter if retry else discard_dead_letter
    wanted = [_known(rows, text) for text in ids] if ids else [*rows.values()]
    for row in wanted:
        await verb(Actor.system(database, row["organization_id"]), row["id"])
    return [encode("rct", row["id"]) for row in wanted]


def _known(rows: dict[UUID, Row], text: str) -> Row:
    key = decode("rct", text)
    if key is None or key not in rows:
        raise NotFound(f"dead letter {text}")
    return rows[key]


async def run_past(
    database: Database, name: str, slug: str | None, since: datetime | None, until: datetime | None, console: Console
) -> dict[str, int]:
    """Plan a reaction for past events that lack it; for how many of each organization."""
    chosen = named(REACTIONS, name)
    found = [await organization_by_slug(database, each) for each in ([slug] if slug else await every_slug(database))]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    planned: dict[str, int] = {}
    with Progress(*columns, console=console) as progress:
        for organization in found:
            total = await database.fetchval(
                "SELECT seq FROM support_event_counter WHERE organization_id = $1", organization.id
            )
            bar = progress.add_task(f"Events of {organization.slug}", total=total)
            planned[organization.slug] = 0
            async for step in plan_past(database, organization.id, chosen, since, until):
                planned[organization.slug] += step.planned
                progress.update(bar, completed=step.upto)
    return planned
