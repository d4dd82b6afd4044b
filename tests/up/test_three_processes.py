"""Three servers and a worker of one deployment: whoever writes where, whoever follows where hears of it, and at once"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.faults.processes import WORK, program
from benchmarks.faults.redis_server import a_redis
from models.actors import Role
from models.database import Database
from tests.access.test_open_sockets import REVOKED, revoke, shut
from tests.client import Client, Feed
from tests.databases import a_database
from tests.live.following import FEED, now
from tests.speed import quickest
from tests.subscriptions.carriers import Carrier
from tests.up.test_two_processes import CREATE, served
from tests.world import Helpdesk, make_world

Make = Callable[[], Awaitable[Helpdesk]]

ARTICLE = """mutation { createArticle(input: {title: "Red lights", body: "Hold the button for ten seconds."}) {
  __typename ... on Problem { message } } }"""
# Without hints each of these would take half a second on average, and three that wait for the last three quarters.
AT_ONCE = 0.4


@dataclass
class Deployment:
    """Where its servers are, and what carries their hints."""

    urls: list[str]
    carrier: Carrier
    database: Database


@pytest.fixture(scope="module", params=["postgres", "redis"])
async def deployment(
    request: pytest.FixtureRequest, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """Three servers and a worker on one database; what is set up beside it: nothing, or a Redis.

    The database is their own: a worker sees to everybody's events.
    """
    folder: Path = tmp_path_factory.mktemp("deployment")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(a_database(database_url))
        carrier, settings = Carrier.postgres(url), {}
        if request.param == "redis":
            carrier = Carrier.redis((await stack.enter_async_context(a_redis())).url)
            settings = {"HELPDESK_BROADCAST_URL": carrier.url}
        given = {"DATABASE_URL": url, "HELPDESK_DATA": str(folder), **settings}
        urls = [(await stack.enter_async_context(served(url, folder, **settings)))[1] for _ in range(3)]
        worker = await stack.enter_async_context(program(WORK, b"Working.", given, folder / "worker.log"))
        await worker.start()
        yield Deployment(urls, carrier, await stack.enter_async_context(Database.connect(url, connections=2)))


@pytest.fixture
async def a_helpdesk(deployment: Deployment) -> AsyncIterator[Make]:
    """Makes an organization and clients for its roles, at the first of the servers."""
    async with httpx.AsyncClient(base_url=deployment.urls[0], timeout=30) as http:

        async def make() -> Helpdesk:
            world = await make_world(deployment.database)
            return Helpdesk(world, *(Client(http, world.token(role)) for role in Role))

        yield make


@pytest.fixture
async def everywhere(deployment: Deployment, a_helpdesk: Make) -> AsyncIterator[list[tuple[Client, Feed]]]:
    """An agent at each server, who follows everything there."""
    helpdesk = await a_helpdesk()
    async with AsyncExitStack() as stack:
        open_ = []
        for url in deployment.urls:
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
            client = Client(http, helpdesk.agent.token)
            open_.append((client, await stack.enter_async_context(client.subscription(FEED, after=await now(client)))))
        yield open_


async def created(feed: Feed) -> Any:
    """The cursor of the next ticket that comes: all see the same."""
    return (await feed.until(__typename="TicketCreated"))["cursor"]


async def test_all_hear_of_each_at_once(everywhere: list[tuple[Client, Feed]]) -> None:
    async def five_at_each() -> float:
        begun = time.monotonic()
        for _ in range(5):
            await written_at_each(everywhere)
        return time.monotonic() - begun

    await written_at_each(everywhere)

    assert await quickest(five_at_each, 15 * AT_ONCE) < 15 * AT_ONCE


async def written_at_each(everywhere: list[tuple[Client, Feed]]) -> None:
    """A ticket at each, and all see it before the next is written."""
    for client, _ in everywhere:
        await client.query(CREATE, subject="It broke")
        assert len({await created(feed) for _, feed in everywhere}) == 1


async def test_connections_that_are_cut_cost_nothing_but_time(
    deployment: Deployment, everywhere: list[tuple[Client, Feed]]
) -> None:
    for _ in range(4):
        await deployment.carrier.cut()
        await written_at_each(everywhere)


async def test_a_token_that_is_revoked_at_one_closes_its_sockets_at_all(
    deployment: Deployment, a_helpdesk: Make
) -> None:
    helpdesk = await a_helpdesk()
    async with AsyncExitStack() as stack:
        sockets = []
        for url in deployment.urls:
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
            sockets.append(await stack.enter_async_context(Client(http, helpdesk.agent.token).socket()))

        # At the first of them.
        await revoke(helpdesk)

        assert [await shut(socket) for socket in sockets] == [REVOKED] * 3


async def test_a_worker_hears_at_once_and_is_heard(everywhere: list[tuple[Client, Feed]]) -> None:
    (client, feed), *_ = everywhere

    async def six_indexed() -> float:
        begun = time.monotonic()
        for _ in range(6):
            await indexed(client, feed)
        return time.monotonic() - begun

    await indexed(client, feed)

    # Twice half a second otherwise: the worker would look once a second, and so would the server.
    assert await quickest(six_indexed, 6 * 0.7) < 6 * 0.7


async def indexed(client: Client, feed: Feed) -> None:
    """An article, and the worker has made it searchable."""
    made = await client.query(ARTICLE)
    assert made["createArticle"]["__typename"] == "Article"
    await feed.until(__typename="ArticleIndexed")
