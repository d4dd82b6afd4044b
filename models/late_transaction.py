"""A transaction that begins as late as it can: with the first statement that needs it, or never.

Most writes read one row, ask the rules and send one statement. Between a look at the row without a lock and a last
statement that writes only if the row is still the same version, nothing needs to be held: two round trips less, and
the organization's log waits for none of them.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy


class Again(Enum):
    """Whether an operation may be run again from its start."""

    NO = auto()
    IF_NEED_BE = auto()
    RELIED_ON = auto()
    """A row was looked at without a lock, and what is written depends on it."""


AGAIN: ContextVar[Again] = ContextVar("AGAIN", default=Again.NO)


def not_again() -> None:
    """Something is about to be done that no write takes back, so the operation is run once; its writes lock at once.

    Raises LookupError where a write relies on the contrary by then: do such things before it, or once it is committed.
    """
    if AGAIN.get() is Again.RELIED_ON:
        raise LookupError("nothing may be done beside a write that may be done again")
    AGAIN.set(Again.NO)


class Overtaken(Exception):
    """Somebody changed the row that was looked at. Nothing was written: do it all again, with a lock this time."""


@dataclass(frozen=True, slots=True)
class Look:
    """A row that was read without a lock, and its version: the transaction that wrote it."""

    table: str
    id: UUID
    version: int


class LateTransaction:
    """A connection whose statements are one transaction, from the first one that is not a look or the only one."""

    def __init__(self, connection: PoolConnectionProxy, *, begun: bool = False) -> None:
        self._connection = connection
        self.begun = begun
        self.looked: Look | None = None

    async def look(self, table: str, sql: str, *values: Any) -> asyncpg.Record | None:
        """The row that `sql` finds, with its `xmin`. It is locked, still as it was, by whatever comes next."""
        row = await self._connection.fetchrow(sql, *values)
        if row is not None:
            self.looked = Look(table, row["id"], row["xmin"])
            AGAIN.set(Again.RELIED_ON)
        return row

    async def begin(self) -> None:
        """Begin, unless it has begun, with the looked-at row locked; raises Overtaken if it is another by now."""
        if self.begun:
            return
        self.begun = True
        if self.looked is None:
            await self._connection.execute("BEGIN")
            return
        # Both in one round trip, which takes no parameters: a UUID and a number can't be anything else.
        look = self.looked
        same = f"SELECT FROM {look.table} WHERE id = '{look.id}' AND xmin = '{look.version}' FOR NO KEY UPDATE"
        if await self._connection.execute(f"BEGIN; {same}") != "SELECT 1":
            raise Overtaken

    async def last(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """The first row of the last statement: where nothing has begun, it is a transaction by itself."""
        return await self._connection.fetchrow(sql, *values)

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """All rows of one statement."""
        await self.begin()
        rows: list[asyncpg.Record] = await self._connection.fetch(sql, *values)
        return rows

    async def fetchrow(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """The first row of one statement, if any."""
        await self.begin()
        return await self._connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first value of the first row."""
        await self.begin()
        return await self._connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """One statement whose rows nobody needs; what became of it."""
        await self.begin()
        status: str = await self._connection.execute(sql, *values)
        return status

    async def end(self, how: str) -> None:
        """COMMIT or ROLLBACK, where there is something to."""
        if AGAIN.get() is Again.RELIED_ON:
            AGAIN.set(Again.IF_NEED_BE)
        if self.begun:
            await self._connection.execute(how)
