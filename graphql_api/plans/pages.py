"""Connections in a plan: the function that writes a page, and what the page's arguments come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type

from graphql_api.plans import texts
from graphql_api.plans.shapes import Count, Each, Given, Literal, Place, Select, Text, Unplanned
from graphql_api.plans.written import Written, an_object, constant, written
from graphql_api.reading.paging import Order, Page, unseal
from graphql_api.reading.reads import RowType

if TYPE_CHECKING:
    from graphql_api.plans.compiling import Compiler
    from graphql_api.plans.selections import Selected


@dataclass(slots=True)
class Connection:
    """A page: the text that says it, where PostgreSQL can, or a function's call; and what of the list it needs."""

    compiler: Compiler
    rows: Select
    place: int
    fields: dict[str, Written] = field(default_factory=dict)
    text: Text | None = None
    listed: bool = False
    counted: bool = False
    cursors: bool = False

    def call(self, rows: str, count: str) -> str:
        """The page, as an expression."""
        name = f"page_{len(self.compiler.functions)}"
        self.compiler.functions.append("")
        slot = len(self.compiler.functions) - 1
        self.compiler.functions[slot] = (
            f"def {name}(rows, count, given, givens, actor):\n"
            f"    rows, more_after, more_before = cut(rows, given.page)\n"
            f"    return {an_object(self.fields)}\n"
        ).replace("CURSOR_OF(", f"seal(given.order, {len(self.rows.cells)}, ")
        return f"{name}({rows}, {count}, givens[{self.place}], givens, actor)"


def page_given(page: Page, order: Order | None, types: Mapping[str, str]) -> Given:
    """What a page's arguments come to."""
    values: list[object] = []
    if order is not None:
        for cursor, name in ((page.after, "after"), (page.before, "before")):
            if cursor is not None:
                values += unseal(order, cursor, types, name)
    shape = (page.size, page.backward, page.after is not None, page.before is not None)
    return Given(shape, values, page, order)


def connection(
    compiler: Compiler,
    rows: Select,
    target: type[RowType],
    selected: Selected,
    *,
    ordered: Place,
    count: Count | Literal | None = None,
) -> Connection:
    """A page of rows. `count` is how many there are, where the text may say so; a number is that of an empty list."""
    kind = get_named_type(selected.field.type)
    if not isinstance(kind, GraphQLObjectType):
        raise Unplanned(f"{kind.name} is not a connection")
    page = Connection(compiler, rows, ordered.number)
    empty = isinstance(count, Literal)

    def listed(row: Written) -> Written:
        page.listed = True
        text = row.text and Text((Literal("["), Literal("") if empty else Each(row.text), Literal("]")))
        return Written(text, lambda: f"[{row.python()} for r in rows]")

    for key, inner in compiler.selections.subfields(kind, selected).items():
        match inner.node.name.value:
            case "__typename":
                shown = constant(kind.name)
            case "nodes":
                shown = listed(compiler.row(rows, rows.alias, target, inner))
            case "edges":
                shown = listed(_edge(page, target, inner))
            case "pageInfo":
                page.listed = True
                shown = _page_info(page, inner)
            case "totalCount":
                page.counted = True
                shown = Written(Text((count,)) if count else None, lambda: "count")
            case other:
                raise Unplanned(f"{kind.name}.{other} is not known of connections")
        page.fields[key] = shown
    page.text = texts.an_object({key: field.text for key, field in page.fields.items()})
    return page


def _edge(page: Connection, target: type[RowType], selected: Selected) -> Written:
    kind = get_named_type(selected.field.type)
    fields: dict[str, Written] = {}
    for key, inner in page.compiler.selections.subfields(kind, selected).items():  # type: ignore[arg-type]
        match inner.node.name.value:
            case "__typename":
                fields[key] = constant(kind.name)
            case "cursor":
                page.cursors = True
                fields[key] = Written(None, lambda: "CURSOR_OF(r)")
            case _:
                fields[key] = page.compiler.row(page.rows, page.rows.alias, target, inner)
    text = texts.an_object({key: field.text for key, field in fields.items()})
    return written(page.rows, text, lambda: an_object(fields))


def _page_info(page: Connection, selected: Selected) -> Written:
    kind = get_named_type(selected.field.type)
    parts: dict[str, str] = {}
    for key, inner in page.compiler.selections.subfields(kind, selected).items():  # type: ignore[arg-type]
        match inner.node.name.value:
            case "__typename":
                parts[key] = repr(kind.name)
            case "hasNextPage":
                parts[key] = "more_after"
            case "hasPreviousPage":
                parts[key] = "more_before"
            case name:
                page.cursors = True
                place = 0 if name == "startCursor" else -1
                parts[key] = f"CURSOR_OF(rows[{place}]) if rows else None"
    shown = f"{{{', '.join(f'{key!r}: {part}' for key, part in parts.items())}}}"
    return Written(None, lambda: shown)


def cut(rows: Sequence[Any] | None, page: Page) -> tuple[Sequence[Any], bool, bool]:
    """The page of up to one row more, in the list's order, and whether the list goes on after and before it."""
    found = rows or ()
    more, kept = len(found) > page.size, found[: page.size]
    if page.backward:
        return kept[::-1], page.before is not None, more
    return kept, more, page.after is not None
