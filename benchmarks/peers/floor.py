"""The floor: what a hand-written endpoint costs. One prepared statement a request, its JSON composed by PostgreSQL.

No GraphQL, no schema, no authentication, no limits; a new question needs a new statement.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.serving import CONNECTIONS, serve
from models.fields import new_id

TICKET = """
SELECT json_build_object(
    'id', t.id, 'number', t.number, 'subject', t.subject, 'status', t.status, 'priority', t.priority,
    'createdAt', t.created_at,
    'requester', json_build_object('id', r.id, 'name', r.name, 'email', r.email),
    'assignee', CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id, 'name', a.name) END,
    'tags', ARRAY(SELECT g.name FROM support_ticket_tag g WHERE g.ticket_id = t.id ORDER BY g.name),
    'messages', (
        SELECT json_agg(json_build_object(
            'id', m.id, 'body', m.body, 'authorKind', m.author_kind, 'internal', m.internal, 'createdAt', m.created_at,
            'author', CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name) END
        ) ORDER BY m.created_at, m.id)
        FROM (
            SELECT * FROM support_ticket_message m WHERE m.ticket_id = t.id
            ORDER BY m.created_at DESC, m.id DESC LIMIT 5
        ) m LEFT JOIN support_membership p ON p.id = m.author_id
    )
)::text
FROM support_ticket t
JOIN support_membership r ON r.id = t.requester_id
LEFT JOIN support_membership a ON a.id = t.assignee_id
WHERE t.id = $1
"""
LIST = """
SELECT json_agg(json_build_object(
    'id', t.id, 'number', t.number, 'subject', t.subject, 'status', t.status, 'priority', t.priority,
    'createdAt', t.created_at, 'updatedAt', t.updated_at, 'firstRespondedAt', t.first_responded_at,
    'resolvedAt', t.resolved_at, 'reopenCount', t.reopen_count, 'messageCount', t.message_count,
    'requester', json_build_object('id', r.id, 'name', r.name, 'email', r.email),
    'assignee', CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id, 'name', a.name) END,
    'tags', ARRAY(SELECT g.name FROM support_ticket_tag g WHERE g.ticket_id = t.id ORDER BY g.name)
) ORDER BY t.created_at DESC, t.id DESC)::text
FROM (
    SELECT * FROM support_ticket WHERE organization_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50
) t
JOIN support_membership r ON r.id = t.requester_id
LEFT JOIN support_membership a ON a.id = t.assignee_id
"""
# The same rows as the product's: the ticket's, the message, the organization's counter and the event.
MESSAGE = """
WITH ticket AS (
    UPDATE support_ticket SET
        message_count = message_count + 1, public_message_count = public_message_count + 1,
        last_message_id = $3, last_public_message_id = $3, version = version + 1, public_version = public_version + 1,
        updated_at = now(), public_updated_at = now()
    WHERE id = $1 RETURNING id, organization_id, requester_id
), message AS (
    INSERT INTO support_ticket_message
        (id, organization_id, ticket_id, author_id, author_kind, body, internal, created_at)
    SELECT $3, organization_id, id, $2, 'agent', $4, FALSE, now() FROM ticket
    RETURNING id, body, author_kind, created_at
), counter AS (
    UPDATE support_event_counter c SET seq = c.seq + 1 FROM ticket WHERE c.organization_id = ticket.organization_id
    RETURNING c.seq
), event AS (
    INSERT INTO support_event (id, organization_id, seq, type, ticket_id, actor_kind, actor_id, visibility, person_id,
        data, reacts, occurred_at, recorded_at)
    SELECT $5, organization_id, seq, 'MessageAdded', id, 'agent', $2, 'customer', requester_id,
        jsonb_build_object('message_id', $3, 'author_kind', 'agent', 'internal', FALSE, 'may_mention', FALSE),
        TRUE, now(), now()
    FROM ticket, counter
)
SELECT json_build_object('id', id, 'body', body, 'authorKind', author_kind, 'createdAt', created_at)::text FROM message
"""


async def ticket(request: Request) -> Response:
    """A ticket with its people, tags and last 5 messages."""
    return _json(await request.app.state.pool.fetchval(TICKET, request.path_params["id"]))


async def tickets(request: Request) -> Response:
    """An organization's newest 50 tickets."""
    return _json(await request.app.state.pool.fetchval(LIST, request.path_params["organization"]))


async def add_message(request: Request) -> Response:
    """Write on a ticket."""
    asked = orjson.loads(await request.body())
    author = UUID(asked["author"])
    return _json(
        await request.app.state.pool.fetchval(
            MESSAGE, request.path_params["id"], author, new_id(), asked["body"], new_id()
        )
    )


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


async def _as_it_is(_connection: Any) -> None:
    """Nothing to tidy up: every request is one statement."""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Connected while it serves."""
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_as_it_is
    ) as pool:
        app.state.pool = pool
        yield


app = Starlette(
    routes=[
        Route("/tickets/{id:uuid}", ticket),
        Route("/organizations/{organization:uuid}/tickets", tickets),
        Route("/tickets/{id:uuid}/messages", add_message, methods=["POST"]),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    serve(app)
