"""Presences: over processes, and what becomes of those who vanish"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from broadcaster import Broadcast

from models.actors import Actor
from models.fields import new_id
from models.presence import PresenceState, TicketPresence
from subscriptions.ephemera import CHANNEL, Ephemera
from subscriptions.places import Holder
from subscriptions.presence import PLACES, Presences, Timing
from tests.world import World

Make = Callable[[], Awaitable[World]]

VIEWING, TYPING, LEFT = PresenceState.VIEWING, PresenceState.TYPING, PresenceState.LEFT
# Long enough to be sure that nothing ends by itself; what a test is about is made short, but not so short that a busy
# machine misses what was before.
LONG = Timing(typing=60, unheld=60, silence=60, heartbeat=60, hearsay=60, look=0.02, pace=0.01)


def shown(presence: TicketPresence) -> dict[UUID, PresenceState]:
    """Who is there, and what they do."""
    return {each.member_id: each.state for each in presence.people}


def put(presences: Presences, actor: Actor, ticket: UUID, state: PresenceState, holder: Holder | None = None) -> None:
    """Say where somebody is."""
    presences.put(actor, ticket, state, internal=True, holder=holder)


def a_holder() -> Holder:
    """A connection."""
    return Holder()


async def until(feed: AsyncGenerator[TicketPresence, None], wanted: dict[UUID, PresenceState]) -> TicketPresence:
    """The next time that exactly these are there."""
    async with asyncio.timeout(30):
        async for presence in feed:
            if shown(presence) == wanted:
                return presence
    raise AssertionError("it has ended")


def following(presences: Presences, ticket: UUID) -> aclosing[AsyncGenerator[TicketPresence, None]]:
    """What staff are shown of a ticket."""
    return aclosing(presences.follow(ticket, staff=True))


@asynccontextmanager
async def processes(*timings: Timing) -> AsyncIterator[list[Presences]]:
    """Processes of one deployment."""
    async with Broadcast("memory://") as broadcast, AsyncExitStack() as stack:
        yield [Presences(await stack.enter_async_context(Ephemera.over(broadcast)), timing) for timing in timings]


async def test_other_processes_hear_of_it(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent, admin = world.agent.user_id or new_id(), world.admin.user_id or new_id()
    async with processes(LONG, LONG) as (here, there), following(there, ticket) as feed:
        holder = a_holder()
        put(here, world.agent, ticket, VIEWING, holder)
        await until(feed, {agent: VIEWING})
        put(there, world.admin, ticket, TYPING, a_holder())
        await until(feed, {agent: VIEWING, admin: TYPING})
        # One person at two processes is one person.
        put(there, world.agent, ticket, TYPING, a_holder())
        put(here, world.agent, ticket, VIEWING, a_holder())
        presence = await until(feed, {agent: TYPING, admin: TYPING})
        assert presence.count == 2
        holder.end()
        put(here, world.agent, ticket, LEFT, holder)


async def test_nobody_is_present_by_a_connection_that_has_ended(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    presences, holder = Presences(timing=LONG), a_holder()
    holder.end()

    said = presences.put(world.agent, ticket, TYPING, internal=True, holder=holder)

    assert (said.state, presences.tickets) == (LEFT, frozenset())


async def test_a_process_that_comes_later_learns_at_once_who_is_where(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as one:
        here = Presences(one, LONG)
        put(here, world.agent, ticket, VIEWING, a_holder())
        async with following(here, ticket) as feed:
            await until(feed, {world.agent.user_id or new_id(): VIEWING})
        async with Ephemera.over(broadcast) as another, following(Presences(another, LONG), ticket) as feed:
            await until(feed, {world.agent.user_id or new_id(): VIEWING})


async def test_what_a_lost_message_said_is_said_again(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as one:
        here = Presences(one, replace(LONG, heartbeat=0.05))
        put(here, world.agent, ticket, VIEWING, a_holder())
        # Whoever hears nothing of a hello still hears the next heartbeat.
        async with broadcast.subscribe(CHANNEL) as subscription, asyncio.timeout(30):
            said = 0
            while said < 3:
                message = (await subscription.get()).message
                said += ticket.hex in message and "viewing" in message


async def test_who_was_at_a_process_that_vanished_is_gone(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()
    short = replace(LONG, heartbeat=0.05, hearsay=0.5)
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as another:
        there = Presences(another, short)
        async with following(there, ticket) as feed:
            killed = Ephemera.over(broadcast)
            here = Presences(await killed.__aenter__(), short)
            put(here, world.agent, ticket, VIEWING, a_holder())
            await until(feed, {agent: VIEWING})
            # Nothing that it says comes through any more, as after kill -9.
            await killed.__aexit__(None, None, None)
            started = time.monotonic()
            await until(feed, {})
            assert time.monotonic() - started < 5


async def test_the_times_that_it_takes_add_up_to_less_than_ten_seconds() -> None:
    timing = Timing()

    assert timing.hearsay + timing.look + timing.pace < 10
    assert timing.silence + timing.look + timing.pace < 10
    assert timing.unheld + timing.look / 2 < 10
    # Two heartbeats may be lost.
    assert (timing.heartbeat + timing.look) * 3 < timing.hearsay


async def test_typing_ends_by_itself(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()
    here = Presences(timing=replace(LONG, typing=0.5))
    async with following(here, ticket) as feed:
        put(here, world.agent, ticket, VIEWING, a_holder())
        viewing = await until(feed, {agent: VIEWING})
        put(here, world.agent, ticket, TYPING, a_holder())
        await until(feed, {agent: TYPING})
        again = await until(feed, {agent: VIEWING})
    assert again.people == viewing.people


async def test_who_says_it_by_requests_has_to_say_it_again(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    here = Presences(timing=replace(LONG, unheld=0.5))
    async with following(here, ticket) as feed:
        put(here, world.agent, ticket, VIEWING)
        await until(feed, {world.agent.user_id or new_id(): VIEWING})
        await until(feed, {})


async def test_nobody_is_at_the_end_of_a_silent_socket_until_it_speaks_again(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()
    here, holder = Presences(timing=replace(LONG, silence=0.5)), a_holder()
    async with following(here, ticket) as feed:
        put(here, world.agent, ticket, VIEWING, holder)
        await until(feed, {agent: VIEWING})
        await until(feed, {})
        holder.hear()
        await until(feed, {agent: VIEWING})


async def test_requests_that_go_to_another_process_leave_nothing_behind(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()
    async with processes(LONG, LONG) as (here, there), following(here, ticket) as feed:
        put(here, world.agent, ticket, TYPING)
        await until(feed, {agent: TYPING})
        # In the same millisecond it would be either of them.
        await world.database.fetchval("SELECT pg_sleep(0.002)")
        put(there, world.agent, ticket, VIEWING)
        await until(feed, {agent: VIEWING})
        put(there, world.agent, ticket, LEFT)
        await until(feed, {})


async def test_a_connection_is_at_twenty_tickets_at_most(an_organization: Make) -> None:
    world, holder, here = await an_organization(), a_holder(), Presences(timing=LONG)
    agent = world.agent.user_id or new_id()
    tickets = [new_id() for _ in range(PLACES + 1)]
    async with following(here, tickets[0]) as first, following(here, tickets[-1]) as last:
        put(here, world.agent, tickets[0], VIEWING, holder)
        await until(first, {agent: VIEWING})
        for ticket in tickets[1:]:
            put(here, world.agent, ticket, VIEWING, holder)
        await until(last, {agent: VIEWING})
        await until(first, {})


async def test_a_connection_says_when_somebody_is_present_by_it(an_organization: Make) -> None:
    world, ticket, here = await an_organization(), new_id(), Presences(timing=LONG)
    holder, held = a_holder(), []
    for state in (VIEWING, TYPING, LEFT, VIEWING):
        put(here, world.agent, ticket, state, holder)
        held.append(holder.held.is_set())
    holder.end()

    assert held == [True, True, False, True]
    assert not holder.held.is_set()


async def test_an_older_message_changes_nothing(an_organization: Make) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()

    def said(number: int, state: str) -> str:
        return f'["0123456789abcdef",{number},"presence",[["{ticket.hex}","{agent.hex}","{state}",1e9,false,true]]]'

    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as one:
        here = Presences(one, LONG)
        async with following(here, ticket) as feed:
            await broadcast.publish(CHANNEL, said(7, "typing"))
            await until(feed, {agent: TYPING})
            await broadcast.publish(CHANNEL, said(6, "viewing"))
            put(here, world.admin, ticket, VIEWING, a_holder())
            await until(feed, {agent: TYPING, world.admin.user_id or new_id(): VIEWING})


@pytest.mark.parametrize(
    "entry",
    ["[5,6,7]", "{}", "null", '["TICKET","AGENT","dancing"]', '["TICKET","AGENT","viewing",1e300,false,true]'],
)
async def test_what_is_not_ours_is_passed_over(an_organization: Make, entry: str) -> None:
    world, ticket = await an_organization(), new_id()
    agent = world.agent.user_id or new_id()
    strange = entry.replace("TICKET", new_id().hex).replace("AGENT", agent.hex)
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as one:
        here = Presences(one, LONG)
        async with following(here, ticket) as feed:
            await until(feed, {})
            said = f'["{ticket.hex}","{agent.hex}","viewing",1e9,false,true]'
            for number, each in enumerate((strange, said)):
                await broadcast.publish(CHANNEL, f'["0123456789abcdef",{number},"presence",[{each}]]')
            await until(feed, {agent: VIEWING})
        assert here.tickets == {ticket}


async def test_nothing_is_kept_of_tickets_where_nobody_is(an_organization: Make) -> None:
    world, ticket, holder = await an_organization(), new_id(), a_holder()
    agent = world.agent.user_id or new_id()
    here = Presences(timing=LONG)
    async with following(here, ticket) as feed:
        put(here, world.agent, ticket, VIEWING, holder)
        await until(feed, {agent: VIEWING})
        holder.end()
        await until(feed, {})

    assert not here.tickets


async def test_nothing_is_kept_of_those_who_leave_by_a_request_and_were_not_here(an_organization: Make) -> None:
    world, here = await an_organization(), Presences(timing=LONG)

    put(here, world.agent, new_id(), LEFT)

    assert not here._requests
