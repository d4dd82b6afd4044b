"""A thousand consoles that come all at once, are cut off at random while others write, and outlive their server twice.

Each remembers its last cursor and nothing else. What it was sent is compared with the log, event by event.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from benchmarks.faults.children import Child
from benchmarks.live.organizations import Tenant
from benchmarks.live.sockets import Socket
from benchmarks.raw_http import Connection
from benchmarks.servers import free_port, product_environment
from graphql_api.ids import encode

QUERY = "subscription($after: Cursor) { feed(after: $after) { cursor __typename ... on Event { id actor { name } } } }"
CURSOR, ID = b'"cursor":"', b'"id":"evt_'
PATIENCE = 60.0
WRITERS = 8
PACE = 100
"""Mutations a second, over all organizations."""


@dataclass(frozen=True, slots=True)
class Weathered:
    """Seconds until the last console had its first event, and after a new server was there until the last was back, for
    one that followed on an orderly stop and one that followed on a kill; and how much was delivered, exactly as the log
    has it."""

    first: float
    after_stop: float
    after_kill: float
    deliveries: int


async def weather(
    database: str, folder: Path, tenants: Sequence[Tenant], each: int, losses: int, writes: int
) -> Weathered:
    """Have so many consoles for each organization live through everything, always while others write.

    Raises AssertionError unless all have exactly the log, after each of the three parts.
    """
    port = free_port()
    environment = product_environment(database, folder / "storm", port)
    crowd = Crowd(port, database, tenants, each)
    async with Child.of(["serve"], b"Serving", environment, folder / "storm.log") as server:
        await server.start()
        first = await crowd.arrive()
        await asyncio.gather(crowd.write(writes, PACE), crowd.lose(losses, writes / PACE))
        await crowd.check()

        writing, connected = await _begin(crowd, writes)
        server.signal(signal.SIGTERM)
        await server.ended()
        await server.start()
        after_stop = await crowd.come_back(connected)
        await writing
        await crowd.check()

        writing, connected = await _begin(crowd, writes)
        await server.kill()
        await server.start()
        after_kill = await crowd.come_back(connected)
        await writing
        deliveries = await crowd.check()
        await crowd.leave()
    return Weathered(first, after_stop, after_kill, deliveries)


async def _begin(crowd: Crowd, writes: int) -> tuple[asyncio.Task[None], list[int]]:
    """Others begin to write; how often each console has connected by then."""
    writing = asyncio.create_task(crowd.write(writes, PACE))
    await asyncio.sleep(0.1)
    return writing, [console.begun for console in crowd.everybody]


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
        await _until(lambda: all(console.ids for console in self.everybody))
        return time.monotonic() - started

    async def come_back(self, begun: Sequence[int]) -> float:
        """Come back when each has connected more often than so; seconds that it took."""
        started = time.monotonic()
        await _until(lambda: all(console.begun > times for console, times in zip(self.everybody, begun, strict=True)))
        return time.monotonic() - started

    @property
    def everybody(self) -> list[Console]:
        """The consoles of all organizations."""
        return [console for consoles in self.consoles.values() for console in consoles]

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
        for _ in range(count):
            random.choice(self.everybody).drop()
            await asyncio.sleep(seconds / count)

    async def check(self) -> int:
        """Raise unless everybody has exactly the events of the log, in order; how many deliveries that were."""
        expected = await self._log()
        for organization, consoles in self.consoles.items():
            log = expected[organization]
            await _until(lambda log=log, consoles=consoles: all(len(each.ids) >= len(log) for each in consoles))
            for console in consoles:
                if console.ids != log:
                    raise AssertionError(f"{len(console.ids)} events, of {len(log)} or in another order")
        return sum(len(console.ids) for console in self.everybody)

    async def leave(self) -> None:
        """Hang up, all."""
        await asyncio.gather(*(console.leave() for console in self.everybody))

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


async def _until(holds: Callable[[], bool]) -> None:
    """Come back when it holds, or it has taken too long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.01)
