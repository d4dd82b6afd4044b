"""What callers meet while the database is away, and when it is back; what they meet while a server is told to stop"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from benchmarks.faults.cluster import Stop
from benchmarks.faults.processes import WORK, program
from models.database import Database
from tests.faults.conftest import Site
from tests.live.following import FEED, now
from tests.mail.sinks import a_sink

RETURN = 5.0
SOON = 5.0
PATIENCE = 30.0
CREATE = """mutation($subject: String!) { createTicket(input: {
  subject: $subject, body: "Please help.", onBehalfOf: {email: "somebody@example.test"}}) {
  __typename ... on Ticket { number subject tags } ... on Problem { code } } }"""


async def parts(site: Site) -> tuple[int, Any]:
    answer = await site.http.get("/readyz")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return answer.status_code, answer.json()


async def until_not_ready(site: Site) -> Any:
    """How the parts are once it shows that not all are well: what was found a moment ago is told for a second."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status, told = await parts(site)
            if status == 503:
                return told


async def until_answered(site: Site) -> float:
    """Seconds until a query is answered."""
    begun = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while (await site.client().post("{ tickets { nodes { number } } }")).status_code != 200:
            continue
    return time.monotonic() - begun


async def test_a_server_with_all_its_parts_is_ready(site: Site) -> None:
    status, told = await parts(site)

    assert (status, told["ready"], told["stopping"]) == (200, True, False)
    assert {name: part["state"] for name, part in told["parts"].items()} == dict.fromkeys(
        ("database", "migrations", "reactions", "search", "broadcast", "mail"), "ok"
    )
    assert told["parts"]["mail"]["to"] == "outbox"


@pytest.mark.parametrize("how", Stop)
async def test_a_database_that_is_away_and_comes_back(site: Site, how: Stop) -> None:
    agent = site.client()
    async with agent.subscription(FEED, after=await now(agent)) as feed:
        await agent.query(CREATE, subject="before")
        await feed.until(__typename="TicketCreated")

        await site.cluster.stop(how)

        for document in ("{ tickets { nodes { number } } }", '{ searchArticles(query: "x") { title } }'):
            answer = await agent.post(document)
            (error,) = answer.json()["errors"]
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
            assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
        answer = await agent.keyed(f"during-{how.name}").post(CREATE, subject="during")
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
        with pytest.raises(ConnectionClosed) as refused:
            async with agent.subscription(FEED):
                pass
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == 1013
        told = await until_not_ready(site)
        assert not told["ready"]
        # Over the same database, and noticed in its own time.
        del told["parts"]["broadcast"]
        assert {name: part["state"] for name, part in told["parts"].items()} == {
            **dict.fromkeys(("database", "migrations", "reactions"), "away"),
            **dict.fromkeys(("search", "mail"), "ok"),
        }
        assert (await site.http.get("/healthz")).text == "ok"

        await site.cluster.start()

        assert await until_answered(site) < RETURN
        made = await agent.keyed(f"during-{how.name}").query(CREATE, subject="during")
        assert made["createTicket"]["subject"] == "during"
        assert (await feed.until(__typename="TicketCreated"))["ticket"]


async def test_connections_that_are_killed_are_replaced(site: Site) -> None:
    assert await site.cluster.kill_connections() > 0

    assert await until_answered(site) < RETURN


async def test_a_server_that_is_told_to_stop_ends_what_it_has_begun(site: Site) -> None:
    agent = site.client()
    async with (
        Database.connect(site.cluster.url, connections=2) as database,
        agent.subscription(FEED) as feed,
        site.http.stream(
            "POST",
            "/graphql/stream",
            json={"query": FEED},
            headers={"Authorization": f"Bearer {agent.token}", "Accept": "text/event-stream"},
        ) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async with database.transaction() as connection:
            # The answer tells of tags, which opening a ticket doesn't touch: it is committed, and only then waits.
            await connection.execute("LOCK TABLE support_ticket_tag IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(agent.query(CREATE, subject="the last"))
            async with asyncio.timeout(PATIENCE):
                while not await _waits_for_tags(database):
                    assert not asked.done(), await asked
            process = site.api.process
            assert process
            begun = time.monotonic()
            process.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                await feed.until(__typename="nothing of the kind")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            async with asyncio.timeout(SOON):
                async for _ in stream.aiter_bytes():
                    continue
            async with httpx.AsyncClient(base_url=site.url) as another:
                with pytest.raises(httpx.ConnectError):
                    await another.get("/healthz")
            assert not asked.done()

        assert (await asked)["createTicket"]["subject"] == "the last"
        assert await site.api.ended() == 0
        assert time.monotonic() - begun < 20
    await site.api.start()


async def test_a_worker_that_is_told_to_stop_gives_its_leases_back(site: Site, tmp_path: Path) -> None:
    async with a_sink() as sink, Database.connect(site.cluster.url, connections=2) as database:
        sink.answers["DATA"] = ["hang"]
        given = {
            "DATABASE_URL": site.cluster.url,
            "HELPDESK_DATA": str(tmp_path),
            "HELPDESK_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?tls=off",
        }
        async with program(WORK, b"Working.", given, tmp_path / "worker.log") as worker:
            process = await worker.start()
            await site.client().query(CREATE, subject="not confirmed yet")
            async with asyncio.timeout(PATIENCE):
                while sink.answers["DATA"]:
                    await database.fetchval("SELECT 1")

            process.terminate()
            begun = time.monotonic()

            assert await worker.ended() == 0
            assert time.monotonic() - begun < 20
        held, given_back = await database.fetchrow(
            "SELECT count(*) FILTER (WHERE leased_until IS NOT NULL),"
            " count(*) FILTER (WHERE status = 'due' AND attempts = excused AND error LIKE 'Interrupted:%')"
            " FROM support_reaction"
        )
        assert (held, given_back) == (0, 1)


async def _waits_for_tags(database: Database) -> bool:
    waits: bool = await database.fetchval(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'support_ticket_tag'::regclass)"
    )
    return waits
