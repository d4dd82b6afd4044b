"""asyncpg's connections and their pool, without what costs a small statement more than the statement does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import asyncpg
import orjson


class Pool(asyncpg.Pool):
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


class PooledConnection(asyncpg.Connection):
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
        return None if inside._query_loggers else inside._stmt_cache.get((query, asyncpg.Record, False))

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


async def prepare(connection: Any) -> None:
    """Done once, when a connection is opened."""
    # asyncpg hands JSON over as text; every jsonb column of ours is a value.
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )
    # Pages name people by key, most of them once: to remember each costs more than to look the few others up again.
    await connection.execute("SET enable_memoize = off")


async def leave_clean(connection: Any) -> None:
    """Done whenever a connection goes back that may have been left untidy."""
    # The usual reset statement costs a round trip a query. We leave no session state behind except, after a
    # cancelled task, an open transaction.
    if connection.is_in_transaction():
        await connection.reset()
    elif connection.interrupted:
        # A statement that was parsed and never executed has opened a transaction of which the protocol does not tell;
        # the next one could not choose its isolation level. Any simple query ends it.
        await connection.execute("SELECT")
    connection.interrupted = False
