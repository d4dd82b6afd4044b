"""Runs mutations whose selections are read back by plans: the verb as ever, then one statement for what was asked.

A selection of nothing but the columns of a ticket or a message is written from the row that the verb has just stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, located_error
from graphql.pyutils import Path
from tortoise.models import Model

from graphql_api.plans.compiling import Write
from graphql_api.plans.running import Rooted, by_key, by_keys
from graphql_api.plans.selections import Selected
from graphql_api.plans.shapes import Unplanned
from graphql_api.reading.loaders import Reads, Shown
from graphql_api.reading.reads import RowType
from graphql_api.types.problem import ProblemType
from models.actors import Actor
from models.errors import Gone
from models.tickets import Ticket, TicketMessage
from models.writer import WRITTEN

if TYPE_CHECKING:
    from graphql_api.context import Context

# What a row that is gone again by the time it is read back is answered with.
_GONE = ProblemType(code=Gone.code, message=Gone().message, path=[])

# Rows that whoever could write them sees, as they are written: no change takes one of these out of its writer's sight.
SEEN_BY_WRITERS = frozenset({Ticket, TicketMessage})

MakeInfo = Callable[[Any, Selected, GraphQLObjectType, Path], GraphQLResolveInfo[Any]]


class MutationFailed(Exception):
    """A verb broke; `error` says where."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


class KeysOnly(Reads):
    """Reads of a verb whose answer is read by a plan: rows of which only the keys are known yet."""

    async def reload(self, target: type[Shown], key: UUID) -> Shown:
        """A row to be read later."""
        return target.of({"id": key})

    async def one(self, target: type[Shown], key: UUID | None) -> Shown | None:
        """A row to be read later."""
        return None if key is None else target.of({"id": key})


@dataclass(frozen=True, slots=True)
class OwnColumns:
    """A selection that reads nothing but columns of its own row, and how it is written from them."""

    columns: Sequence[str]
    write: Write

    def show(self, row: Model, actor: Actor) -> Any:
        """The object that shows a row at hand."""
        given = by_key(row.__dict__["id"])
        return self.write([[getattr(row, name) for name in self.columns]], None, given, [given], actor)


@dataclass(slots=True)
class Verb:
    """A mutation's root field: what it may answer with, by the answer's Python type, and how each is written."""

    selected: Selected
    arguments: Callable[[Any], Mapping[str, Any]]
    rows: Mapping[type[RowType], Rooted]
    plain: Mapping[type, Callable[[Any], Any]]
    as_stored: Mapping[type[RowType], OwnColumns]
    missed: Mapping[str, Rooted]

    def check(self, variables: Any, context: Context) -> None:
        """Read the selection's arguments, so that what is wrong with them is known before anything is done."""
        for rooted in (*self.rows.values(), *self.missed.values()):
            rooted.check(variables, context.actor)

    async def run(self, context: Context, variables: Any, kind: GraphQLObjectType, key: str, info: MakeInfo) -> Any:
        """Do it, and read back what was asked."""
        path = Path(None, key, kind.name)
        inside = replace(context, known_reads=KeysOnly(context.actor, context.reads.run))
        written: dict[Any, Any] = {}
        before = WRITTEN.set(written)
        try:
            asked = info(inside, self.selected, kind, path)
            if self.selected.field.resolve is None:
                raise LookupError(f"{key} has no resolver")
            result = await self.selected.field.resolve(None, asked, **self.arguments(variables))
        except Exception as error:
            # What no verb foresaw ends the whole operation; the engine masks it.
            raise MutationFailed(located_error(error, self._nodes(), path.as_list())) from error
        finally:
            WRITTEN.reset(before)
        try:
            if isinstance(result, RowType):
                shown = await self._shown(context, variables, result, written)
                return self.plain[ProblemType](_GONE) if shown is None else shown
            if isinstance(result, ProblemType):
                return await self._refused(context, variables, result)
        except Unplanned as odd:
            # It is done, and may not be done again to be read in another way.
            raise MutationFailed(GraphQLError(str(odd), self._nodes(), path=path.as_list())) from odd
        return self.plain[type(result)](result)

    async def _shown(self, context: Context, variables: Any, result: RowType, written: Mapping[Any, Any]) -> Any:
        kind, key = type(result), result.row["id"]
        own, row = self.as_stored.get(kind), written.get((kind.table, key))
        if own is None or row is None:
            return await self.rows[kind].run_for(context, variables, key)
        return own.show(row, context.actor)

    async def _refused(self, context: Context, variables: Any, problem: ProblemType) -> Any:
        shown = self.plain[ProblemType](problem)
        if problem.missed_ids:
            for key, rooted in self.missed.items():
                found = await rooted.run_given(context, variables, by_keys(problem.missed_ids))
                shown[key] = [found[each] for each in problem.missed_ids if each in found]
        return shown

    def _nodes(self) -> Sequence[Any]:
        return [each.node for each in self.selected.details]
