"""Answers written once and sent often: kept, filled for a ticket, counted when they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.actors import Actor
from models.assistance import CannedResponse, CannedResponseUse
from models.database import Fetch, Row
from models.errors import Conflict, InvalidInput
from models.events import CannedResponseChanged
from models.fact import Change
from models.rows import new
from models.tickets import BODY_LIMIT, Ticket
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import Parameters, access, look_up, operation
from resolvers.patches import KEEP, Keep, differing, expect_version
from resolvers.variables import filled, refuse_unknown

TITLE_LIMIT = 200
SHORTCUT_LIMIT = 50
FOLDER_LIMIT = 100
_SHORTCUT = re.compile(r"[\w.-]+")
# What the variables of a canned response stand for, on one ticket.
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class CannedResponseChanges:
    """What to change of a canned response."""

    title: str | Keep = KEEP
    shortcut: str | Keep = KEEP
    body: str | Keep = KEEP
    folder: str | Keep | None = KEEP


@operation
async def create_canned_response(actor: Actor, title: str, shortcut: str, body: str, folder: str | None = None) -> UUID:
    """One more answer for all agents; its shortcut is nobody else's."""
    columns = _columns(CannedResponseChanges(title, shortcut, body, folder))
    with _shortcuts_once(columns):
        async with organization_write(actor) as write:
            stamps = {"created_at": write.now, "updated_at": write.now}
            canned = new(CannedResponse, organization_id=actor.organization_id, **stamps, **columns)
            write.insert(canned)
            write.record(CannedResponseChanged(canned_response_id=canned.id, change=Change.CREATED))
    return canned.id


@operation
async def update_canned_response(
    actor: Actor, canned_response_id: UUID | None, wanted: CannedResponseChanges, expected_version: int | None = None
) -> UUID:
    """Write an answer anew; messages that were sent with it stay as they were sent."""
    columns = _columns(wanted)
    with _shortcuts_once(columns):
        async with organization_write(actor) as write:
            canned = await access(write, CannedResponse, canned_response_id)
            expect_version("canned response", canned.version, expected_version)
            changes = differing(canned, **columns)
            if changes:
                write.update(canned, version=canned.version + 1, updated_at=write.now, **changes)
                write.record(CannedResponseChanged(canned_response_id=canned.id, change=Change.UPDATED))
    return canned.id


@operation
async def delete_canned_response(actor: Actor, canned_response_id: UUID | None) -> UUID:
    """Take an answer off the list. Messages that were sent with it stay, and no longer name it."""
    async with organization_write(actor) as write:
        canned = await access(write, CannedResponse, canned_response_id)
        # Its shortcut is free for another.
        write.update(canned, deleted_at=write.now, shortcut=None)
        write.record(CannedResponseChanged(canned_response_id=canned.id, change=Change.DELETED))
    return canned.id


def _columns(wanted: CannedResponseChanges) -> dict[str, Any]:
    """The columns that are wanted, checked and in the form that is stored; KEEP where nothing was said."""
    folder = wanted.folder
    if folder is not KEEP:
        folder = inputs.line(folder, "folder", FOLDER_LIMIT) if folder else None
    return {
        "title": KEEP if wanted.title is KEEP else inputs.line(wanted.title, "title", TITLE_LIMIT),
        "shortcut": KEEP if wanted.shortcut is KEEP else _shortcut(wanted.shortcut),
        "body": KEEP if wanted.body is KEEP else _body(wanted.body),
        "folder": folder,
    }


def _shortcut(value: str) -> str:
    shortcut = inputs.text(value, "shortcut", SHORTCUT_LIMIT).casefold()
    if not _SHORTCUT.fullmatch(shortcut) or len(shortcut) > SHORTCUT_LIMIT:
        raise InvalidInput("A shortcut is made of letters, digits and - _ . only.", ["shortcut"])
    return shortcut


def _body(value: str) -> str:
    body = inputs.text(value, "body", BODY_LIMIT)
    refuse_unknown(body, "body")
    return body


@contextmanager
def _shortcuts_once(columns: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "support_canned_response_shortcut_once":
            raise
        message = f"The shortcut {columns['shortcut']!r} is another canned response's."
        raise Conflict(message, ["shortcut"]) from None


async def values_on(actor: Actor, fetch: Fetch, ticket_ids: Sequence[UUID | None]) -> list[Values | None]:
    """What variables stand for on each of the tickets, with the actor as the agent; None for what it can't see."""
    parameters = Parameters(actor)
    agent, tickets = parameters.bind(actor.user_id, "uuid"), parameters.bind(ticket_ids, "uuid[]")
    rows = await fetch(
        "SELECT t.id, t.number, t.subject, t.status, category.name AS category, requester.name AS requester,"
        " requester.email, agent.name AS agent, organization.name AS organization FROM support_ticket t"
        " JOIN support_membership requester ON requester.id = t.requester_id"
        " JOIN support_organization organization ON organization.id = t.organization_id"
        " LEFT JOIN support_category category ON category.id = t.category_id AND category.deleted_at IS NULL"
        f" LEFT JOIN support_membership agent ON agent.id = {agent} AND agent.organization_id = t.organization_id"
        f" WHERE t.id = ANY({tickets}) AND {parameters.scope(Ticket)}",
        *parameters.values,
    )
    found = {row["id"]: _values(row) for row in rows}
    return [found.get(ticket_id) for ticket_id in ticket_ids]


def _values(row: Row) -> Values:
    return {
        "ticket.number": str(row["number"]),
        "ticket.subject": row["subject"],
        "ticket.status": row["status"].replace("_", " "),
        "ticket.category": row["category"],
        "requester.name": row["requester"],
        "requester.email": row["email"],
        "agent.name": row["agent"],
        "organization.name": row["organization"],
    }


async def text_to_send(write: Write, ticket: Ticket, canned_response_id: UUID | None, body: str | None) -> str:
    """What is sent with a canned response: the given body or else its own, the variables in it filled."""
    canned = await look_up(write, CannedResponse, canned_response_id, ["canned_response_id"])
    (values,) = await values_on(write.actor, write.connection.fetch, [ticket.id])
    text = filled(canned.body if body is None else body, values or {}, "body")
    return inputs.text(text, "body", BODY_LIMIT)


async def count_use(write: Write, ticket: Ticket, canned_response_id: UUID) -> None:
    """Count that a canned response was sent, as the last but one statement of the write.

    Everybody who sends the same one meets at its row, which is locked from here on: each holds the ticket already, and
    wants nothing more but the log's counter, so nobody waits for somebody who waits.
    """
    use = new(
        CannedResponseUse,
        organization_id=ticket.organization_id,
        canned_response_id=canned_response_id,
        agent_id=write.actor.user_id,
        ticket_id=ticket.id,
        used_at=write.now,
    )
    write.insert(use)
    await write.connection.execute(
        "UPDATE support_canned_response SET usage_count = usage_count + 1, last_used_at = greatest(last_used_at, $2)"
        " WHERE id = $1",
        canned_response_id,
        write.now,
    )


@dataclass(frozen=True, slots=True)
class UseRange:
    """Uses of one canned response, from an instant until before another; None: since ever, until now."""

    canned_response_id: UUID
    begin: datetime | None
    end: datetime | None


async def usage_in(actor: Actor, fetch: Fetch, ranges: Sequence[UseRange]) -> list[list[Row]]:
    """Who sent what how often, the busiest first: `agent_id`, `count`, `last_used_at` for each range."""
    rows = await fetch(
        "SELECT wanted.place, u.agent_id, count(*) AS count, max(u.used_at) AS last_used_at"
        " FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[])"
        " WITH ORDINALITY AS wanted(id, begin, until, place)"
        " JOIN support_canned_response_use u ON u.canned_response_id = wanted.id AND u.organization_id = $4"
        " AND u.used_at >= coalesce(wanted.begin, '-infinity') AND u.used_at < coalesce(wanted.until, 'infinity')"
        " GROUP BY 1, 2 ORDER BY 1, 3 DESC, 4 DESC, 2",
        [each.canned_response_id for each in ranges],
        [each.begin for each in ranges],
        [each.end for each in ranges],
        actor.organization_id,
    )
    found: list[list[Row]] = [[] for _ in ranges]
    for row in rows:
        found[row["place"] - 1].append(row)
    return found
