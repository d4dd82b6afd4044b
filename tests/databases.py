"""Databases on a server of PostgreSQL, for as long as somebody needs one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from models.fields import new_id
from models.migrate import migrate

_MIGRATED: dict[str, str] = {}
"""By the server's place, the name of a database to copy. It stays until the server goes: tests start their own."""


@asynccontextmanager
async def a_database(server: str, *, migrated: bool = True) -> AsyncIterator[str]:
    """The address of one beside another: migrated, unless somebody else does that."""
    url = await create(server, migrated=migrated)
    try:
        yield url
    finally:
        await drop(server, url)


async def create(server: str, *, migrated: bool = True) -> str:
    """Make one without a row; its address. All but the first that this process migrates are copies of that."""
    name = f"test_{new_id().hex}"
    await _administer(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {await _original(server)}" if migrated else ""))
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def _original(server: str) -> str:
    place = urlsplit(server).netloc
    if place not in _MIGRATED:
        url = await create(server, migrated=False)
        await migrate(url)
        _MIGRATED[place] = urlsplit(url).path[1:]
    return _MIGRATED[place]


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
