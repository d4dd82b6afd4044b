"""What somebody reads who is remembered from an earlier request, and the proof that they may: database and query."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

from graphql_api.requests import Answer, Credentials, Engine, GraphQLRequest, OperationKind, Refusal
from models.actors import Actor
from models.database import Database, Row
from subscriptions.cursor import Position
from subscriptions.recipient import Sink


@dataclass(frozen=True, slots=True)
class Door:
    """One way to come in: the statement that looks up a hash at an instant, and whose the row is that it finds."""

    statement: str
    actor: Callable[[Database, Row], Actor]


LookUp = Callable[[Door, bytes], Awaitable[Row | None]]


class Recalled(Database):
    """The database as somebody reads it who is remembered: their first statement finds rows only if they may come in.

    That tells of a token revoked or a role changed a moment ago, by whichever process, without a statement of its own.
    Where nothing is found, the reason is asked for. Whoever answers them asks `still_holds` first.
    """

    def __init__(self, database: Database, look_up: LookUp, shown: tuple[Door, bytes], row: Row) -> None:
        super().__init__(database._pool, database.now)
        self._look_up = look_up
        self._shown = shown
        self._row = row
        self._holds: bool | None = None
        self.actor = shown[0].actor(self, row)

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of one statement."""
        if self._holds is None:
            door, hashed = self._shown
            proving = _proving(sql, len(values), door.statement, tuple(self._row.keys()))
            rows = await super().fetch(proving, *values, hashed, self.now(), *self._row)
            if rows:
                self._holds = True
            if await self.still_holds():
                return rows
        # For whom this no longer holds, it is read to its end only because somebody waits for it: nobody is sent it.
        return await super().fetch(sql, *values)

    async def still_holds(self) -> bool:
        """Whether the caller is still who they were, asked of the database unless it has said so before."""
        if self._holds is None:
            row = await self._look_up(*self._shown)
            self._holds = row is not None and tuple(row) == tuple(self._row)
        return self._holds


@lru_cache(maxsize=2_000)
def _proving(sql: str, values: int, look_up: str, columns: tuple[str, ...]) -> str:
    """The statement, without a row unless the look-up finds what it found before: both see the same instant.

    The rows keep their order: nothing is joined to them, the condition is worked out once before the first is read.
    """
    asked = re.sub(r"\$(\d+)", lambda number: f"${int(number[1]) + values}", look_up)
    same = " AND ".join(
        f"found.{column} IS NOT DISTINCT FROM ${number}" for number, column in enumerate(columns, values + 3)
    )
    return f"SELECT * FROM ({sql}) read WHERE EXISTS (SELECT FROM ({asked}) found WHERE {same})"


@dataclass(frozen=True, slots=True)
class RecalledQuery:
    """A query that runs for whom its caller was last time; they are answered only if they are still that.

    `note` is told who has come in.
    """

    engine: Engine
    note: Callable[[Actor], None]
    request: GraphQLRequest
    credentials: Credentials
    caller: Recalled
    kind: OperationKind = OperationKind.QUERY

    async def execute(self) -> Answer:
        """Run it; a second time, and as anybody would, where the caller is somebody else or nobody by now."""
        try:
            operation = await self.engine.prepare(self.request, self.caller.actor)
            answer = await operation.execute()
        except Refusal:
            if await self.caller.still_holds():
                raise
        else:
            if await self.caller.still_holds():
                self.note(self.caller.actor)
                return answer
        actor = await self.engine.authenticate(self.credentials)
        return await (await self.engine.prepare(self.request, actor)).execute()

    async def follow(self, sink: Sink, after: Position | None = None) -> None:
        """There is nothing to follow."""
        raise LookupError("a query can't be followed")
