"""What tests of safe retries have in common: a request, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

A_TICKET = {"subject": "It broke", "body": "Please help."}
CREATE = """mutation($input: CreateTicketInput!) { createTicket(input: $input) {
  ... on Ticket { id number } ... on Problem { code } } }"""


async def tickets_of(world: World) -> int:
    return int(
        await world.database.fetchval("SELECT count(*) FROM support_ticket WHERE organization_id = $1", world.id)
    )


async def keys_of(world: World) -> list[str]:
    rows = await world.database.fetch(
        "SELECT path FROM support_idempotency_key WHERE organization_id = $1 ORDER BY created_at, path", world.id
    )
    return [row["path"] for row in rows]


async def seq_of(world: World) -> int:
    return int(
        await world.database.fetchval("SELECT seq FROM support_event_counter WHERE organization_id = $1", world.id)
    )
