"""How a server says, part by part, what it can't do, and which of that keeps it from answering"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient
from starlette.applications import Starlette

from helpdesk.readiness import LATE_AFTER, Readiness
from models.database import Database
from models.smtp_address import SmtpAddress, SmtpTls
from rag.served_index import ServedIndex
from subscriptions.broadcasting import DeploymentBroadcast
from tests.mail.sinks import a_sink
from tests.tasks.parts import Clock, Noted, a_log, context_of, record, worker_of

NOBODY = SmtpAddress("127.0.0.1", 1, SmtpTls.OFF)
LONG = timedelta(seconds=LATE_AFTER + 1)


@dataclass
class Told:
    """What `/readyz` says."""

    status: int
    ready: bool
    parts: dict[str, Any]


@pytest.fixture
async def own(an_empty_database: Database) -> AsyncIterator[tuple[Database, Clock]]:
    """A database without a row, and its clock."""
    clock = Clock()
    an_empty_database.now = clock
    yield an_empty_database, clock


async def ask(database: Database, smtp: SmtpAddress | None = None, *, search_is_away: bool = False) -> Told:
    """What a server on this database says."""
    knowledge = context_of(database).knowledge
    if search_is_away:
        nowhere = AsyncQdrantClient("http://127.0.0.1:1", check_compatibility=False)
        knowledge.index = ServedIndex(nowhere, "none", 384)
    readiness = Readiness(database, knowledge, DeploymentBroadcast("memory://"), smtp)
    async with _client(readiness) as client:
        answer = await client.get("/readyz")
    return Told(answer.status_code, answer.json()["ready"], answer.json()["parts"])


@asynccontextmanager
async def _client(readiness: Readiness) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[readiness.route]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_events_that_nobody_follows_are_late_after_a_minute(own: tuple[Database, Clock]) -> None:
    database, clock = own
    log = await a_log(database)
    await record(log)
    assert (await ask(database)).parts["reactions"]["state"] == "ok"

    clock.now += LONG
    told = await ask(database)

    assert told.parts["reactions"] == {"state": "late", "lagSeconds": LONG.total_seconds()}
    assert (told.status, told.ready) == (200, True)


async def test_what_a_worker_is_at_is_not_late_and_what_waits_is(own: tuple[Database, Clock]) -> None:
    database, clock = own
    noted, log = Noted(), await a_log(database)
    worker = worker_of(database, noted.table)
    await record(log)
    await worker.relay.plan(log.organization_id)
    clock.now += LONG
    assert (await ask(database)).parts["reactions"] == {"state": "late", "lagSeconds": LONG.total_seconds()}

    await database.execute(
        "UPDATE support_reaction SET leased_until = $1, begun = TRUE, waits = TRUE", clock.now + timedelta(seconds=30)
    )
    assert (await ask(database)).parts["reactions"] == {"state": "ok", "lagSeconds": 0.0}

    # Its worker died.
    clock.now += timedelta(seconds=30)
    assert (await ask(database)).parts["reactions"]["state"] == "late"


async def test_without_this_releases_tables_nothing_can_be_answered(own: tuple[Database, Clock]) -> None:
    database, _ = own
    await database.execute("DELETE FROM tortoise_migrations WHERE name LIKE '0012%'")

    told = await ask(database)

    assert told.parts["migrations"] == {"state": "late", "missing": 1}
    assert (told.status, told.ready) == (503, False)


async def test_mail_and_search_that_are_away_are_named_and_turn_nobody_away(own: tuple[Database, Clock]) -> None:
    database, _ = own

    told = await ask(database, NOBODY, search_is_away=True)

    assert (told.parts["mail"], told.parts["search"]) == ({"state": "away"}, {"state": "away"})
    assert (told.status, told.ready) == (200, True)
    async with a_sink() as sink:
        assert (await ask(database, sink.address)).parts["mail"] == {"state": "ok", "to": "server"}
