"""Whether a process can do its work, part by part: what `/readyz` tells load balancers and people."""

from __future__ import annotations

import asyncio
import logging
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models import migrations
from models.database import Database
from models.errors import Unavailable
from models.outages import OUTAGES
from models.smtp_address import SmtpAddress
from rag.knowledge import KnowledgeBase
from subscriptions.broadcasting import DeploymentBroadcast

# Each part is asked at once with the others, and has this long to answer.
PATIENCE = 2.0
# How long an answer serves: everybody may ask, and none of it is free for the parts that are asked.
KEPT = 1.0
LATE_AFTER = 60.0
_FAILURES = (*OUTAGES, Unavailable)
_HEADERS = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}

_log = logging.getLogger(__name__)


class State(StrEnum):
    """How a part is: it works; it works, but others wait for it; it can't be reached."""

    OK = "ok"
    LATE = "late"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is, and numbers that say more. No names or addresses: anybody may read this."""

    state: State
    details: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"state": self.state, **self.details}


Check = Callable[[], Awaitable[Part]]


class Readiness:
    """Asks all parts. Without the database, or with tables of another release, nothing can be answered; the others
    make some things late, and a process that can't do those is no reason to send requests elsewhere."""

    def __init__(
        self, database: Database, knowledge: KnowledgeBase, broadcast: DeploymentBroadcast, smtp: SmtpAddress | None
    ) -> None:
        self._database = database
        self._checks: Mapping[str, Check] = {
            "database": self._reached,
            "migrations": self._migrated,
            "reactions": self._reacting,
            "search": lambda: _searched(knowledge),
            "broadcast": lambda: _broadcast(broadcast),
            "mail": lambda: _mailed(smtp),
        }
        self._stopping = False
        self._asked_at = -KEPT
        self._asking: asyncio.Task[dict[str, Part]] | None = None

    @property
    def route(self) -> Route:
        """Where it is told."""
        return Route("/readyz", self._endpoint)

    def stop(self) -> None:
        """From now on say no: no new requests should come here."""
        self._stopping = True

    async def parts(self) -> Mapping[str, Part]:
        """How each part is; whoever asks within a second is told the same."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or now >= self._asked_at + KEPT:
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask(), name="asking whether all is ready")
        return await asyncio.shield(self._asking)

    async def _ask(self) -> dict[str, Part]:
        answers = await asyncio.gather(*(_in_time(name, check) for name, check in self._checks.items()))
        return dict(zip(self._checks, answers, strict=True))

    async def _endpoint(self, _request: Request) -> Response:
        parts = await self.parts()
        serves = all(parts[name].state is State.OK for name in ("database", "migrations"))
        ready = serves and not self._stopping
        shown = {
            "ready": ready,
            "stopping": self._stopping,
            "parts": {name: part.shown() for name, part in parts.items()},
        }
        headers = _HEADERS if ready else _HEADERS | {"retry-after": "1"}
        return Response(orjson.dumps(shown), 200 if ready else 503, headers)

    async def _reached(self) -> Part:
        await self._database.fetchval("SELECT 1")
        return Part(State.OK, {})

    async def _migrated(self) -> Part:
        rows = await self._database.fetch("SELECT name FROM tortoise_migrations WHERE app = 'models'")
        missing = KNOWN - {row["name"] for row in rows}
        return Part(State.LATE if missing else State.OK, {"missing": len(missing)})

    async def _reacting(self) -> Part:
        now = self._database.now()
        row = await self._database.fetchrow(_WAITING, now)
        if row is None:
            raise LookupError("an aggregate has a row")
        lag = max(_seconds(row["due"], now), _seconds(row["unplanned"], now))
        return Part(State.LATE if lag > LATE_AFTER else State.OK, {"lagSeconds": round(lag, 3)})


# What this release's code was written for.
KNOWN = frozenset(each.name for each in pkgutil.iter_modules(migrations.__path__))

# The oldest that is due and that no worker is at, a few steps into an index, and the oldest event that nobody has
# planned, one for each organization that has any.
_WAITING = """
SELECT (
    SELECT min(due_at) FROM support_reaction
    WHERE status = 'due' AND (leased_until IS NULL OR leased_until <= $1)
) AS due, (
    SELECT min(e.recorded_at) FROM support_event_counter c
    LEFT JOIN support_relay_position p ON p.organization_id = c.organization_id
    JOIN LATERAL (
        SELECT recorded_at FROM support_event
        WHERE organization_id = c.organization_id AND seq > coalesce(p.seq, 0) ORDER BY seq LIMIT 1
    ) e ON TRUE
    WHERE c.seq > coalesce(p.seq, 0)
) AS unplanned
"""


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


async def _searched(knowledge: KnowledgeBase) -> Part:
    await knowledge.index.ping()
    return Part(State.OK, {})


async def _broadcast(broadcast: DeploymentBroadcast) -> Part:
    return Part(State.AWAY if broadcast.away else State.OK, {})


async def _mailed(smtp: SmtpAddress | None) -> Part:
    if smtp is None:
        return Part(State.OK, {"to": "outbox"})
    # Whether somebody listens; whether they would take a mail is seen when there is one.
    _, writer = await asyncio.open_connection(smtp.host, smtp.port)
    writer.close()
    return Part(State.OK, {"to": "server"})


async def _in_time(name: str, check: Check) -> Part:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except _FAILURES as error:
        _log.warning("%s is not ready: %r", name, error)
        return Part(State.AWAY, {})
