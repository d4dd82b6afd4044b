"""Whether anything was written: a digest of all that an organization has."""

from __future__ import annotations

from uuid import UUID

from models.database import Database

_TABLES = """SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_name)
 WHERE c.column_name = 'organization_id' AND c.table_schema = 'public' AND t.table_schema = 'public'
   AND t.table_type = 'BASE TABLE' AND c.table_name <> ALL ('{support_api_token,support_session}')"""


async def traces(database: Database, *organizations: UUID) -> list[tuple[object, ...]]:
    """Every row of the organizations (but for when a token was last used), as one digest a table."""
    tables = sorted(row["table_name"] for row in await database.fetch(_TABLES))
    assert {"support_event_counter", "support_event", "support_ticket", "support_membership"} <= set(tables)
    digests = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS rows, md5(string_agg(t::text, ',' ORDER BY t::text)) AS digest"
        f" FROM {table} t WHERE t.organization_id = ANY($1)"
        for table in tables
    )
    return [tuple(row) for row in await database.fetch(digests, list(organizations))]
