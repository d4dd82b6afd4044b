"""Clients that stop to read, by socket and by event stream: told where to resume, and nobody else notices"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from graphql_api.ids import decode
from models.rows import new
from models.tickets import Ticket
from subscriptions.recipient import QUEUE
from tests.client import Client
from tests.live.following import now
from tests.subscriptions.parts import RESOLVED, record
from tests.world import Helpdesk

PATIENCE = 60
Make = Callable[[], Awaitable[Helpdesk]]
# A small buffer at the client: the kernel would let one that is chosen by itself grow to 32 MB. The server's takes
# 4 MB, some 100 of these; the queue takes 256.
SMALL = (socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
BODY = "Help. " * 7_000
EVENTS = QUEUE + 250
QUERY = """subscription {{ feed(after: "{after}") {{ cursor
  ... on Event {{ ticket {{ messages(first: 1) {{ nodes {{ body }} }} }} }} }} }}"""


@dataclass
class Reader:
    """A subscription that is read when somebody asks."""

    next: Callable[[], Awaitable[Any]]

    async def cursors(self, count: int) -> list[str]:
        """Of the next items."""
        return [(await self.next())["data"]["feed"]["cursor"] for _ in range(count)]

    async def rest(self) -> tuple[list[str], Any]:
        """The cursors of what comes until it ends, and the error that it ends with."""
        cursors = []
        async with asyncio.timeout(PATIENCE):
            while "errors" not in (told := await self.next()):
                cursors.append(told["data"]["feed"]["cursor"])
        return cursors, told["errors"][0]["extensions"]


@asynccontextmanager
async def by_socket(by: Client, after: str) -> AsyncIterator[Reader]:
    url = str(by.http.base_url).replace("http", "ws", 1).rstrip("/") + "/graphql"
    subprotocols: Any = ["graphql-transport-ws"]
    opened = socket.socket()
    opened.setsockopt(*SMALL)
    opened.connect((by.http.base_url.host, by.http.base_url.port))
    # A client of one message: it reads no more of its socket until that is taken.
    options: Any = {"sock": opened, "max_size": None, "max_queue": 1, "ping_interval": None, "compression": None}
    async with connect(url, subprotocols=subprotocols, **options) as connection:
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {by.token}"}}
        await connection.send(json.dumps(init))
        await connection.recv()
        payload = {"query": QUERY.format(after=after)}
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))

        async def following() -> Any:
            while (message := json.loads(await connection.recv()))["type"] == "ping":
                continue
            return message["payload"] if message["type"] == "next" else {"errors": message["payload"]}

        yield Reader(following)
        # It would read all that waits before it said goodbye.
        connection.transport.abort()


@asynccontextmanager
async def by_stream(by: Client, after: str) -> AsyncIterator[Reader]:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {by.token}"}
    body = {"query": QUERY.format(after=after)}
    async with (
        httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(socket_options=[SMALL]), timeout=30) as http,
        http.stream("POST", f"{by.http.base_url}/graphql/stream", json=body, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()

        async def following() -> Any:
            while not (line := await anext(lines)).startswith("data: {"):
                continue
            return json.loads(line.removeprefix("data: "))

        yield Reader(following)


@pytest.mark.parametrize("connected", [by_socket, by_stream])
async def test_a_stalled_reader_may_resume_and_holds_up_nobody(a_helpdesk: Make, connected: Any) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.customer.create_ticket(input={"subject": "It broke", "body": BODY})
    row = new(Ticket, id=decode("tkt", ticket["id"]), requester_id=helpdesk.world.customer.user_id)
    after = await now(helpdesk.agent)
    async with connected(helpdesk.agent, after) as stalled, by_socket(helpdesk.agent, after) as diligent:
        seen = []
        for _ in range(EVENTS):
            await record(helpdesk.world.agent, RESOLVED, ticket=row)
            seen += await diligent.cursors(1)

        told, ending = await stalled.rest()

    assert ending == {"code": "RESUME_REQUIRED", "cursor": told[-1]}
    assert told == seen[: len(told)]
    assert len(told) < EVENTS - QUEUE
    async with connected(helpdesk.agent, ending["cursor"]) as resumed:
        assert await resumed.cursors(EVENTS - len(told)) == seen[len(told) :]
