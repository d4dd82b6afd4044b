"""Connections in a plan: the function that writes a page, and what the page's arguments come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type

from graphql_api.paging import Order, Page, unseal
from graphql_api.plans.shapes import Given, Place, Select, Unplanned
from graphql_api.reads import RowType

if TYPE_CHECKING:
    from graphql_api.plans.compiling import Compiler, Selected


@dataclass(slots=True)
class Connection:
    """A page's function: how it is called, and what of the list it needs."""

    name: str
    place: int
    listed: bool = False
    counted: bool = False
    cursors: bool = False

    def call(self, rows: str, count: str) -> str:
        """The page, as an expression."""
        return f"{self.name}({rows}, {count}, givens[{self.place}], givens, actor)"


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
    compiler: Compiler, rows: Select, target: type[RowType], selected: Selected, *, ordered: Place
) -> Connection:
    """A function that writes a page of rows."""
    kind = get_named_type(selected.field.type)
    if not isinstance(kind, GraphQLObjectType):
        raise Unplanned(f"{kind.name} is not a connection")
    page = Connection(f"page_{len(compiler.functions)}", ordered.number)
    compiler.functions.append("")
    slot = len(compiler.functions) - 1
    parts = [
        f"{key!r}: {_of_connection(compiler, page, rows, target, kind, inner)}"
        for key, inner in compiler.subfields(kind, selected).items()
    ]
    compiler.functions[slot] = (
        f"def {page.name}(rows, count, given, givens, actor):\n"
        f"    rows, more_after, more_before = cut(rows, given.page)\n"
        f"    return {{{', '.join(parts)}}}\n"
    ).replace("CURSOR_OF(", f"seal(given.order, {len(rows.cells)}, ")
    return page


def _of_connection(
    compiler: Compiler,
    page: Connection,
    rows: Select,
    target: type[RowType],
    kind: GraphQLObjectType,
    selected: Selected,
) -> str:
    match selected.node.name.value:
        case "__typename":
            return repr(kind.name)
        case "nodes":
            page.listed = True
            return f"[{compiler.row(rows, rows.alias, target, selected)} for r in rows]"
        case "edges":
            page.listed = True
            return f"[{_edge(compiler, page, rows, target, selected)} for r in rows]"
        case "pageInfo":
            page.listed = True
            return _page_info(compiler, page, selected)
        case "totalCount":
            page.counted = True
            return "count"
        case other:
            raise Unplanned(f"{kind.name}.{other} is not known of connections")


def _edge(compiler: Compiler, page: Connection, rows: Select, target: type[RowType], selected: Selected) -> str:
    kind = get_named_type(selected.field.type)
    parts = []
    for key, inner in compiler.subfields(kind, selected).items():  # type: ignore[arg-type]
        match inner.node.name.value:
            case "__typename":
                parts.append(f"{key!r}: {kind.name!r}")
            case "cursor":
                page.cursors = True
                parts.append(f"{key!r}: CURSOR_OF(r)")
            case _:
                parts.append(f"{key!r}: {compiler.row(rows, rows.alias, target, inner)}")
    return f"{{{', '.join(parts)}}}"


def _page_info(compiler: Compiler, page: Connection, selected: Selected) -> str:
    kind = get_named_type(selected.field.type)
    parts = []
    for key, inner in compiler.subfields(kind, selected).items():  # type: ignore[arg-type]
        match inner.node.name.value:
            case "__typename":
                written = repr(kind.name)
            case "hasNextPage":
                written = "more_after"
            case "hasPreviousPage":
                written = "more_before"
            case name:
                page.cursors = True
                place = 0 if name == "startCursor" else -1
                written = f"CURSOR_OF(rows[{place}]) if rows else None"
        parts.append(f"{key!r}: {written}")
    return f"{{{', '.join(parts)}}}"


def cut(rows: Sequence[Any] | None, page: Page) -> tuple[Sequence[Any], bool, bool]:
    """The page of up to one row more, in the list's order, and whether the list goes on after and before it."""
    found = rows or ()
    more, kept = len(found) > page.size, found[: page.size]
    if page.backward:
        return kept[::-1], page.before is not None, more
    return kept, more, page.after is not None
