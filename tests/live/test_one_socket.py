"""Operations that share a socket share nothing else"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

STATUS = "query($id: ID!) { ticket(id: $id) { status } }"
RESOLVE = "mutation($id: ID!) { resolveTicket(ticketId: $id) { ... on Ticket { status version } } }"


async def ask(socket: ClientConnection, number: str, query: str, **variables: Any) -> list[Any]:
    """The frames that answer an operation, its `complete` or `error` the last."""
    payload = {"query": query, "variables": variables}
    await socket.send(json.dumps({"id": number, "type": "subscribe", "payload": payload}))
    frames = [json.loads(await socket.recv())]
    while frames[-1]["type"] == "next":
        frames.append(json.loads(await socket.recv()))
    assert {frame["id"] for frame in frames} == {number}
    return [frame.get("payload", {}).get("data") if frame["type"] == "next" else frame["type"] for frame in frames]


async def test_what_one_operation_has_read_is_read_again_by_the_next(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with helpdesk.agent.socket() as socket:
        assert await ask(socket, "1", STATUS, id=ticket["id"]) == [{"ticket": {"status": "OPEN"}}, "complete"]

        await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

        # The id was freed by `complete`.
        assert await ask(socket, "1", STATUS, id=ticket["id"]) == [{"ticket": {"status": "RESOLVED"}}, "complete"]


async def test_mutations_and_refusals_leave_a_subscription_alone(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with helpdesk.agent.socket() as socket:
        for number, query in enumerate(["{", "{ nothing }", "subscription { feed { __typename } viewer { role } }"]):
            assert await ask(socket, f"bad {number}", query) == ["error"]
        resolved = {"resolveTicket": {"status": "RESOLVED", "version": 2}}
        assert await ask(socket, "2", RESOLVE, id=ticket["id"]) == [resolved, "complete"]
        cursor = (await helpdesk.agent.query("{ feedCursor }"))["feedCursor"]
        live = {"query": "subscription($a: Cursor) { feed(after: $a) { __typename } }", "variables": {"a": cursor}}
        await socket.send(json.dumps({"id": "live", "type": "subscribe", "payload": live}))

        assert await ask(socket, "3", "{ nothing }") == ["error"]
        await _close(helpdesk.agent, ticket)

        event = {"id": "live", "type": "next", "payload": {"data": {"feed": {"__typename": "TicketClosed"}}}}
        assert json.loads(await socket.recv()) == event


async def _close(by: Client, ticket: Any) -> None:
    await by.close_ticket(ticket_id=ticket["id"])
