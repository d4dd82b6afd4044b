"""Programs that others wrote follow the feed of the real server: urql over graphql-ws, graphql-sse, and curl"""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from typing import Any

from tests import programs
from tests.live.following import now
from tests.programs import FOLDER
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

PATIENCE = 20
CREATED = {"__typename": "TicketCreated"}
MESSAGE = {"__typename": "MessageAdded"}
FEED = "subscription($after: Cursor) { feed(after: $after) { __typename cursor } }"


async def test_urql(a_helpdesk: Make, server_url: str) -> None:
    helpdesk = await a_helpdesk()
    command = (programs.node(), FOLDER / "urql.mjs", f"{server_url}/graphql", helpdesk.customer.token)

    written = await programs.output(*command, folder=FOLDER)

    assert [json.loads(line) for line in written.splitlines()] == [
        {"tickets": []},
        {"first": [{**CREATED, "ticket": _ticket("First")}, MESSAGE]},
        {"second": [{**CREATED, "ticket": _ticket("Second")}, MESSAGE]},
        {"refused": [{"code": "INVALID_INPUT"}]},
    ]


def _ticket(subject: str) -> dict[str, str]:
    return {"subject": subject}


async def test_curl(a_helpdesk: Make, server_url: str) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.customer)
    await helpdesk.ticket()
    asked = json.dumps({"query": FEED, "variables": {"after": cursor}})
    process = await asyncio.create_subprocess_exec(
        *("curl", "--no-buffer", "--silent", f"{server_url}/graphql/stream"),
        *("--header", f"Authorization: Bearer {helpdesk.customer.token}", "--header", "Accept: text/event-stream"),
        *("--header", "Content-Type: application/json", "--data", asked),
        stdout=PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        missed = [await _event(process.stdout) for _ in range(2)]
        await helpdesk.ticket()
        live = [await _event(process.stdout) for _ in range(2)]
    process.kill()
    await process.wait()

    assert [each["__typename"] for each in [*missed, *live]] == ["TicketCreated", "MessageAdded"] * 2
    assert len({each["cursor"] for each in [*missed, *live]}) == 4


async def _event(lines: asyncio.StreamReader) -> Any:
    """The next item of a stream; heart beats are passed over."""
    while (line := (await lines.readline()).decode().strip()) in {"", ":"}:
        continue
    assert line == "event: next"
    data = (await lines.readline()).decode()
    assert await lines.readline() == b"\n"
    return json.loads(data.removeprefix("data: "))["data"]["feed"]
