"""What tells that the database is away"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import asyncpg
import pytest

from models.database import Database, OneTransaction
from models.outages import is_away


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (OSError(113, "No route to host"), True),
        (OSError(110, "Connection timed out"), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.CannotConnectNowError(), True),
        (asyncpg.ConnectionDoesNotExistError(), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), False),
        (asyncpg.DiskFullError(), True),
        (asyncpg.UniqueViolationError(), False),
        # Anything may take too long; of the database it is told by another name.
        (TimeoutError(), False),
        (FileNotFoundError(2, "No such file"), False),
        (ValueError(), False),
    ],
)
def test_what_is_an_outage(error: Exception, away: bool) -> None:
    assert is_away(error) is away


async def test_a_connection_that_was_bidden_farewell_is_away_and_replaced(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def taken_for_an_answer(*_: Any, **__: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    async with Database.connect(database_url, connections=1) as database:
        before = await database.fetchval("SELECT pg_backend_pid()")
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "fetchval", taken_for_an_answer)
            with pytest.raises(asyncpg.ConnectionDoesNotExistError) as told:
                await database.fetchval("SELECT 1")
        assert is_away(told.value)
        async with asyncio.timeout(30):
            assert await database.fetchval("SELECT pg_backend_pid()") != before


async def test_a_database_that_does_not_answer_is_away(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("models.database.CONNECTING", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(asyncpg.ConnectionFailureError) as not_let_in:
            async with Database.connect(f"postgresql://helpdesk:x@127.0.0.1:{port}/helpdesk"):
                pass
    assert is_away(not_let_in.value)
    async with Database.connect(database_url, connections=1) as database:
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "fetchval", for_ever)
            with pytest.raises(asyncpg.ConnectionFailureError) as silent:
                await database.fetchval("SELECT 1")
        assert is_away(silent.value)
        assert await database.fetchval("SELECT 1") == 1


async def test_what_ended_a_transaction_is_told_and_not_that_it_can_not_be_rolled_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def taken_for_an_answer(*_: Any, **__: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    async with Database.connect(database_url, connections=1) as database:
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            async with database.late_transaction() as late:
                await late.execute("SELECT 1")
                with monkeypatch.context() as patch:
                    patch.setattr(asyncpg.Connection, "execute", taken_for_an_answer)
                    await late.execute("SELECT 1")
        with pytest.raises(asyncpg.InterfaceError) as left:
            async with OneTransaction.of(database) as whole, whole.transaction() as part:
                with monkeypatch.context() as patch:
                    patch.setattr(asyncpg.Connection, "execute", taken_for_an_answer)
                    await part.execute("SELECT 1")
        assert is_away(left.value)


async def test_other_mistakes_of_the_client_stay_what_they_are(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_fault(*_: Any, **__: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (3) is in progress")

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.Connection, "fetchval", at_fault)
        with pytest.raises(asyncpg.InternalClientError):
            await database.fetchval("SELECT 1")
