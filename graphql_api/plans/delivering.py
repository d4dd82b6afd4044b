"""Shows events to subscribers: what the log holds of an event is at hand, one statement reads what stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql_api.plans.compiling import Compiler, Write
from graphql_api.plans.loading import fill
from graphql_api.plans.running import SHAPES_KEPT
from graphql_api.plans.selections import Selected
from graphql_api.plans.shapes import Given, Known, Place, Unplanned
from graphql_api.plans.statements import Statement, beside_statement
from graphql_api.reading.reads import RowType
from graphql_api.recent import Recent
from models.actors import Actor
from resolvers.access import SCOPES

if TYPE_CHECKING:
    from graphql_api.context import Context


@dataclass(slots=True)
class Shown:
    """Events of one type, as one selection shows them; `personal` if it matters who of a role is shown them."""

    rows: Known
    place: Place
    places: Sequence[Place]
    write: Write
    personal: bool
    _statements: Recent[Any, tuple[Statement | None]] = field(default_factory=lambda: Recent(SHAPES_KEPT))

    @classmethod
    def of(cls, compiler: Compiler, target: type[RowType], selected: Selected) -> Shown:
        """Compile the selection for one type of event."""
        rows = Known("t", target.table)
        place = compiler.place(_keys_at_hand)
        written = compiler.row(rows, "t", target, selected).python()
        write = compiler.finish(f"next({written} for r in rows)")
        actor = compiler.actor
        scoped = any("{me}" in SCOPES[model].template(actor) for model in compiler.tables)
        personal = actor.is_customer or compiler.personal or scoped
        return cls(rows, place, compiler.places, write, personal)

    async def run(self, context: Context, variables: Any, row: Mapping[str, Any]) -> Any:
        """The event of this row."""
        actor, own = context.actor, self.place.number
        known = Given("at hand", [row[name] for name in self.rows.beside()])
        givens = [known if place.number == own else place.read(variables, actor) for place in self.places]
        statement = self._statement(givens, actor)
        beside = (await context.reads.run(statement.text, *statement.values(actor, givens)))[0] if statement else ()
        shown = self.write([self.rows.whole(beside, row)], None, known, givens, actor)
        await fill(givens, context)
        return shown

    def _statement(self, givens: Sequence[Given], actor: Actor) -> Statement | None:
        shape = tuple(given.shape for given in givens)
        known = self._statements.get(shape)
        if known is None:
            known = self._statements.keep(shape, (beside_statement(self.rows, self.place.number, givens, actor),))
        return known[0]


def _keys_at_hand(_values: Any, _actor: Actor) -> Given:
    raise LookupError("the keys come with the event")


@dataclass(slots=True)
class Delivery:
    """A subscription's root field: a plan for each type of event, made when the first of them comes.

    `variables` are those that decide what is shown; others, as those of the field's own arguments, decide of what.
    """

    variables: frozenset[str]
    planned: Callable[[type[RowType]], Shown]
    by_type: dict[type[RowType], Shown | Unplanned] = field(default_factory=dict)

    def shown(self, kind: type[RowType]) -> Shown:
        """How events of a type are shown. Raises Unplanned."""
        if kind not in self.by_type:
            try:
                self.by_type[kind] = self.planned(kind)
            except Unplanned as refusal:
                self.by_type[kind] = refusal
        found = self.by_type[kind]
        if isinstance(found, Unplanned):
            raise Unplanned(str(found))
        return found
