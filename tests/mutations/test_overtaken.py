"""What a write has read of a ticket holds when it is written, though nobody had locked it in between"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from models.actors import ActorKind
from models.errors import NotAllowed
from models.writer import Write, organization_write, repeated_if_overtaken
from resolvers.access import access_ticket
from resolvers.messages import NewMessage, add_message
from resolvers.tickets import append_message
from tests.client import Problem
from tests.mutations.members import key
from tests.mutations.test_lock_order import held, until_waited_for
from tests.queries.many import many_tickets
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]
MakeWorld = Callable[[], Awaitable[World]]

CLOSE = """UPDATE support_ticket SET status = 'closed', resolved_at = now(), closed_at = now(), version = version + 1
WHERE id = $1"""
LOG = "SELECT type, seq FROM support_event WHERE organization_id = $1 ORDER BY seq"


def answer(write: Write, ticket_id: UUID) -> Awaitable[None]:
    """Write on a ticket, as an operation does."""

    async def written() -> None:
        ticket = await access_ticket(write, ticket_id)
        append_message(write, ticket, "Try this.", kind=ActorKind.AGENT, author_id=write.actor.user_id)

    return written()


async def counted(world: World, ticket_id: UUID) -> tuple[int, int]:
    """A ticket's messages: as the ticket says, and as there are."""
    (row,) = await world.database.fetch(
        "SELECT message_count, (SELECT count(*) FROM support_ticket_message m WHERE m.ticket_id = t.id) AS found"
        " FROM support_ticket t WHERE id = $1",
        ticket_id,
    )
    return row["message_count"], row["found"]


async def test_the_rules_are_asked_of_what_the_ticket_has_become(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    async with held(helpdesk.world.database, ticket) as other:
        resolving = asyncio.ensure_future(helpdesk.agent.resolve_ticket(ticket_id=ticket["id"]))
        await until_waited_for(helpdesk.world.database, other)
        await other.execute(CLOSE, key(ticket))

    result = await resolving
    assert isinstance(result, Problem)
    assert result.code == "TRANSITION_NOT_ALLOWED"
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded"]


async def test_a_ticket_that_was_locked_and_left_as_it_was_is_written_on(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    async with held(helpdesk.world.database, ticket) as other:
        resolving = asyncio.ensure_future(helpdesk.agent.resolve_ticket(ticket_id=ticket["id"]))
        await until_waited_for(helpdesk.world.database, other)

    assert not isinstance(await resolving, Problem)
    assert (await helpdesk.events(ticket))[-1] == "TicketResolved"


@pytest.mark.parametrize("asks_more", [False, True])
async def test_an_operation_that_was_overtaken_is_run_again(an_organization: MakeWorld, asks_more: bool) -> None:
    world = await an_organization()
    (ticket,) = await many_tickets(world, 1)
    tries: list[UUID | None] = []

    async def operation() -> None:
        async with organization_write(world.agent) as write:
            seen = await access_ticket(write, ticket.id)
            tries.append(seen.last_message_id)
            if len(tries) == 1:
                await add_message(world.admin, NewMessage(ticket.id, "I was faster."))
            if asks_more:
                await write.connection.fetchval("SELECT 1")
            append_message(write, seen, "Try this.", kind=ActorKind.AGENT, author_id=world.agent.user_id)

    await repeated_if_overtaken(operation)

    assert len(set(tries)) == len(tries) == 2
    assert await counted(world, ticket.id) == (3, 3)
    log = await world.database.fetch(LOG, world.id)
    assert [row["seq"] for row in log] == list(range(1, len(log) + 1))


async def test_what_was_committed_is_not_done_again(an_organization: MakeWorld) -> None:
    world = await an_organization()
    first, second = (ticket.id for ticket in await many_tickets(world, 2))

    async def operation() -> None:
        async with organization_write(world.agent) as write:
            await answer(write, first)
        async with organization_write(world.agent) as write:
            await answer(write, second)
            assert write.connection.begun, "the second write locks what it reads"

    await repeated_if_overtaken(operation)

    assert [await counted(world, each) for each in (first, second)] == [(2, 2), (2, 2)]


async def test_what_no_write_takes_back_is_done_before_it_or_after(an_organization: MakeWorld) -> None:
    world = await an_organization()
    (ticket,) = await many_tickets(world, 1)

    async def beside() -> None:
        async with organization_write(world.agent) as write:
            await answer(write, ticket.id)
            await world.database.execute("SELECT 'somebody is told'")

    async def before_and_after() -> None:
        await world.database.execute("SELECT 'somebody is told'")
        async with organization_write(world.agent) as write:
            await answer(write, ticket.id)
            assert write.connection.begun, "it can't be done again, so it locks"
        await world.database.execute("SELECT 'somebody is told'")

    with pytest.raises(LookupError, match="nothing may be done beside a write"):
        await repeated_if_overtaken(beside)
    await repeated_if_overtaken(before_and_after)

    assert await counted(world, ticket.id) == (2, 2)


async def test_a_write_that_nobody_can_repeat_locks_at_once(an_organization: MakeWorld) -> None:
    world = await an_organization()
    (ticket,) = await many_tickets(world, 1)

    async with organization_write(world.agent) as write:
        await answer(write, ticket.id)
        assert write.connection.begun

    assert await counted(world, ticket.id) == (2, 2)


async def test_nothing_is_written_by_who_was_overtaken(an_organization: MakeWorld) -> None:
    world = await an_organization()
    (ticket,) = await many_tickets(world, 1)
    before = await world.database.fetch(LOG, world.id)

    async def late_and_then_gone() -> None:
        async with organization_write(world.agent) as write:
            await answer(write, ticket.id)
            if write.connection.begun:
                raise NotAllowed("The second time there is a lock, and no wish to write.")
            await world.database.fetch("UPDATE support_ticket SET version = version WHERE id = $1", ticket.id)

    with pytest.raises(NotAllowed):
        await repeated_if_overtaken(late_and_then_gone)

    assert await counted(world, ticket.id) == (1, 1)
    assert await world.database.fetch(LOG, world.id) == before


async def test_writers_of_one_organization_leave_a_dense_log(an_organization: MakeWorld) -> None:
    world = await an_organization()
    tickets = [ticket.id for ticket in await many_tickets(world, 4)]
    before = len(await world.database.fetch(LOG, world.id))

    await asyncio.gather(
        *(
            add_message(world.agent, NewMessage(tickets[each % 4], f"Answer {each}.", internal=True))
            for each in range(32)
        )
    )

    log = await world.database.fetch(LOG, world.id)
    assert [row["seq"] for row in log] == list(range(1, before + 33))
    assert [await counted(world, each) for each in tickets] == [(9, 9)] * 4
