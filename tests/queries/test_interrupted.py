"""Reads that are given up leave nothing behind for those who come next"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from models.database import Database, Snapshot


async def test_a_statement_given_up_between_parsing_and_execution_does_not_spoil_the_connection(
    database_url: str,
) -> None:
    async with Database.connect(database_url, connections=1) as database:
        for turns in range(40):
            # A text of its own, for only a new one is parsed; given up after more and more turns of the loop.
            reading = asyncio.create_task(database.fetch(f"SELECT {turns}, pg_sleep(0), 'given up'"))
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            async with Snapshot.of(database) as snapshot:
                assert [row[0] for row in await snapshot.fetch("SELECT 1")] == [1]


async def test_reads_left_behind_by_a_failed_query_find_nothing_once_the_snapshot_is_over(database: Database) -> None:
    async with Snapshot.of(database) as snapshot:
        left_behind = [asyncio.create_task(snapshot.fetch("SELECT pg_sleep(0.01)")) for _ in range(3)]
        await asyncio.sleep(0)

    assert [len(rows) for rows in await asyncio.gather(*left_behind)] == [1, 0, 0]
