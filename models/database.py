"""The way to PostgreSQL: one asyncpg pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from models.errors import HelpdeskError
from models.late_transaction import LateTransaction, not_again

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
        async with _Pool(
            url,
            min_size=1,
            max_size=connections,
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=_Connection,
            record_class=Row,
            init=_prepare,
            reset=_leave_clean,
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


class _Pool(asyncpg.Pool):
    """asyncpg's pool, which at once takes back what needs no tidying up.

    asyncpg does that in a task of its own, safe from cancellation; with it a small statement costs twice as much.
    """

    async def _get_new_connection(self) -> Any:
        inside: Any = super()
        try:
            return await inside._get_new_connection()
        except TimeoutError as error:
            # Said by its name: whatever else takes too long raises the same.
            raise asyncpg.ConnectionFailureError("the server took too long to let us in") from error

    async def release(self, connection: Any, **options: Any) -> None:
        inside, holder = connection._con, connection._holder
        if inside is not None and holder._pool is self and _is_as_it_was(inside, inside._protocol, holder):
            inside._on_release()
            holder._release()
            holder._setup_inactive_callback()
        else:
            await super().release(connection, **options)


def _is_as_it_was(connection: Any, protocol: Any, holder: Any) -> bool:
    """Whether whoever had it has left nothing behind, and the pool would not replace it."""
    left_behind = (
        connection.interrupted
        or connection.is_closed()
        or protocol._is_cancelling()
        or protocol.is_in_transaction()
        or connection._top_xact
        or connection._listeners
        or connection._log_listeners
    )
    worn = protocol.queries_count >= holder._max_queries or holder._generation != holder._pool._generation
    return not left_behind and not worn


# An idle connection that is ended hears why, and then that it is over. In between asyncpg takes the farewell for an
# answer to an operation, of which there is none, and says so of whatever comes next; nothing of that was sent.
_FAREWELL = "another operation (2) is in progress"


class _Connection(asyncpg.Connection):
    """A connection that knows whether somebody gave up waiting for a statement of its own.

    Statements that it knows already go straight to the protocol: what asyncpg does before that costs half as much as
    the protocol itself.
    """

    interrupted = False

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        known = None if options else self._known(query)
        if known is None:
            return await self._noticed(super().fetch(query, *args, **options))
        return await self._noticed(self._run(known, query, args, 0))

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        known = None if options else self._known(query)
        if known is None:
            return await self._noticed(super().fetchrow(query, *args, **options))
        rows = await self._noticed(self._run(known, query, args, 1))
        return rows[0] if rows else None

    async def fetchval(self, *args: Any, **options: Any) -> Any:
        return await self._noticed(super().fetchval(*args, **options))

    async def execute(self, *args: Any, **options: Any) -> Any:
        return await self._noticed(super().execute(*args, **options))

    def _known(self, query: str) -> Any:
        """A statement that was prepared on this connection; None where somebody wants to be told what is run."""
        inside: Any = self
        return None if inside._query_loggers else inside._stmt_cache.get((query, Row, False))

    async def _run(self, known: Any, query: str, args: Sequence[Any], limit: int) -> Any:
        inside: Any = self
        inside._check_open()
        protocol = inside._protocol
        try:
            return await protocol.bind_execute(known, args, "", limit, False, protocol._get_timeout(None))
        except asyncpg.InvalidCachedStatementError:
            # A migration has changed what the statement finds; nothing was done. What asyncpg does then:
            inside._drop_global_statement_cache()
            if protocol.is_in_transaction():
                raise
            return await inside._execute(query, args, limit, None)
        except asyncpg.OutdatedSchemaCacheError:
            await self.reload_schema_state()
            raise

    async def _noticed(self, statement: Awaitable[Any]) -> Any:
        try:
            return await statement
        except asyncio.CancelledError:
            self.interrupted = True
            raise
        except TimeoutError as error:
            self.interrupted = True
            raise asyncpg.ConnectionFailureError("the server took too long to answer") from error
        except asyncpg.InternalClientError as error:
            if _FAREWELL not in str(error):
                raise
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("the server has ended this connection") from error


async def _prepare(connection: Any) -> None:
    # asyncpg hands JSON over as text; every jsonb column of ours is a value.
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )
    # Pages name people by key, most of them once: to remember each costs more than to look the few others up again.
    await connection.execute("SET enable_memoize = off")


async def _leave_clean(connection: Any) -> None:
    # The usual reset statement costs a round trip a query. We leave no session state behind except, after a
    # cancelled task, an open transaction.
    if connection.is_in_transaction():
        await connection.reset()
    elif connection.interrupted:
        # A statement that was parsed and never executed has opened a transaction of which the protocol does not tell;
        # the next one could not choose its isolation level. Any simple query ends it.
        await connection.execute("SELECT")
    connection.interrupted = False
