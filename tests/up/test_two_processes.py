"""Two servers on one database, one of which is killed: what they must have in common is in the database"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.servers import free_port
from models.database import Database
from models.fields import new_id
from tests.client import Client
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

PATIENCE = 60
CREATE = """mutation($subject: String!) { createTicket(input: {
  subject: $subject, body: "Please help.", onBehalfOf: {email: "somebody@example.test"}}) {
  __typename ... on Ticket { number tags } ... on Problem { code } } }"""
SIGN_IN = """mutation($email: String!) { signIn(email: $email, password: "a guess at it") {
  ... on Problem { code } } }"""


@asynccontextmanager
async def served(database_url: str, folder: Path, **settings: str) -> AsyncIterator[tuple[Process, str]]:
    """A server in a process of its own, and its address."""
    port = free_port()
    given = {"DATABASE_URL": database_url, "HELPDESK_DATA": str(folder), "HELPDESK_PORT": str(port), **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "helpdesk", "serve", env={**os.environ, **given}, stderr=PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await _ready(process)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _ready(process: Process) -> None:
    assert process.stderr
    heard = b""
    while b"Serving" not in heard:
        line = await process.stderr.readline()
        assert line, heard.decode()
        heard += line


@pytest.fixture(scope="module")
async def two(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[tuple[Process, str]]]:
    """Two servers."""
    folder = tmp_path_factory.mktemp("served")
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(served(database_url, folder)) for _ in range(2)]


@asynccontextmanager
async def clients(two: list[tuple[Process, str]], token: str) -> AsyncIterator[list[Client]]:
    """The same caller at both."""
    async with AsyncExitStack() as stack:
        yield [
            Client(await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30)), token)
            for _, url in two
        ]


async def tickets_of(world: World) -> int:
    count: int = await world.database.fetchval(
        "SELECT count(*) FROM support_ticket WHERE organization_id = $1", world.id
    )
    return count


async def test_of_many_at_once_at_both_one_is_done(two: list[tuple[Process, str]], a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with clients(two, helpdesk.agent.token) as both:
        for number in range(1, 6):
            sent = [both[each % 2].keyed(f"once-{number}").query(CREATE, subject=f"{number}") for each in range(12)]
            answers = [each["createTicket"] for each in await asyncio.gather(*sent)]

            made = {"__typename": "Ticket", "number": number, "tags": []}
            assert made in answers
            assert all(each in (made, {"__typename": "Problem", "code": "CONFLICT"}) for each in answers)
            assert await tickets_of(helpdesk.world) == number
            for by in both:
                assert (await by.keyed(f"once-{number}").query(CREATE, subject=f"{number}"))["createTicket"] == made


async def test_ten_tries_a_minute_at_both_together(two: list[tuple[Process, str]]) -> None:
    email = f"{new_id().hex}@example.test"
    async with clients(two, "") as both:
        answers = await asyncio.gather(*(both[each % 2].query(SIGN_IN, email=email) for each in range(16)))

    assert Counter(each["signIn"]["code"] for each in answers) == {"NOT_ALLOWED": 10, "RATE_LIMITED": 6}


async def test_killed_between_commit_and_answer(
    two: list[tuple[Process, str]], a_helpdesk: Make, database: Database
) -> None:
    helpdesk = await a_helpdesk()
    async with clients(two, helpdesk.agent.token) as both:
        first, second = (by.keyed("once") for by in both)
        async with database.transaction() as connection:
            # The answer tells of tags, which opening a ticket doesn't touch: it is committed, and only then waits.
            await connection.execute("LOCK TABLE support_ticket_tag IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(first.query(CREATE, subject="It broke"))
            async with asyncio.timeout(PATIENCE):
                while not await _waits_for_tags(database):
                    assert not asked.done(), await asked
            assert await tickets_of(helpdesk.world) == 1
            two[0][0].kill()
            with pytest.raises(httpx.TransportError):
                await asked

        again: Any = await second.query(CREATE, subject="It broke")

    assert again == {"createTicket": {"__typename": "Ticket", "number": 1, "tags": []}}
    assert await tickets_of(helpdesk.world) == 1


async def _waits_for_tags(database: Database) -> bool:
    waits: bool = await database.fetchval(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'support_ticket_tag'::regclass)"
    )
    return waits


async def test_an_operator_asks_how_often_there_was_a_plan(two: list[tuple[Process, str]], a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with clients(two, helpdesk.agent.token) as (_, client):
        await client.query("{ tickets { nodes { number } } }")
    process = two[1][0]
    assert process.stderr

    process.send_signal(signal.SIGUSR1)

    async with asyncio.timeout(PATIENCE):
        while not (line := await process.stderr.readline()).startswith(b"Plans: "):
            assert line, "it has ended"
    assert line.endswith((b" given up.\n", b" given up:\n"))
