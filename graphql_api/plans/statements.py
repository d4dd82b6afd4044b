"""From a tree of what to fetch to one SQL statement, and to the values that a request binds it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graphql_api.plans.shapes import (
    ByKeys,
    Cell,
    Count,
    Each,
    Given,
    Json,
    Known,
    List,
    Literal,
    Many,
    RootRows,
    Select,
    Setting,
    Text,
    Unless,
)
from graphql_api.plans.texts import concatenated, sent
from graphql_api.reading.lists import PLANNED_ANEW
from graphql_api.reading.paging import Order, Page
from models.actors import Actor
from models.organizations import Settings
from models.rows import layout
from resolvers.access import Parameters

# Where a bound value comes from: the actor's ids, or the value of a place.
Slot = Callable[[Actor, Sequence[Given]], object]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement for one shape of arguments, with where each of its values comes from."""

    text: str
    slots: tuple[Slot, ...]

    def values(self, actor: Actor, givens: Sequence[Given]) -> list[object]:
        """What to bind for a request."""
        return [slot(actor, givens) for slot in self.slots]


class Slots(Parameters):
    """Parameters whose values are not known yet, only where they will come from."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self.ids: Mapping[str, object] = {
            "organization": lambda actor, _givens: actor.organization_id,
            "me": lambda actor, _givens: actor.user_id,
        }
        self._taken: dict[int, int] = {}

    def take(self, place: int, kind: str = "") -> str:
        """The placeholder of the place's next value."""
        index = self._taken.get(place, 0)
        self._taken[place] = index + 1
        return self.bind(lambda _actor, givens: givens[place].values[index], kind)

    def statement(self, text: str) -> Statement:
        """The finished statement."""
        return Statement(text, tuple(self.values))  # type: ignore[arg-type]


def root_statement(root: RootRows, given: Given, givens: Sequence[Given], actor: Actor) -> Statement:
    """The rows of a root field that is a page or one row."""
    slots = Slots(actor)
    rows = root.rows
    place = root.place.number
    where = _conditions(root, given, slots)
    order, page = given.order, given.page
    joined = _joined(rows, slots)
    if order is None or page is None:
        source = f"{layout(rows.model).table} {rows.alias}{joined} WHERE {' AND '.join(where)}"
        if root.text:
            return slots.statement(f"SELECT {sent(_text(root.text, rows, order, givens, slots))} FROM {source}")
        by = f" {order.by(alias=rows.alias)}" if order else ""
        return slots.statement(f"SELECT {', '.join(_cells(rows, givens, slots)) or '1'} FROM {source}{by}")
    if given.templates:
        template, always = PLANNED_ANEW
        where.append(template.format(slots.bind(lambda _actor, _givens: always)))
    inner = _page_of(rows, order, page, where, place, slots, one_more=root.text is None)
    source = f"({inner}) {rows.alias}{joined}"
    if root.text:
        return slots.statement(f"SELECT {sent(_text(root.text, rows, order, givens, slots))} FROM {source}")
    cells = ", ".join([*_cells(rows, givens, slots), *_ordered(rows, order, root.cursors)]) or "1"
    return slots.statement(f"SELECT {cells} FROM {source} {order.by(page, rows.alias)}")


def beside_statement(rows: Known, place: int, givens: Sequence[Given], actor: Actor) -> Statement | None:
    """What stands beside a row that is at hand; its place gives the values of its keys. None if it stands alone."""
    if not rows.cells:
        return None
    slots = Slots(actor)
    own = ", ".join(f"{slots.take(place, kind)} AS {name}" for name, kind in rows.beside().items())
    cells = ", ".join(_cells(rows, givens, slots))
    return slots.statement(f"SELECT {cells} FROM (SELECT {own}) {rows.alias}{_joined(rows, slots)}")


def count_statement(root: RootRows, given: Given, actor: Actor) -> Statement:
    """How many rows a root field's list has."""
    slots = Slots(actor)
    rows = root.rows
    where = _conditions(root, given, slots)
    return slots.statement(f"SELECT count(*) FROM {layout(rows.model).table} {rows.alias} WHERE {' AND '.join(where)}")


def _conditions(root: RootRows, given: Given, slots: Slots) -> list[str]:
    place, rows = root.place.number, root.rows
    own = [template.format(slots.take(place)) if "{}" in template else template for template in given.templates]
    return [*own, slots.scope(rows.model, rows.alias)]


def _page_of(
    rows: Select, order: Order, page: Page, where: list[str], place: int, slots: Slots, *, one_more: bool
) -> str:
    """The page's own rows, chosen before anything is joined to them; with `one_more` that tells whether it goes on."""
    alias, types = rows.alias, layout(rows.model).types
    beyond = []
    for cursor, forward in ((page.after, True), (page.before, False)):
        if cursor is not None:
            bound = [slots.take(place, types[name]) for name in order.columns]
            beyond.append(order.beyond(bound, forward=forward, alias=alias))
    condition = " AND ".join([*where, *beyond])
    return (
        f"SELECT {alias}.* FROM {layout(rows.model).table} {alias} WHERE {condition}"
        f" {order.by(page, alias)} LIMIT {page.size + one_more}"
    )


def _ordered(rows: Select, order: Order, cursors: bool) -> list[str]:
    return [f"{rows.alias}.{name}" for name in order.columns] if cursors else []


def _joined(rows: Select, slots: Slots) -> str:
    return "".join(
        f" LEFT JOIN {layout(join.model).table} {join.alias}"
        # IS TRUE keeps PostgreSQL from finding a whole organization by its index, to look up fifty people in it.
        f" ON {join.alias}.id = {join.key} AND ({slots.scope(join.model, join.alias)}) IS TRUE"
        for join in rows.joins
    )


def _cells(rows: Select, givens: Sequence[Given], slots: Slots) -> list[str]:
    return [_cell(cell, givens, slots) for cell in rows.cells]


def _cell(cell: Cell, givens: Sequence[Given], slots: Slots) -> str:
    match cell:
        case str():
            return cell
        case Text():
            return sent(_text(cell, None, None, givens, slots))
        case Many():
            return _many(cell, givens, slots)
        case ByKeys():
            return _by_keys(cell, givens, slots)
        case Count(model, alias, parent, key, seen):
            own = slots.scope(model, alias) if seen else f"{alias}.organization_id = {slots.own('organization')}"
            where = f"{alias}.{key} = {parent} AND {own}"
            return f"(SELECT count(*) FROM {layout(model).table} {alias} WHERE {where})"
        case Setting(column):
            table = layout(Settings).table
            return f"(SELECT o.{column} FROM {table} o WHERE o.organization_id = {slots.own('organization')})"
        case List(model, alias, parent, key, column):
            where = f"{alias}.{key} = {parent} AND {alias}.organization_id = {slots.own('organization')}"
            table = layout(model).table
            # As text: inside a row, asyncpg reads arrays of the commonest types only.
            return f"ARRAY(SELECT {alias}.{column}::text FROM {table} {alias} WHERE {where} ORDER BY {alias}.{column})"


def _many(many: Many, givens: Sequence[Given], slots: Slots) -> str:
    rows, page = many.rows, None if many.place is None else givens[many.place.number].page
    where = [f"{rows.alias}.{many.key} = {many.parent}", slots.scope(rows.model, rows.alias)]
    by = many.order.by(page, rows.alias)
    if page is None or many.place is None:
        limit = "" if many.limit is None else f" LIMIT {many.limit}"
        chosen = f"{' AND '.join(where)} {by}{limit}"
        inner = f"SELECT {rows.alias}.* FROM {layout(rows.model).table} {rows.alias} WHERE {chosen}"
    else:
        inner = _page_of(rows, many.order, page, where, many.place.number, slots, one_more=many.text is None)
    if many.text:
        written = _text(many.text, rows, many.order, givens, slots)
    else:
        cells = ", ".join([*_cells(rows, givens, slots), *_ordered(rows, many.order, many.cursors)]) or "1"
        written = f"array_agg(ROW({cells}) {by})"
    return f"(SELECT {written} FROM ({inner}) {rows.alias}{_joined(rows, slots)})"


def _by_keys(found: ByKeys, givens: Sequence[Given], slots: Slots) -> str:
    rows, alias = found.rows, found.rows.alias
    order = Order("place", ("place",))
    inner = (
        f"SELECT {alias}.*, listed.place FROM unnest({found.keys}) WITH ORDINALITY AS listed(id, place)"
        f" JOIN {layout(rows.model).table} {alias} ON {alias}.id = listed.id WHERE {slots.scope(rows.model, alias)}"
    )
    if found.text:
        written = _text(found.text, rows, order, givens, slots)
    else:
        written = f"array_agg(ROW({', '.join(_cells(rows, givens, slots)) or '1'}) {order.by(alias=alias)})"
    return f"(SELECT {written} FROM ({inner}) {alias}{_joined(rows, slots)})"


def _text(text: Text, rows: Select | None, order: Order | None, givens: Sequence[Given], slots: Slots) -> str:
    """What writes a text, which may say something of each of these rows."""
    written: list[str] = []
    fixed = ""
    for piece in text.pieces:
        if isinstance(piece, Literal):
            fixed += piece.json
            continue
        if fixed:
            written.append(_quote(fixed))
            fixed = ""
        written.append(_piece(piece, rows, order, givens, slots))
    whole = [*written, _quote(fixed)] if fixed else written
    # A list may be long: this copies it once, a function several times. Before and after it stand texts.
    return " || ".join(whole) if any(isinstance(piece, Each) for piece in text.pieces) else concatenated(whole)


def _piece(
    piece: Unless | Each | Json | Cell, rows: Select | None, order: Order | None, givens: Sequence[Given], slots: Slots
) -> str:
    match piece:
        case Unless(null, instead, text):
            otherwise = _text(text, None, None, givens, slots)
            return f"CASE WHEN {null} IS NULL THEN {_quote(instead)} ELSE {otherwise} END"
        case Each(text, nothing) if rows:
            by = f" {order.by(alias=rows.alias)}" if order else ""
            listed = f"string_agg({_text(text, None, None, givens, slots)}, ','{by})"
            return f"coalesce({listed}, {_quote(nothing)})"
        case Each():
            raise LookupError("a text for each of no rows")
        case Json(cell):
            return f"to_json({_cell(cell, givens, slots)})"
        case cell:
            return _cell(cell, givens, slots)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
