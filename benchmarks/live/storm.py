"""A thousand consoles that come all at once, are cut off at random while others write, and live through a restart.

Each remembers its last cursor and nothing else. What it was sent is compared with the log, event by event.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import orjson

from benchmarks.live.organizations import Tenant
from benchmarks.live.sockets import Socket
from benchmarks.raw_http import Connection
from graphql_api.ids import encode

QUERY = "subscription($after: Cursor) { feed(after: $after) { cursor __typename ... on Event { id actor { name } } } }"
CURSOR, ID = b'"cursor":"', b'"id":"evt_'
PATIENCE = 60.0
WRITERS = 8


class Console:
    """One that stays connected, whatever happens."""

    def __init__(self, port: int, token: str, after: str) -> None:
        self.ids: list[bytes] = []
        self.begun = 0
        self._port = port
        self._token = token
        self._cursor = after
        self._socket: Socket | None = None
        self._staying = asyncio.create_task(self._stay())

    def drop(self) -> None:
        """Lose the connection."""
        if self._socket:
            self._socket.close()

    async def leave(self) -> None:
        """Stay no longer."""
        self._staying.cancel()
        await asyncio.wait({self._staying})
        self.drop()

    async def _stay(self) -> None:
        while True:
            try:
                self._socket = await Socket.open(self._port, self._token, QUERY, self._hear, self._cursor)
            except OSError:
                await asyncio.sleep(random.uniform(0.05, 0.5))
                continue
            self.begun += 1
            await self._socket.closed

    def _hear(self, _socket: Socket, frame: bytes) -> None:
        at, place = frame.find(CURSOR), frame.find(ID)
        if at < 0 or place < 0:
            raise RuntimeError(f"no event: {frame[:300]!r}")
        self._cursor = frame[at + len(CURSOR) : at + len(CURSOR) + 60].decode()
        self.ids.append(frame[place + len(ID) : place + len(ID) + 32])


class Crowd:
    """The consoles of some organizations, so many for each, at one server."""

    def __init__(self, port: int, database: str, tenants: Sequence[Tenant], each: int) -> None:
        self._port = port
        self._database = database
        self._tenants = tenants
        self._each = each
        self._began: dict[UUID, int] = {}
        self.consoles: dict[UUID, list[Console]] = {}

    async def arrive(self) -> float:
        """Come all at once, each to one event that it has missed; seconds until the last one has it."""
        connection = await Connection.open(self._port)
        cursors = []
        self._began = await self._seqs()
        for tenant in self._tenants:
            cursors.append(orjson.loads(await connection.ask(tenant.cursor()))["data"]["feedCursor"])
            await connection.ask(tenant.message())
        connection.close()
        started = time.monotonic()
        for tenant, cursor in zip(self._tenants, cursors, strict=True):
            self.consoles[tenant.id] = [
                Console(self._port, tenant.tokens[number % len(tenant.tokens)], cursor) for number in range(self._each)
            ]
        await self._until(1, [console for consoles in self.consoles.values() for console in consoles])
        return time.monotonic() - started

    async def write(self, count: int, a_second: float) -> None:
        """So many mutations, at a steady pace, of all organizations in turn. A server that is away is asked again."""
        started, numbers = time.monotonic(), iter(range(count))

        async def some() -> None:
            connection = None
            for number in numbers:
                await asyncio.sleep(max(0.0, started + number / a_second - time.monotonic()))
                request = self._tenants[number % len(self._tenants)].message()
                while True:
                    try:
                        connection = connection or await Connection.open(self._port)
                        await connection.ask(request)
                        break
                    except (OSError, RuntimeError):
                        # It may have been carried out: what was written is read from the log in the end.
                        connection = None
                        await asyncio.sleep(0.1)

        await asyncio.gather(*(some() for _ in range(WRITERS)))

    async def lose(self, count: int, seconds: float) -> None:
        """Cut so many connections at random, one by one, in about that time."""
        everybody = [console for consoles in self.consoles.values() for console in consoles]
        for _ in range(count):
            random.choice(everybody).drop()
            await asyncio.sleep(seconds / count)

    async def check(self) -> int:
        """Raise unless everybody has exactly the events of the log, in order; how many deliveries that were."""
        expected = await self._log()
        for organization, consoles in self.consoles.items():
            await self._until(len(expected[organization]), consoles)
            for console in consoles:
                if console.ids != expected[organization]:
                    raise AssertionError(
                        f"{len(console.ids)} events, of {len(expected[organization])} or in another order"
                    )
        return sum(len(console.ids) for consoles in self.consoles.values() for console in consoles)

    async def leave(self) -> None:
        """Hang up, all."""
        await asyncio.gather(*(console.leave() for consoles in self.consoles.values() for console in consoles))

    async def _until(self, count: int, consoles: Sequence[Console]) -> None:
        """Come back when each has so many events, or it has taken too long."""
        deadline = time.monotonic() + PATIENCE
        waited_for = [console for console in consoles if len(console.ids) < count]
        while waited_for and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
            waited_for = [console for console in waited_for if len(console.ids) < count]

    async def _seqs(self) -> dict[UUID, int]:
        connection = await asyncpg.connect(self._database)
        rows = await connection.fetch("SELECT organization_id, seq FROM support_event_counter")
        await connection.close()
        return {row["organization_id"]: row["seq"] for row in rows}

    async def _log(self) -> dict[UUID, list[bytes]]:
        connection = await asyncpg.connect(self._database)
        found = {}
        for organization, after in self._began.items():
            rows = await connection.fetch(
                "SELECT id FROM support_event WHERE organization_id = $1 AND seq > $2"
                " AND visibility IN ('customer', 'staff') ORDER BY seq",
                organization,
                after,
            )
            found[organization] = [encode("evt", row["id"])[4:].encode() for row in rows]
        await connection.close()
        return found
