"""Brings a database to the current tables: Tortoise's migrations, one process at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor

from models.rows import TABLES
from models.search import SEARCH

# Any number that nobody else uses for an advisory lock in this database.
MIGRATION_LOCK = 7_261_544_093


def tortoise_config(database_url: str) -> dict[str, Any]:
    """Tortoise's configuration for a `postgres://` address."""
    address = urlsplit(database_url)._replace(scheme="asyncpg").geturl()
    return {
        "connections": {"default": address},
        "apps": {
            "models": {"models": list(TABLES), "default_connection": "default", "migrations": "models.migrations"},
        },
        "use_tz": True,
        "timezone": "UTC",
    }


# Where Tortoise's own command line finds its settings: `python -m tortoise makemigrations`.
TORTOISE_ORM = tortoise_config("postgres://helpdesk@localhost/helpdesk")


async def migrate(database_url: str) -> None:
    """Apply what is missing. Processes that start together wait for the first one, and then find nothing to do."""
    # Tortoise takes no lock of its own; two processes would both create the same table.
    lock = await asyncpg.connect(database_url)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        async with TortoiseContext():
            await run_migrations(config=tortoise_config(database_url))
            await Tortoise.close_connections()
    finally:
        await lock.close()


async def create_from_models(database_url: str) -> None:
    """Create every table straight from the models, without history: what a test holds the migrations against."""
    async with TortoiseContext():
        await Tortoise.init(config=tortoise_config(database_url))
        await Tortoise.generate_schemas(safe=False)
        # Tortoise's generator passes over constraints, as its CreateModel does.
        editor = AsyncpgSchemaEditor(get_connection("default"))
        for model in Tortoise.apps["models"].values():
            for constraint in model._meta.constraints:
                await editor.add_constraint(model, constraint)
        for statement in SEARCH:
            await get_connection("default").execute_script(statement)
        await Tortoise.close_connections()
