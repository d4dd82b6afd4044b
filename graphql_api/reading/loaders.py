"""The ordinary way of running reads: DataLoaders built from the declarations, one statement for each kind of need."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from graphql_api.ids import encode
from graphql_api.reading.lists import tail
from graphql_api.reading.paging import Connection, Page, connection_of, zero
from graphql_api.reading.reads import (
    OWN,
    BySettings,
    Column,
    Computed,
    CountOf,
    EachOf,
    Identity,
    Loaded,
    RowType,
    Source,
    ToFirst,
    ToMany,
    ToOne,
    Values,
    column_for,
)
from graphql_api.reading.sharing import SharedLoader
from models.actors import Actor
from models.database import Fetch, Row
from models.errors import NotFound
from models.organizations import Settings
from models.rows import layout, select
from resolvers.access import Parameters

Shown = TypeVar("Shown", bound=RowType)


class Reads:
    """All reads of one operation, batched and remembered."""

    def __init__(self, actor: Actor, fetch: Fetch) -> None:
        self._actor = actor
        self._fetch = fetch
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    @property
    def actor(self) -> Actor:
        """Who reads."""
        return self._actor

    async def run(self, sql: str, *values: object) -> list[Row]:
        """The rows of a statement that a read of another kind has made up, at the same instant as all others."""
        return await self._fetch(sql, *values)

    def batched(self, name: Hashable, load: Callable[[list[Any]], Awaitable[Sequence[Any]]]) -> DataLoader[Any, Any]:
        """The loader of one kind of need, remembered for the operation."""
        if name not in self._loaders:
            self._loaders[name] = SharedLoader(load_fn=load)
        return self._loaders[name]

    def resolve(self, source: Source, shown: RowType, arguments: Mapping[str, Any]) -> Any:
        """A field of a row: its value, or an awaitable of it."""
        row = shown.row
        match source:
            case Column():
                return self._column(source, row)
            case Identity():
                return encode(shown.prefix, row["id"])
            case ToOne():
                return self._to_one(source, row)
            case ToMany(paged=True):
                return self._to_many(source, row, Page.of(arguments))
            case ToMany():
                return self._list(source, row)
            case ToFirst():
                return self._first(source, row)
            case EachOf():
                return self._each(source, row)
            case CountOf():
                count = self.batched(("of", source), lambda keys: self._load_counts_of(source, keys))
                return count.load(row[source.key])
            case Values():
                return self._values(source, row)
            case Computed():
                return source.function(row, self._actor)
            case Loaded():
                return self._loaded(source, row, arguments)
            case BySettings():
                return self._by_settings(source, row)

    def _column(self, source: Column, row: Mapping[str, Any]) -> Any:
        if source.customer is OWN:
            return row[source.name] if not self._actor.is_customer or row["id"] == self._actor.user_id else None
        name = column_for(self._actor, source.name, source.customer)
        value = None if name is None else row[name]
        return value if value is None or source.enum is None else source.enum(value)

    def _to_one(self, source: ToOne, row: Mapping[str, Any]) -> Awaitable[RowType | None] | None:
        # A plain future, not a coroutine of ours around it: a list has hundreds of these.
        name = column_for(self._actor, source.key, source.customer)
        key = None if name is None else row[name]
        return None if key is None else self._rows(source.target()).load(key)

    def _rows(self, target: type[RowType]) -> DataLoader[UUID, Any]:
        return self.batched(("one", target.table), lambda keys: self._load_rows(target, keys))

    async def one(self, target: type[Shown], key: UUID | None) -> Shown | None:
        """The row with this key if the actor sees it, else None."""
        if key is None:
            return None
        found: Shown | None = await self._rows(target).load(key)
        return found

    def forget(self) -> None:
        """Read afresh from here on."""
        self._loaders.clear()

    async def reload(self, target: type[Shown], key: UUID) -> Shown:
        """The row as it is after a mutation: what earlier mutations of the request remembered is forgotten."""
        self.forget()
        found = await self.one(target, key)
        if found is None:
            raise NotFound("row")
        return found

    async def reload_all(self, target: type[Shown], keys: Sequence[UUID]) -> dict[UUID, Shown]:
        """The rows as they are after a mutation, by their keys."""
        self.forget()
        found = await asyncio.gather(*(self.one(target, key) for key in keys))
        return {key: shown for key, shown in zip(keys, found, strict=True) if shown is not None}

    async def _load_rows(self, target: type[RowType], keys: list[UUID]) -> list[RowType | None]:
        parameters = Parameters(self._actor)
        rows = await self._fetch(
            f"{select(target.table)} WHERE t.id = ANY({parameters.bind(keys)}) AND {parameters.scope(target.table)}",
            *parameters.values,
        )
        found = {row["id"]: target.of(row) for row in rows}
        return [found.get(key) for key in keys]

    async def _to_many(self, source: ToMany, row: Mapping[str, Any], page: Page) -> Connection[Any]:
        if column_for(self._actor, source.key, source.customer) is None:
            return connection_of([], source.order, page, zero)
        target = source.target()
        load = self.batched(("many", source, page), lambda keys: self._load_pages(source, page, keys))
        count = self.batched(("count", source), lambda keys: self._load_counts(source, keys))
        rows = await load.load(row["id"])
        nodes = [(found, target.of(found)) for found in rows]
        return connection_of(nodes, source.order, page, lambda: count.load(row["id"]))

    async def _list(self, source: ToMany, row: Mapping[str, Any]) -> list[RowType]:
        if column_for(self._actor, source.key, source.customer) is None:
            return []
        load = self.batched(("list", source), lambda keys: self._load_pages(source, None, keys))
        return [source.target().of(found) for found in await load.load(row["id"])]

    async def _first(self, source: ToFirst, row: Mapping[str, Any]) -> RowType | None:
        if column_for(self._actor, source.key, source.customer) is None:
            return None
        # A page is read one row longer than it is.
        load = self.batched(("first", source), lambda keys: self._load_pages(source, Page(size=0), keys))
        found = await load.load(row["id"])
        return source.target().of(found[0]) if found else None

    async def _load_pages(self, source: ToMany | ToFirst, page: Page | None, keys: list[UUID]) -> list[list[Row]]:
        """Each parent's page, one row longer than asked so that its end is known; all rows without a page."""
        model = source.target().table
        parameters = Parameters(self._actor)
        parents = parameters.bind(keys, "uuid[]")
        rest = tail(model, source.order, page, [f"t.{source.key} = parent.id"], parameters)
        rows = await self._fetch(
            f"SELECT parent.id AS parent_id, found.* FROM unnest({parents}) AS parent(id)"
            f" CROSS JOIN LATERAL ({select(model)} {rest}) AS found",
            *parameters.values,
        )
        return _grouped(rows, keys)

    async def _load_counts(self, source: ToMany, keys: list[UUID]) -> list[int]:
        model = source.target().table
        parameters = Parameters(self._actor)
        rows = await self._fetch(
            f"SELECT t.{source.key} AS parent_id, count(*) AS many FROM {layout(model).table} t"
            f" WHERE t.{source.key} = ANY({parameters.bind(keys)}) AND {parameters.scope(model)} GROUP BY 1",
            *parameters.values,
        )
        counts = {row["parent_id"]: row["many"] for row in rows}
        return [counts.get(key, 0) for key in keys]

    async def _each(self, source: EachOf, row: Mapping[str, Any]) -> list[RowType]:
        found = await self._rows(source.target()).load_many(row[source.keys])
        return [shown for shown in found if shown is not None]

    async def _load_counts_of(self, source: CountOf, keys: list[object]) -> list[int]:
        shape = layout(source.model)
        rows = await self._fetch(
            f"SELECT {source.column} AS key, count(*) AS many FROM {shape.table} WHERE organization_id = $1"
            f" AND {source.column} = ANY($2::{shape.types[source.column]}[]) GROUP BY 1",
            self._actor.organization_id,
            keys,
        )
        counts = {row["key"]: row["many"] for row in rows}
        return [counts.get(key, 0) for key in keys]

    def _by_settings(self, source: BySettings, row: Mapping[str, Any]) -> Any:
        if not self._actor.is_customer:
            return source.function(row, self._actor)
        load = self.batched("settings", self._load_settings)

        async def work_out() -> Any:
            settings = await load.load(self._actor.organization_id)
            return source.function({**row, **{name: settings[name] for name in source.settings}}, self._actor)

        return work_out()

    async def _load_settings(self, keys: list[UUID]) -> list[Row]:
        rows = await self._fetch(f"{select(Settings)} WHERE t.organization_id = ANY($1)", keys)
        found = {row["organization_id"]: row for row in rows}
        return [found[key] for key in keys]

    def _values(self, source: Values, row: Mapping[str, Any]) -> Awaitable[list[Any]] | list[Any]:
        if column_for(self._actor, source.key, source.customer) is None:
            return []
        return self.batched(("values", source), lambda keys: self._load_values(source, keys)).load(row["id"])

    async def _load_values(self, source: Values, keys: list[UUID]) -> list[list[Any]]:
        rows = await self._fetch(
            f"SELECT {source.key} AS parent_id, {source.column} FROM {layout(source.model).table}"
            f" WHERE {source.key} = ANY($1) AND organization_id = $2 ORDER BY {source.column}",
            keys,
            self._actor.organization_id,
        )
        return [[row[source.column] for row in group] for group in _grouped(rows, keys)]

    async def _loaded(self, source: Loaded, row: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
        load = self.batched(("loaded", source), lambda keys: source.load(self._actor, self._fetch, keys))
        return source.show(row, await load.load(source.key(row, arguments)))


def _grouped(rows: Sequence[Row], keys: Sequence[UUID]) -> list[list[Row]]:
    groups: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["parent_id"]].append(row)
    return [groups[key] for key in keys]
