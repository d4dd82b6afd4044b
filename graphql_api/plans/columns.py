"""Columns of a row in a plan: the text that says one, where PostgreSQL can, or the Python that writes its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLOutputType, get_named_type, is_list_type, is_non_null_type

from graphql_api.plans import texts
from graphql_api.plans.shapes import Select, Unplanned
from graphql_api.plans.values import AS_THEY_ARE, enum_names, writer
from graphql_api.plans.written import Written, absent
from graphql_api.reading.reads import OWN, Column, RowType, column_for

if TYPE_CHECKING:
    from graphql_api.plans.compiling import Compiler
    from graphql_api.plans.selections import Selected


def column_value(
    compiler: Compiler, select: Select, alias: str, kind: type[RowType], source: Column, selected: Selected
) -> Written:
    """The value of a column of the row at `alias`, as the actor reads it."""
    own_only = source.customer is OWN and compiler.actor.is_customer
    name = source.name if source.customer is OWN else column_for(compiler.actor, source.name, source.customer)
    required = is_non_null_type(selected.field.type)
    if name is None:
        return absent(required)
    column, nullable = f"{alias}.{name}", _may_be_null(kind, name)
    text = texts.leaf(selected.field.type, source.enum, column)
    if text and nullable:
        text = texts.unless_null(column, text, required=required)
    leaf = _leaf(compiler, selected.field.type, source.enum)

    def read() -> str:
        cell = f"r[{select.cell(column)}]"
        shown = leaf.format(cell)
        if not nullable or (shown == cell and not required):
            return shown
        return f"({'missing()' if required else None} if {cell} is None else {shown})"

    if own_only:
        return Written(None, lambda: f"({read()} if r[{select.cell(f'{alias}.id')}] == actor.user_id else None)")
    return Written(text, read)


def _leaf(compiler: Compiler, kind: GraphQLOutputType, enum: Any) -> str:
    named = get_named_type(kind)
    if is_list_type(getattr(kind, "of_type", kind) if is_non_null_type(kind) else kind):
        return f"{compiler.constant(writer(kind), 'write')}({{}})"
    if enum is not None:
        return f"{compiler.constant(enum_names(named), 'enum')}[{{}}]"
    if named.name == "DateTime":
        return "instant({})"
    if named.name in AS_THEY_ARE:
        return "{}"
    raise Unplanned(f"plans don't write {named.name}")


def _may_be_null(kind: type[RowType], column: str) -> bool:
    declared = kind.table._meta.fields_map.get(column)
    return declared is None or declared.null
