"""Databases on a server of PostgreSQL, for as long as somebody needs one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from models.fields import new_id
from models.migrate import migrate


@asynccontextmanager
async def a_database(server: str, *, migrated: bool = True) -> AsyncIterator[str]:
    """The address of one beside another: migrated, unless somebody else does that."""
    url = await create(server)
    try:
        if migrated:
            await migrate(url)
        yield url
    finally:
        await drop(server, url)


async def create(server: str) -> str:
    """Make an empty one; its address."""
    name = f"test_{new_id().hex}"
    await _administer(server, f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def drop(server: str, url: str) -> None:
    """Drop one. Without FORCE, which may not end an autovacuum that is at work there; PostgreSQL itself may.

    It waits five seconds for connections that are closing.
    """
    await _administer(server, f"DROP DATABASE {urlsplit(url).path[1:]}")


async def _administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
