"""Two processes of one deployment: who is at a ticket there is known here, and gone soon after they vanish"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from benchmarks.faults.redis_server import a_redis
from graphql_api.ids import decode
from models.fields import new_id
from subscriptions.broadcasting import broadcasting
from subscriptions.drafts import Drafts
from subscriptions.ephemera import Ephemera
from tests.client import Client
from tests.live.test_presence import PRESENCE, people, say
from tests.live.test_suggestion_progress import PROGRESS
from tests.up.test_two_processes import served
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

ADMIN = [("Admin", "VIEWING")]
LONGEST = 10.0


@pytest.fixture(params=["postgres", "redis"])
async def broadcast(request: pytest.FixtureRequest) -> AsyncIterator[dict[str, str]]:
    """The settings of a deployment whose processes talk over its database, or over a Redis."""
    if request.param == "postgres":
        yield {}
        return
    async with a_redis() as server:
        yield {"HELPDESK_BROADCAST_URL": server.url}


@pytest.fixture
async def http() -> AsyncIterator[Callable[[str], Awaitable[httpx.AsyncClient]]]:
    """Clients of servers."""
    async with AsyncExitStack() as stack:

        async def at(url: str) -> httpx.AsyncClient:
            return await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))

        yield at


# It takes its time, and both carry the same words, as a draft shows below.
@pytest.mark.parametrize("broadcast", ["postgres"], indirect=True)
async def test_who_vanishes_with_a_server_or_falls_silent_is_gone_within_ten_seconds(
    a_helpdesk: Make,
    database_url: str,
    tmp_path: Path,
    broadcast: dict[str, str],
    http: Callable[[str], Awaitable[httpx.AsyncClient]],
) -> None:
    helpdesk = await a_helpdesk()
    killed, silent = await helpdesk.ticket(), await helpdesk.ticket()
    async with (
        served(database_url, tmp_path, **broadcast) as (_, here),
        served(database_url, tmp_path, **broadcast) as (other, there),
    ):
        agent = Client(await http(here), helpdesk.agent.token)
        admin = Client(await http(there), helpdesk.admin.token)
        admin_here = Client(await http(here), helpdesk.admin.token)
        async with (
            agent.subscription(PRESENCE, id=killed["id"]) as at_killed,
            agent.subscription(PRESENCE, id=silent["id"]) as at_silent,
            admin.socket() as socket,
            admin_here.socket() as sleeper,
        ):
            await say(socket, killed, "VIEWING")
            await say(sleeper, silent, "VIEWING")
            for feed in (at_killed, at_silent):
                while people(await feed.next()) != ADMIN:
                    pass
            # Nobody answers the pings at the one; the other's server is gone without a word.
            other.kill()
            vanished = time.monotonic()
            for feed in (at_killed, at_silent):
                while people(await feed.next(within=2 * LONGEST)):
                    pass
                assert time.monotonic() - vanished < LONGEST


async def test_a_draft_that_another_process_writes_is_read_at_a_server(
    a_helpdesk: Make,
    database_url: str,
    tmp_path: Path,
    broadcast: dict[str, str],
    http: Callable[[str], Awaitable[httpx.AsyncClient]],
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    carrier = broadcast.get("HELPDESK_BROADCAST_URL", database_url)
    async with (
        served(database_url, tmp_path, **broadcast) as (_, url),
        broadcasting(carrier) as line,
        Ephemera.over(line) as ephemera,
    ):
        agent = Client(await http(url), helpdesk.agent.token)
        async with agent.subscription(PROGRESS, id=ticket["id"]) as feed:
            with Drafts(ephemera).writing(decode("tkt", ticket["id"]) or new_id(), new_id()) as told:
                told("Turn it")
                await feed.until(status="GENERATING", text="Turn it")
                told("Turn it off.")
                written = await feed.until(status="GENERATING", text="Turn it off.")
            ended = await feed.until(status="FAILED")

    assert (ended["suggestionId"], ended["suggestion"]) == (written["suggestionId"], None)
