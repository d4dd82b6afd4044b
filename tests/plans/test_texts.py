"""JSON that PostgreSQL writes is what Python would have written"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

import orjson
import pytest

from graphql_api.plans.shapes import Unplanned
from graphql_api.plans.texts import MISSING, concatenated, leaf, text
from graphql_api.schema import CORE_SCHEMA
from graphql_api.types.scalars import write_instant
from models.database import Database
from models.lifecycle import TicketStatus
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

EVERY_CHARACTER = "".join(chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000)


async def written(database: Database, kind: str, column: str, value: object) -> str:
    """What a column of this type is written as."""
    shown = leaf(CORE_SCHEMA.type_map[kind], TicketStatus if kind == "TicketStatus" else None, column)
    assert shown
    pieces = [piece if isinstance(piece, str) else f"'{piece.json}'" for piece in shown.pieces]  # type: ignore[union-attr]
    return str(await database.fetchval(f"SELECT {concatenated(pieces)}", value))


async def test_every_character(database: Database) -> None:
    for start in range(0, len(EVERY_CHARACTER), 100_000):
        characters = EVERY_CHARACTER[start : start + 100_000]
        assert await written(database, "String", "$1::text", characters) == orjson.dumps(characters).decode()


async def test_instants_of_all_times(database: Database) -> None:
    random, first = Random(20261125), datetime(1, 1, 1, tzinfo=UTC)
    for _ in range(300):
        instant = first + timedelta(days=random.randrange(3_652_059), microseconds=random.randrange(86_400_000_000))
        for each in (instant, instant.replace(microsecond=0), instant.replace(microsecond=999_999)):
            assert await written(database, "DateTime", "$1::timestamptz", each) == f'"{write_instant(each)}"'


async def test_instants_in_whatever_zone_the_session_has(database: Database) -> None:
    instant = datetime(2026, 7, 1, 23, 30, 0, 5_000, tzinfo=UTC)
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL timezone = 'Asia/Kathmandu'")
        shown = leaf(CORE_SCHEMA.type_map["DateTime"], None, "$1::timestamptz")
        assert shown
        (sql,) = shown.pieces
        assert await connection.fetchval(f"SELECT {sql}", instant) == '"2026-07-01T23:30:00.005Z"'


async def test_every_status(database: Database) -> None:
    for status in TicketStatus:
        assert await written(database, "TicketStatus", "$1::text", status.value) == f'"{status.name}"'


def test_what_python_has_to_write() -> None:
    assert leaf(CORE_SCHEMA.type_map["Float"], None, "t.score") is None


def test_a_promised_value_that_is_missing_is_left_to_the_executor() -> None:
    assert orjson.dumps({"shown": text(b'{"name":"Ann"}')}) == b'{"shown":{"name":"Ann"}}'
    with pytest.raises(Unplanned, match="a value that the schema promises is missing"):
        text(f'{{"name":{MISSING}}}'.encode())


async def test_more_pieces_than_a_function_takes(database: Database) -> None:
    pieces = [f"'{number},'" for number in range(10_000)]

    whole = await database.fetchval(f"SELECT {concatenated(pieces)}")

    assert whole == "".join(f"{number}," for number in range(10_000))


async def test_a_selection_of_as_many_fields_as_are_allowed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.customer.create_ticket(input={"subject": "It's broken", "body": "Help!"})
    asked = [("subject", "It's broken"), ("number", 1), ("aiResolved", False), ("resolvedAt", None)]
    fields = {f"a{number}": asked[number % 4] for number in range(100)}
    selection = " ".join(f"{alias}: {name}" for alias, (name, _) in fields.items())

    found = await helpdesk.agent.query(f"{{ tickets {{ nodes {{ {selection} }} }} }}")

    assert found["tickets"]["nodes"] == [{alias: value for alias, (_, value) in fields.items()}]
