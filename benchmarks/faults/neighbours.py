"""What is done to those that the helpdesk asks: Redis, the mail server, the search index, the disk."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import asyncpg

from benchmarks.faults.disk import Disk
from benchmarks.faults.injecting import PATIENCE, Hurt
from benchmarks.faults.redis_server import RedisServer
from benchmarks.faults.search_server import SearchServer
from benchmarks.faults.sink import Mood
from benchmarks.faults.site import Site
from benchmarks.faults.waiting import until

SEARCH = '{ searchArticles(query: "How do I change the filter?") { title } }'
# Far more of PostgreSQL's log than there is room for, and nothing else.
WEARING = """DO $$ BEGIN FOR i IN 1..100000 LOOP
  PERFORM pg_logical_emit_message(FALSE, 'faults', repeat('x', 8000)); END LOOP; END $$"""


class WrongError(Exception):
    """Something is not as it must be while a neighbour is away."""


def redis_faults(redis: RedisServer) -> dict[str, Hurt]:
    """By name; counted from its return."""

    async def killed(_site: Site) -> float:
        await redis.kill()
        await redis.start()
        return time.monotonic()

    async def flushed(_site: Site) -> float:
        await redis.flush()
        return time.monotonic()

    async def absent(_site: Site) -> float:
        await redis.kill()
        await asyncio.sleep(5)
        await redis.start()
        return time.monotonic()

    return {"Redis killed": killed, "Redis flushed": flushed, "Redis absent for 5 s": absent}


def mail_faults() -> dict[str, Hurt]:
    """By name; counted from when the server takes mail again."""

    async def gone(site: Site, seconds: float) -> float:
        await site.sink.leave()
        await asyncio.sleep(seconds)
        await site.sink.come()
        return time.monotonic()

    async def moody(site: Site, mood: Mood, seconds: float) -> float:
        site.sink.mood = mood
        await asyncio.sleep(seconds)
        site.sink.mood = Mood.TAKING
        return time.monotonic()

    async def dies_in_data(site: Site) -> float:
        dead = asyncio.Event()

        def die() -> None:
            site.sink.cut()
            dead.set()

        site.sink.blow = die
        await dead.wait()
        await site.sink.leave()
        await site.worker.kill()
        await site.worker.start()
        await site.sink.come()
        return time.monotonic()

    return {
        "SMTP server away for a minute": partial(gone, seconds=60),
        "SMTP server answers nothing for 20 s": partial(moody, mood=Mood.MUTE, seconds=20),
        "SMTP server answers 451 for 20 s": partial(moody, mood=Mood.BUSY, seconds=20),
        "SMTP server dies in DATA, and the worker": dies_in_data,
    }


def search_faults(server: SearchServer) -> dict[str, Hurt]:
    """By name; counted from when the index answers again."""

    async def gone(site: Site, *, empty: bool) -> float:
        await server.leave()
        await all_but_search(site)
        await asyncio.sleep(10)
        await server.start(empty=empty)
        return time.monotonic()

    async def mute(site: Site) -> float:
        server.talking.clear()
        await all_but_search(site)
        server.talking.set()
        return time.monotonic()

    return {
        "Qdrant gone for 10 s": partial(gone, empty=False),
        "Qdrant gone, and back without its data": partial(gone, empty=True),
        "Qdrant answers nothing": mute,
    }


async def all_but_search(site: Site) -> None:
    """See that everything is served but the search, which says that it is away, and that it is named."""
    headers = {"Authorization": f"Bearer {site.tenants[0].ledger.token}"}
    told = (await site.http.post("/graphql", json={"query": "{ tickets { nodes { id } } }"}, headers=headers)).json()
    if "errors" in told:
        raise WrongError(f"tickets: {told}")
    await site.reached(site.acknowledged + 10)
    answer = (await site.http.post("/graphql", json={"query": SEARCH}, headers=headers)).json()
    if [error["extensions"]["code"] for error in answer.get("errors", ())] != ["UNAVAILABLE"]:
        raise WrongError(f"a search was answered by {answer}")
    # What was found a moment ago is told for a second.
    await asyncio.sleep(1)
    ready = await site.http.get("/readyz")
    if (ready.status_code, ready.json()["parts"]["search"]["state"]) != (200, "away"):
        raise WrongError(f"readiness: {ready.text}")


async def next_search(site: Site) -> None:
    """A search is answered."""
    headers = {"Authorization": f"Bearer {site.tenants[0].ledger.token}"}

    async def answered() -> bool:
        return "errors" not in (await site.http.post("/graphql", json={"query": SEARCH}, headers=headers)).json()

    if not await until(answered, PATIENCE):
        raise WrongError("the search does not come back")


def disk_faults(disk: Disk) -> dict[str, Hurt]:
    """By name; counted from when there is room again."""

    async def full(site: Site, *, worn: bool) -> float:
        await asyncio.to_thread(disk.fill)
        if worn:
            await _wear(site)
            await asyncio.to_thread(disk.fill)
        await asyncio.sleep(10)
        disk.free()
        return time.monotonic()

    return {
        "PostgreSQL's disk full for 10 s": partial(full, worn=False),
        "... until PostgreSQL has broken down": partial(full, worn=True),
    }


async def _wear(site: Site) -> None:
    """Write to PostgreSQL's log until there is no room for more of it, and it breaks down."""
    connection = await asyncpg.connect(site.cluster.url)
    try:
        await connection.execute(WEARING)
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        return
    raise WrongError("PostgreSQL has not broken down")
