"""Lists of all rows of a type that fulfil conditions: their SQL, and the ordinary way of reading them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tortoise.models import Model

from graphql_api.reading.paging import Connection, Order, Page, connection_of, unseal
from graphql_api.reading.reads import RowType
from models.database import Row
from models.rows import layout, select
from resolvers.access import Parameters

if TYPE_CHECKING:
    from graphql_api.reading.loaders import Reads

# A condition on alias `t`, with `{}` where its value goes if it has one.
Condition = tuple[str, object]
# Always true, and never worked out. Planned for its value it vanishes; a plan for any value would have to count on the
# rest, so PostgreSQL never prefers one to planning anew. For lists whose right plan depends on what is asked for.
PLANNED_ANEW: Condition = ("({} OR (SELECT count(*) FROM generate_series(1, 1000000000)) > 0)", True)


def filled(conditions: Sequence[Condition], parameters: Parameters) -> list[str]:
    """Conditions with their values' placeholders."""
    return [template.format(parameters.bind(value)) if "{}" in template else template for template, value in conditions]


def _beyond(order: Order, page: Page, types: Mapping[str, str], parameters: Parameters) -> list[str]:
    """The keyset conditions of a page: rows after one cursor, before another."""
    found = []
    for cursor, field, forward in ((page.after, "after", True), (page.before, "before", False)):
        if cursor is not None:
            values = unseal(order, cursor, types, field)
            bound = [parameters.bind(value, types[name]) for name, value in zip(order.columns, values, strict=True)]
            found.append(order.beyond(bound, forward=forward))
    return found


def tail(
    model: type[Model],
    order: Order,
    page: Page | None,
    conditions: Sequence[str],
    parameters: Parameters,
) -> str:
    """`WHERE ... ORDER BY ... LIMIT ...` of a list on alias `t`; a page is read one row longer than it is."""
    beyond = [] if page is None else _beyond(order, page, layout(model).types, parameters)
    where = " AND ".join([*conditions, parameters.scope(model), *beyond])
    limit = "" if page is None else f" LIMIT {page.size + 1}"
    return f"WHERE {where} {order.by(page)}{limit}"


async def page_of(
    reads: Reads, target: type[RowType], order: Order, page: Page, conditions: Sequence[Condition]
) -> Connection[Any]:
    """A page of all rows of a type that fulfil the conditions."""
    parameters = Parameters(reads.actor)
    narrowed = [*conditions, PLANNED_ANEW] if conditions else []
    rest = tail(target.table, order, page, filled(narrowed, parameters), parameters)
    rows = await reads.run(f"{select(target.table)} {rest}", *parameters.values)

    async def count() -> int:
        return await _count(reads, target.table, conditions)

    nodes: list[tuple[Row, Any]] = [(row, target.of(row)) for row in rows]
    return connection_of(nodes, order, page, count)


async def whole(reads: Reads, target: type[RowType], order: Order, conditions: Sequence[Condition]) -> list[RowType]:
    """All rows of a type that fulfil the conditions."""
    parameters = Parameters(reads.actor)
    rest = tail(target.table, order, None, filled(conditions, parameters), parameters)
    return [target.of(row) for row in await reads.run(f"{select(target.table)} {rest}", *parameters.values)]


async def _count(reads: Reads, model: type[Model], conditions: Sequence[Condition]) -> int:
    parameters = Parameters(reads.actor)
    where = " AND ".join([*filled(conditions, parameters), parameters.scope(model)])
    rows = await reads.run(f"SELECT count(*) AS many FROM {layout(model).table} t WHERE {where}", *parameters.values)
    return int(rows[0]["many"])


def count_up_to(reads: Reads, target: type[RowType], conditions: Sequence[Condition], limit: int) -> Awaitable[int]:
    """How many rows fulfil the conditions, counted no further than to the limit; many such counts are one read."""
    load = reads.batched(
        ("up to", target.table, limit), lambda wanted: _load_counts_up_to(reads, target.table, limit, wanted)
    )
    # Tuples, so that two of the same kind are known as one.
    return load.load(tuple((text, tuple(value) if isinstance(value, list) else value) for text, value in conditions))


async def _load_counts_up_to(
    reads: Reads, model: type[Model], limit: int, wanted: Sequence[Sequence[Condition]]
) -> list[int]:
    parameters = Parameters(reads.actor)
    counts = []
    for conditions in wanted:
        where = " AND ".join([*filled(conditions, parameters), parameters.scope(model)])
        counts.append(
            f"(SELECT count(*) FROM (SELECT FROM {layout(model).table} t WHERE {where} LIMIT {limit}) AS found)"
        )
    (row,) = await reads.run(f"SELECT ARRAY[{', '.join(counts)}] AS many", *parameters.values)
    return list(row["many"])
