"""What a statement that the API sent reads of the database, in pages of 8 kB."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg


@dataclass(frozen=True)
class Statement:
    """What the API sent to PostgreSQL."""

    sql: str
    values: Sequence[Any]


class Sent(list[Statement]):
    """All that one connection was asked to run."""

    def log(self, query: Any) -> None:
        """What asyncpg calls after each."""
        self.append(Statement(query.query, query.args or ()))


async def touched(connection: asyncpg.Connection, statement: Statement) -> int:
    """The pages that the statement touches once PostgreSQL has settled on a plan."""
    # By the seventh time it has chosen, in auto mode, between planning anew and a plan for any values.
    given = f"({', '.join(map(literal, statement.values))})" if statement.values else ""
    await connection.execute(f"PREPARE again AS {statement.sql}")
    explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE again{given}"
    for _ in range(7):
        plan = json.loads(await connection.fetchval(explained))[0]["Plan"]
    await connection.execute("DEALLOCATE again")
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def literal(value: Any) -> str:
    """A value as SQL text, of whatever type the place is that it stands in."""
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return f"'{{{','.join(json.dumps(str(each)) for each in value)}}}'".replace("\\u0027", "''")
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
