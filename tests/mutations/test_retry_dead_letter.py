"""retryDeadLetter"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import decode, encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.dead_letters import a_dead_letter, facts
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_it_is_due_again_with_all_its_attempts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    dead = await a_dead_letter(helpdesk.world, (await helpdesk.ticket())["id"])

    retried = await helpdesk.admin.retry_dead_letter(id=dead)

    assert (retried["id"], retried["status"], retried["diedAt"]) == (dead, "DUE", None)
    row = await helpdesk.world.database.fetchrow("SELECT * FROM support_reaction WHERE id = $1", decode("rct", dead))
    assert row
    assert (row["attempts"] - row["excused"], row["waits"], row["leased_until"]) == (0, False, None)
    assert await facts(helpdesk.world) == [("DeadLetterRetried", dead)]


async def test_a_second_time_it_is_dead_no_more(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    dead = await a_dead_letter(helpdesk.world, (await helpdesk.ticket())["id"])
    await helpdesk.admin.retry_dead_letter(id=dead)

    again = await helpdesk.admin.retry_dead_letter(id=dead)

    assert again == Problem("ALREADY_DECIDED", "This is no dead letter any more: it was tried again, or let be.")
    assert await facts(helpdesk.world) == [("DeadLetterRetried", dead)]


async def test_others_are_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    far = await a_dead_letter(other.world, (await other.ticket())["id"])

    for unknown in (far, encode("rct", new_id()), "what"):
        refused = await helpdesk.admin.retry_dead_letter(id=unknown)
        assert refused == Problem("NOT_FOUND", "There is no such dead letter.", ("id",))
    assert await facts(other.world) == []


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_admins_only(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    dead = await a_dead_letter(helpdesk.world, (await helpdesk.ticket())["id"])

    refused = await getattr(helpdesk, role).retry_dead_letter(id=dead)

    assert refused == Problem("NOT_ALLOWED", "Your role does not include this: retry dead letter.")
    assert await facts(helpdesk.world) == []
