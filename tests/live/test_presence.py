"""presence: who is at a ticket, told at once and whenever it changes"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, Feed, GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
Nobody = Callable[[str], Client]

PRESENCE = """subscription($id: ID!) { presence(ticketId: $id) {
  peopleCount supportIsTyping people { user { name } state since } } }"""
SAY = """mutation($id: ID!, $state: PresenceState!, $internal: Boolean! = true) {
  setPresence(ticketId: $id, state: $state, internal: $internal) { __typename } }"""


def people(shown: Any) -> list[tuple[str, str]]:
    """Who is there, and what they do."""
    assert shown["peopleCount"] == len(shown["people"])
    return [(each["user"]["name"], each["state"]) for each in shown["people"]]


async def until(feed: Feed, wanted: list[tuple[str, str]], typing: bool = False) -> Any:
    """The next time that exactly these are there."""
    while True:
        shown = await feed.next()
        if people(shown) == wanted and shown["supportIsTyping"] is typing:
            return shown


async def say(socket: ClientConnection, ticket: Any, state: str) -> None:
    """Say where one is, over a socket."""
    payload = {"query": SAY, "variables": {"id": ticket["id"], "state": state}}
    await socket.send(json.dumps({"id": new_id().hex, "type": "subscribe", "payload": payload}))
    while (message := json.loads(await socket.recv()))["type"] != "complete":
        assert "errors" not in message.get("payload", {}), message


async def test_it_begins_with_who_is_there_and_goes_on_with_changes(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    id = ticket["id"]
    async with helpdesk.agent.subscription(PRESENCE, id=id) as first:
        assert people(await first.next()) == []
        await helpdesk.agent.query(SAY, id=id, state="VIEWING")
        await until(first, [("Agent", "VIEWING")])
        await helpdesk.admin.query(SAY, id=id, state="TYPING")
        await until(first, [("Admin", "TYPING"), ("Agent", "VIEWING")], typing=True)
        async with helpdesk.analyst.subscription(PRESENCE, id=id) as second:
            assert people(await second.next()) == [("Admin", "TYPING"), ("Agent", "VIEWING")]
        await helpdesk.admin.query(SAY, id=id, state="LEFT")
        await until(first, [("Agent", "VIEWING")])
        # What changes nothing is not told.
        await helpdesk.agent.query(SAY, id=id, state="VIEWING")
        await helpdesk.agent.query(SAY, id=id, state="TYPING")
        assert people(await first.next()) == [("Agent", "TYPING")]


async def test_nobody_hears_of_other_tickets(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, other = await helpdesk.ticket(), await helpdesk.ticket()
    async with helpdesk.agent.subscription(PRESENCE, id=ticket["id"]) as feed:
        await feed.next()
        await helpdesk.admin.query(SAY, id=other["id"], state="TYPING")
        await helpdesk.admin.query(SAY, id=ticket["id"], state="VIEWING")
        assert people(await feed.next()) == [("Admin", "VIEWING")]


async def test_whoever_was_present_by_a_socket_leaves_with_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with helpdesk.agent.subscription(PRESENCE, id=ticket["id"]) as feed:
        async with helpdesk.admin.socket() as socket:
            await say(socket, ticket, "TYPING")
            since = (await until(feed, [("Admin", "TYPING")], typing=True))["people"][0]["since"]
            async with helpdesk.admin.socket() as another:
                # Two tabs of one person are one person.
                await say(another, ticket, "VIEWING")
                await say(socket, ticket, "TYPING")
            await say(socket, ticket, "VIEWING")
            shown = await until(feed, [("Admin", "VIEWING")])
            assert shown["people"][0]["since"] <= since
        await until(feed, [])


async def test_a_second_tab_holds_when_the_first_is_closed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with (
        helpdesk.agent.subscription(PRESENCE, id=ticket["id"]) as feed,
        helpdesk.admin.socket() as second,
    ):
        async with helpdesk.admin.socket() as first:
            await say(second, ticket, "VIEWING")
            await say(first, ticket, "TYPING")
            await until(feed, [("Admin", "TYPING")], typing=True)
        await until(feed, [("Admin", "VIEWING")])


async def test_the_present_are_asked_for_signs_of_life(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with helpdesk.admin.socket() as socket:
        await say(socket, ticket, "VIEWING")
        async with asyncio.timeout(30):
            assert json.loads(await socket.recv()) == {"type": "ping"}


async def test_staff_see_the_customer_type_but_not_look(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    id = ticket["id"]
    async with helpdesk.agent.subscription(PRESENCE, id=id) as feed:
        await feed.next()
        await helpdesk.customer.query(SAY, id=id, state="VIEWING")
        await helpdesk.admin.query(SAY, id=id, state="VIEWING")
        assert people(await feed.next()) == [("Admin", "VIEWING")]
        await helpdesk.customer.query(SAY, id=id, state="TYPING")
        assert people(await feed.next()) == [("Customer", "TYPING"), ("Admin", "VIEWING")]


async def test_a_customer_is_told_that_support_writes_to_them_and_nothing_else(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    id = ticket["id"]
    async with (
        helpdesk.customer.subscription(PRESENCE, id=id) as customer,
        helpdesk.agent.subscription(PRESENCE, id=id) as staff,
    ):
        nothing = {"peopleCount": 0, "supportIsTyping": False, "people": []}
        assert await customer.next() == nothing
        # A note in the making, a look: nothing comes of them.
        await helpdesk.agent.query(SAY, id=id, state="TYPING")
        await until(staff, [("Agent", "TYPING")], typing=True)
        await helpdesk.agent.query(SAY, id=id, state="VIEWING")
        await until(staff, [("Agent", "VIEWING")])
        await helpdesk.agent.query(SAY, id=id, state="TYPING", internal=False)

        assert await customer.next() == {**nothing, "supportIsTyping": True}
        await helpdesk.agent.query(SAY, id=id, state="TYPING", internal=True)
        assert await customer.next() == nothing


async def test_it_comes_as_server_sent_events_too(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    headers = {"Authorization": f"Bearer {helpdesk.agent.token}", "Accept": "text/event-stream"}
    body = {"query": PRESENCE, "variables": {"id": ticket["id"]}}
    shown = []
    async with helpdesk.agent.http.stream("POST", "/graphql/stream", json=body, headers=headers) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                shown.append(people(json.loads(line[6:])["data"]["presence"]))
                if len(shown) == 2:
                    break
                await helpdesk.admin.query(SAY, id=ticket["id"], state="VIEWING")
    assert shown == [[], [("Admin", "VIEWING")]]


async def test_fifty_of_many_are_listed(a_helpdesk: Make, client: Nobody) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    world = helpdesk.world
    members = [await world.member(Role.AGENT, f"{number}") for number in range(51)]
    # Nobody's presence may be over before the last one's begins.
    for by in [client(await world.token_of(member)) for member in members]:
        await by.query(SAY, id=ticket["id"], state="VIEWING")
    await helpdesk.admin.query(SAY, id=ticket["id"], state="TYPING")

    async with helpdesk.agent.subscription(PRESENCE, id=ticket["id"]) as feed:
        while (shown := await feed.next())["peopleCount"] < 52:
            pass

    assert [each["user"]["name"] for each in shown["people"]] == ["Admin", *map(str, range(49))]


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER])
async def test_an_unknown_ticket_is_not_found(a_helpdesk: Make, role: Role) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    by: Client = getattr(helpdesk, role.value)
    for id in ((await other.ticket())["id"], encode("tkt", new_id()), "made up"):
        async with by.subscription(PRESENCE, id=id) as feed:
            with pytest.raises(GraphQLErrors) as refused:
                await feed.next()
        assert refused.value.codes == ["NOT_FOUND"]


async def test_whoever_becomes_somebody_else_is_told_what_that_one_may_know(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    agent = encode("usr", world.agent.user_id or new_id())
    async with helpdesk.agent.subscription(PRESENCE, id=ticket["id"]) as feed:
        await helpdesk.admin.query(SAY, id=ticket["id"], state="VIEWING")
        await until(feed, [("Admin", "VIEWING")])
        await helpdesk.admin.change_member_role(user_id=agent, role="ANALYST")
        # It begins anew.
        assert people(await feed.next()) == [("Admin", "VIEWING")]
        await helpdesk.admin.change_member_role(user_id=agent, role="CUSTOMER")
        with pytest.raises(GraphQLErrors) as refused:
            await feed.next()

    assert refused.value.codes == ["NOT_FOUND"]
