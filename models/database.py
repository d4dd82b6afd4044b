"""The way to PostgreSQL: one asyncpg pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.errors import HelpdeskError
from models.late_transaction import LateTransaction, not_again
from models.pool import Pool, PooledConnection, leave_clean, prepare

Row = asyncpg.Record
Connection = PoolConnectionProxy
# Runs a statement, for its rows: a database's, a snapshot's or a connection's.
Fetch = Callable[..., Awaitable[list[Row]]]
# Called after a commit that recorded events, with the organization and its new last seq.
Hint = Callable[[UUID, int], None]
# Seconds that a server may take to let us in; a network that swallows everything would keep requests waiting.
CONNECTING = 10
# A connection that has ended can't roll back and need not: what ended it is what has to be told.
_GONE = (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError)


def utc_now() -> datetime:
    """Now, to the millisecond: what the API shows is exactly what is stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Database:
    """A pool of connections. Reads anywhere; writes go through `organization_write`."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], datetime] = utc_now) -> None:
        self._pool = pool
        self._hints: list[Hint] = []
        self.now = clock

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str, *, connections: int = 10, clock: Callable[[], datetime] = utc_now
    ) -> AsyncIterator[Self]:
        """Open a pool for as long as the block lasts."""
        async with Pool(
            url,
            min_size=1,
            max_size=connections,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=PooledConnection,
            record_class=Row,
            init=prepare,
            reset=leave_clean,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            timeout=CONNECTING,
            command_timeout=60,
        ) as pool:
            yield cls(pool, clock)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """One connection for several statements."""
        return self._pool.acquire()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One connection with a transaction of its own."""
        not_again()
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def late_transaction(self) -> AsyncIterator[LateTransaction]:
        """One connection with a transaction that begins when one is needed; leaving the block commits it."""
        async with self._pool.acquire() as connection:
            late = LateTransaction(connection)
            try:
                yield late
            except BaseException:
                with suppress(*_GONE):
                    await late.end("ROLLBACK")
                raise
            await late.end("COMMIT")

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of one statement."""
        async with self.connection() as connection:
            rows: list[Row] = await connection.fetch(sql, *values)
            return rows

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """The first row of one statement, if any."""
        async with self.connection() as connection:
            return await connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:
        """The first value of the first row."""
        async with self.connection() as connection:
            return await connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: object) -> None:
        """One statement whose rows nobody needs."""
        not_again()
        async with self.connection() as connection:
            await connection.execute(sql, *values)

    def on_commit(self, hint: Hint) -> None:
        """Have `hint` called after each commit that recorded events. It must not block and can't fail the write."""
        self._hints.append(hint)

    def committed(self, organization_id: UUID, seq: int) -> None:
        """Tell those who listen that the organization's log has grown."""
        for hint in self._hints:
            hint(organization_id, seq)


class OneTransaction(Database):
    """A database all of whose work is one transaction on one connection, taken in turns.

    What would be a transaction is a savepoint, and hints wait until all is committed.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        super().__init__(database._pool, database.now)
        self._connection = connection
        self._turn = asyncio.Lock()
        self._unsent: dict[UUID, int] = {}

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database) -> AsyncIterator[Self]:
        """The transaction; leaving the block commits, and then sends the hints."""
        async with database.transaction() as connection:
            whole = cls(database, connection)
            yield whole
        for organization_id, seq in whole._unsent.items():
            database.committed(organization_id, seq)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """The connection, once nobody else is using it."""
        async with self._turn:
            yield self._connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A part that can fail without the rest, in ways that an operation may go on from."""
        async with self.connection() as connection:
            # Never released: that would be one more round trip during which a write holds its organization's counter.
            await connection.execute("SAVEPOINT part")
            try:
                yield connection
            except (HelpdeskError, asyncpg.PostgresError):
                with suppress(*_GONE):
                    await connection.execute("ROLLBACK TO SAVEPOINT part")
                raise

    @asynccontextmanager
    async def late_transaction(self) -> AsyncIterator[LateTransaction]:
        """The same: there is nothing to put off."""
        async with self.transaction() as connection:
            yield LateTransaction(connection, begun=True)

    def committed(self, organization_id: UUID, seq: int) -> None:
        """Keep the hint until there is something to see."""
        self._unsent[organization_id] = seq


class Snapshot:
    """A transaction that only reads and sees one instant; its one connection is taken in turns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._over = False

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database) -> AsyncIterator[Self]:
        """A snapshot of the database as it is at the first statement."""
        async with (
            database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            snapshot = cls(connection)
            try:
                yield snapshot
            finally:
                await snapshot._end()

    async def _end(self) -> None:
        """Let the statement under way end: an operation that fails leaves the rest of its reads behind, still running.

        Nobody waits for what these find, so from here on they find nothing.
        """
        self._over = True
        async with self._turn:
            return

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of one statement."""
        async with self._turn:
            if self._over:
                return []
            rows: list[Row] = await self._connection.fetch(sql, *values)
            return rows

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """The first row of one statement, if any."""
        async with self._turn:
            if self._over:
                return None
            return await self._connection.fetchrow(sql, *values)
