"""Somebody whose role changes is shown what they may see from the next event on, by the log's order and no other"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from graphql_api.context import Services
from graphql_api.ids import encode
from models.actors import Actor, Role
from models.events import ArticleIndexed, MemberChanged, TokenChanged
from models.fact import Fact
from models.fields import new_id
from models.organizations import TokenChange
from models.recorded import RecordedEvent, readable
from models.writer import organization_write
from subscriptions.visibility import may_see
from tests.access.test_open_sockets import GONE, send
from tests.client import Client
from tests.live.following import now
from tests.subscriptions.parts import RESOLVED
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

PATIENCE = 30
FEED = """subscription {{ feed(after: "{after}") {{ __typename cursor
  ... on Event {{ ticket {{ tags assignee {{ id }} messageCount }} }} }} }}"""


@dataclass
class Told:
    """What a connection is told, with its places in the log."""

    services: Services
    next: Callable[[], Awaitable[Any]]
    seqs: list[int] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    async def more(self, count: int) -> None:
        """So many items more."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(count):
                item = await self.next()
                self.items.append(item)
                self.seqs.append(self.services.cursors.open(item["cursor"]).seq)

    async def until(self, seq: int) -> None:
        """Everything up to a place that it is told of."""
        while not self.seqs or self.seqs[-1] < seq:
            await self.more(1)


@asynccontextmanager
async def by_socket(services: Services, by: Client, query: str) -> AsyncIterator[Told]:
    """A subscription over a socket."""
    async with by.socket() as socket:
        await send(socket, query, "1")

        async def following() -> Any:
            while (message := json.loads(await socket.recv()))["type"] == "ping":
                continue
            assert message["type"] == "next", message
            return _item(message["payload"])

        yield Told(services, following)


@asynccontextmanager
async def by_stream(services: Services, by: Client, query: str) -> AsyncIterator[Told]:
    """A subscription by event stream."""
    headers = {"Accept": "text/event-stream", **by.headers}
    async with by.http.stream("POST", "/graphql/stream", json={"query": query}, headers=headers) as answer:
        lines = answer.aiter_lines()

        async def following() -> Any:
            while not (line := await anext(lines)).startswith("data: {"):
                continue
            return _item(json.loads(line.removeprefix("data: ")))

        yield Told(services, following)


def _item(payload: Any) -> Any:
    assert "errors" not in payload, payload
    (item,) = payload["data"].values()
    return item


async def log_of(world: World) -> list[RecordedEvent]:
    """All events of an organization."""
    rows = await world.database.fetch(
        "SELECT t.* FROM support_event t WHERE organization_id = $1 ORDER BY seq", world.id
    )
    return [event for row in rows if (event := readable(row))]


async def expected(world: World, member: Actor, first: Role, after: int) -> list[int]:
    """The places after one that a member was to be told of, each in the role that the log gave them before it."""
    assert member.user_id
    role, seqs = first, []
    for event in await log_of(world):
        actor = Actor.member(world.database, world.id, member.user_id, role)
        if event.seq > after and may_see(actor, event):
            seqs.append(event.seq)
        if isinstance(event.fact, MemberChanged) and event.fact.member_id == member.user_id:
            role = event.fact.role
    return seqs


async def record(world: World, fact: Fact, person_id: UUID | None = None) -> int:
    """Write a fact; its place."""
    async with organization_write(Actor.system(world.database, world.id)) as write:
        write.record(fact, person_id=person_id)
    assert write.seq
    return write.seq


@asynccontextmanager
async def busy(world: World, member: Actor) -> AsyncIterator[None]:
    """Meanwhile much happens that staff see, that only admins see, and that the member sees also as a customer."""

    async def write() -> None:
        while True:
            await record(world, ArticleIndexed(article_id=new_id()))
            await record(world, TokenChanged(token_id=new_id(), member_id=new_id(), change=TokenChange.CREATED))
            await record(world, RESOLVED, member.user_id)

    writing = asyncio.create_task(write())
    try:
        yield
    finally:
        writing.cancel()
        await asyncio.wait({writing})


async def browser_of(helpdesk: Helpdesk, member: Actor) -> Client:
    """A member who has signed in: they act in whatever role they have."""
    return helpdesk.agent.with_cookie(await helpdesk.world.session_of(member))


async def become(helpdesk: Helpdesk, member: Actor, role: Role) -> int:
    """Give a member another role; the place of that in the log."""
    assert member.user_id
    assert "id" in await helpdesk.admin.change_member_role(user_id=encode("usr", member.user_id), role=role.name)
    return max(
        event.seq
        for event in await log_of(helpdesk.world)
        if isinstance(event.fact, MemberChanged) and event.fact.member_id == member.user_id
    )


@pytest.mark.parametrize("connected", [by_socket, by_stream])
@pytest.mark.parametrize(
    "roles",
    [
        [Role.AGENT, Role.CUSTOMER],
        [Role.CUSTOMER, Role.AGENT],
        [Role.ADMIN, Role.ANALYST, Role.ADMIN],
        [Role.AGENT, Role.CUSTOMER, Role.ADMIN, Role.CUSTOMER],
    ],
)
async def test_while_much_happens(a_helpdesk: Make, services: Services, connected: Any, roles: list[Role]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    member = await world.member(roles[0])
    by = await browser_of(helpdesk, member)
    after = await now(by)
    async with connected(services, by, FEED.format(after=after)) as told:
        async with busy(world, member):
            await told.more(5)
            for role in roles[1:]:
                # Who becomes two things before they are asked for again is shown all of it as the second.
                await told.until(await become(helpdesk, member, role) + 1)
                await told.more(5)
        last = await record(world, RESOLVED, member.user_id)
        await told.until(last)

    assert told.seqs == await expected(world, member, roles[0], services.cursors.open(after).seq)


async def test_a_token_goes_on_in_the_lesser_of_both_roles(
    a_helpdesk: Make, services: Services, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    member = await world.member(Role.AGENT)
    by = client(await world.token_of(member))
    after = await now(by)
    async with by_socket(services, by, FEED.format(after=after)) as told, busy(world, member):
        await told.more(5)
        await become(helpdesk, member, Role.ADMIN)
        await told.more(5)
        await become(helpdesk, member, Role.CUSTOMER)
        await told.more(10)

    log = {event.seq: event for event in await log_of(world)}
    assert not any(isinstance(log[seq].fact, TokenChanged) for seq in told.seqs)
    (demoted,) = [event.seq for event in log.values() if getattr(event.fact, "role", None) is Role.CUSTOMER]
    assert all(log[seq].person_id == member.user_id for seq in told.seqs if seq > demoted)


async def test_also_what_is_shown_of_an_event_changes(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    member = await world.member(Role.AGENT)
    email = await world.database.fetchval("SELECT email FROM support_membership WHERE id = $1", member.user_id)
    ticket = await helpdesk.agent.create_ticket(
        input={"subject": "It broke", "body": "Please help.", "on_behalf_of": {"email": email}}
    )
    assert world.agent.user_id
    agent = encode("usr", world.agent.user_id)
    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)
    by = await browser_of(helpdesk, member)
    async with by_socket(services, by, FEED.format(after=await now(by))) as told:
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Wait.", "internal": True})
        await told.more(1)
        await become(helpdesk, member, Role.CUSTOMER)
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "He waits.", "internal": True})
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Try again."})
        while told.items[-1]["__typename"] != "MessageAdded" or len(told.items) == 1:
            await told.more(1)

    assert told.items[0]["ticket"] == {"tags": ["vip"], "assignee": {"id": agent}, "messageCount": 2}
    assert told.items[-1]["ticket"] == {"tags": [], "assignee": None, "messageCount": 2}


async def test_what_a_role_may_not_follow_ends(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    member = await helpdesk.world.member(Role.AGENT)
    by = await browser_of(helpdesk, member)
    after = await now(by)
    async with by.socket() as socket:
        await send(socket, "subscription { slaAlerts { __typename } }", "alerts")
        await send(socket, FEED.format(after=after), "feed")
        await record(helpdesk.world, RESOLVED, member.user_id)
        assert (await next_on(socket))["id"] == "feed"
        await become(helpdesk, member, Role.CUSTOMER)
        await record(helpdesk.world, RESOLVED, member.user_id)

        messages = [await next_on(socket) for _ in range(3)]

    (refused,) = [message for message in messages if message["id"] == "alerts"]
    assert refused["type"] == "error"
    assert [error["extensions"]["code"] for error in refused["payload"]] == ["NOT_ALLOWED"]
    assert [message["type"] for message in messages if message["id"] == "feed"] == ["next", "next"]


async def next_on(socket: Any) -> Any:
    """The next message that is no ping."""
    async with asyncio.timeout(PATIENCE):
        while (message := json.loads(await socket.recv()))["type"] == "ping":
            continue
    return message


async def test_whoever_is_removed_is_told_nothing_later_and_may_return(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    member = await world.member(Role.AGENT)
    assert member.user_id
    name = encode("usr", member.user_id)
    by = await browser_of(helpdesk, member)
    after = await now(by)
    async with by.socket() as socket:
        await send(socket, FEED.format(after=after), "1")
        cursors = []
        async with busy(world, member):
            cursors += [_item((await next_on(socket))["payload"])["cursor"] for _ in range(5)]
            assert "id" in await helpdesk.admin.remove_member(input={"user_id": name})
            with pytest.raises(ConnectionClosed):
                while (message := await next_on(socket))["type"] == "next":
                    cursors.append(_item(message["payload"])["cursor"])
                await socket.recv()
        assert (socket.close_code, socket.close_reason) == GONE
    (removed,) = [event.seq for event in await log_of(world) if _is_removal(event)]
    seqs = [services.cursors.open(cursor).seq for cursor in cursors]
    wanted = await expected(world, member, Role.AGENT, services.cursors.open(after).seq)
    # Whoever looks who may stay may have come before the last of them was sent.
    assert seqs == wanted[: len(seqs)]
    assert seqs[-1] <= removed

    email = await world.database.fetchval("SELECT email FROM support_membership WHERE id = $1", member.user_id)
    await helpdesk.admin.invite_member(input={"email": email, "name": "Back", "role": "ANALYST"})
    again = await browser_of(helpdesk, member)
    async with by_socket(services, again, FEED.format(after=cursors[-1])) as told:
        last = await record(world, RESOLVED, member.user_id)
        await told.until(last)
    assert told.seqs == await expected(world, member, Role.ANALYST, seqs[-1])


def _is_removal(event: RecordedEvent) -> bool:
    return isinstance(event.fact, MemberChanged) and event.fact.change.value == "removed"
