"""Tickets are locked before people: whoever waits for a ticket keeps nobody from giving it to somebody"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from models.database import Connection, Database
from tests.client import Problem
from tests.mutations.members import id_of, key
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


@asynccontextmanager
async def held(database: Database, ticket: Any) -> AsyncIterator[Connection]:
    """A transaction of somebody else's that has locked the ticket, as assignTicket does."""
    async with asyncio.timeout(30), database.transaction() as connection:
        await connection.execute("SELECT 1 FROM support_ticket WHERE id = $1 FOR NO KEY UPDATE", key(ticket))
        yield connection


async def until_waited_for(database: Database, connection: Connection) -> None:
    """Come back when somebody waits for what the transaction has locked; each look is a round trip."""
    blocked = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE $1::int = ANY(pg_blocking_pids(pid)))"
    while not await database.fetchval(blocked, connection.get_server_pid()):
        pass


async def gone(helpdesk: Helpdesk, verb: str, member: str) -> Any:
    """The result of a verb that ends a membership."""
    if verb == "removeMember":
        return await helpdesk.admin.remove_member(input={"user_id": member, "unassign": True})
    return await helpdesk.admin.erase_person(user_id=member)


async def free_people(connection: Connection, helpdesk: Helpdesk) -> int:
    """How many of the organization's people nobody has locked."""
    people = "SELECT 1 FROM support_membership WHERE organization_id = $1 FOR NO KEY UPDATE SKIP LOCKED"
    found: int = await connection.fetchval(f"SELECT count(*) FROM ({people}) AS free", helpdesk.world.id)
    return found


@pytest.mark.parametrize("verb", ["removeMember", "erasePerson"])
async def test_a_member_who_goes_waits_for_tickets_before_anybody_is_locked(a_helpdesk: Make, verb: str) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    ticket = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)

    async with held(helpdesk.world.database, ticket) as other:
        going = asyncio.create_task(gone(helpdesk, verb, agent))
        await until_waited_for(helpdesk.world.database, other)
        free = await free_people(other, helpdesk)

    assert free == 4
    assert not isinstance(await going, Problem)
    assert (await helpdesk.events(ticket))[-1] == "TicketAssigned"


@pytest.mark.parametrize("verb", ["removeMember", "erasePerson"])
async def test_tickets_that_come_meanwhile_are_waited_for_with_nobody_locked(a_helpdesk: Make, verb: str) -> None:
    helpdesk = await a_helpdesk()
    database, agent = helpdesk.world.database, id_of(helpdesk.world.agent)
    ticket, late = await helpdesk.ticket(), await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)

    async with AsyncExitStack() as stack:
        async with held(database, ticket) as other:
            going = asyncio.create_task(gone(helpdesk, verb, agent))
            await until_waited_for(database, other)
            await helpdesk.admin.assign_ticket(ticket_id=late["id"], assignee_id=agent)
            another = await stack.enter_async_context(held(database, late))
        await until_waited_for(database, another)
        free = await free_people(another, helpdesk)

    assert free == 4
    assert not isinstance(await going, Problem)
    assert [(await helpdesk.events(each))[-2:] for each in (ticket, late)] == [["TicketAssigned"] * 2] * 2


async def test_a_person_with_tickets_asked_for_and_given_locks_them_in_one_order(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    given = await helpdesk.ticket()
    asked = await helpdesk.agent.create_ticket(input={"subject": "My own", "body": "Please help."})
    await helpdesk.agent.assign_ticket(ticket_id=given["id"], assignee_id=agent)

    # The older one is waited for with the newer one free, as updateTickets does.
    async with held(helpdesk.world.database, given) as other:
        going = asyncio.create_task(helpdesk.admin.erase_person(user_id=agent))
        await until_waited_for(helpdesk.world.database, other)
        newer = "SELECT count(*) FROM (SELECT 1 FROM support_ticket WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED) AS f"
        free = await other.fetchval(newer, key(asked))

    assert free == 1
    assert not isinstance(await going, Problem)


async def test_a_change_of_role_waits_for_no_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    ticket = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)

    async with held(helpdesk.world.database, ticket):
        result = await helpdesk.admin.change_member_role(user_id=agent, role="ANALYST")

    assert isinstance(result, Problem)
    assert (result.code, result.path) == ("CONFLICT", ("role",))
