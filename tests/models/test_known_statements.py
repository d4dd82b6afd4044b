"""Statements that a connection knows are run as they are; a migration makes it learn them anew"""

from __future__ import annotations

import asyncpg
import pytest

from models.database import Connection, Database

ALL = "SELECT * FROM changing"


async def changing(connection: Connection) -> None:
    """A table of this connection's own, of which it knows a statement that a migration then changes."""
    await connection.execute("CREATE TEMPORARY TABLE changing (number int) ON COMMIT PRESERVE ROWS")
    await connection.execute("INSERT INTO changing VALUES (1)")
    for _ in range(2):
        assert [tuple(row) for row in await connection.fetch(ALL)] == [(1,)]
        assert tuple(await connection.fetchrow(ALL) or ()) == (1,)
    await connection.execute("ALTER TABLE changing ADD COLUMN word text DEFAULT 'new'")


async def test_what_a_statement_finds_has_changed(database: Database) -> None:
    async with database.connection() as connection:
        await changing(connection)

        assert [tuple(row) for row in await connection.fetch(ALL)] == [(1, "new")]
        await connection.execute("ALTER TABLE changing DROP COLUMN word")
        assert tuple(await connection.fetchrow(ALL) or ()) == (1,)
        assert await connection.fetchrow(f"{ALL} WHERE number = $1", 2) is None
        assert await connection.fetchrow(f"{ALL} WHERE number = $1", 2) is None
        await connection.execute("DROP TABLE changing")


async def test_it_has_changed_within_a_transaction(database: Database) -> None:
    async with database.connection() as connection:
        await changing(connection)

        with pytest.raises(asyncpg.InvalidCachedStatementError):
            async with connection.transaction():
                await connection.fetch(ALL)

        assert [tuple(row) for row in await connection.fetch(ALL)] == [(1, "new")]
        await connection.execute("DROP TABLE changing")
