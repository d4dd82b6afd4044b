"""The migrations lead to exactly the tables that the models declare."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import asyncpg

from models.fields import new_id
from models.migrate import create_from_models, migrate

# Everything that makes up a schema, one line each: columns, constraints, indexes.
DESCRIPTION = """
SELECT format('%s.%s %s null=%s default=%s', table_name, column_name, data_type, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'tortoise_migrations'
UNION ALL
SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'tortoise_migrations'
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'
"""


async def described(postgres_url: str, *builders: object) -> list[str]:
    name = f"schema_{new_id().hex}"
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    server = await asyncpg.connect(postgres_url)
    await server.execute(f"CREATE DATABASE {name}")
    await asyncio.gather(*(build(url) for build in builders))  # type: ignore[operator]
    connection = await asyncpg.connect(url)
    lines = sorted(row[0] for row in await connection.fetch(DESCRIPTION))
    await connection.close()
    await server.execute(f"DROP DATABASE {name}")
    await server.close()
    return lines


async def test_a_migrated_database_equals_a_fresh_one(postgres_url: str) -> None:
    assert await described(postgres_url, migrate) == await described(postgres_url, create_from_models)


async def test_processes_that_start_together_migrate_once(postgres_url: str) -> None:
    once = await described(postgres_url, migrate)
    together = await described(postgres_url, migrate, migrate, migrate)
    assert once == together
    assert len(once) > 200


async def test_every_foreign_key_leads_an_index(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    bare = await connection.fetch(
        "SELECT c.conrelid::regclass::text AS name, c.conname FROM pg_constraint c WHERE c.contype = 'f'"
        " AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"
    )
    await connection.close()
    assert [tuple(row) for row in bare] == []
