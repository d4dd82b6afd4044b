"""Rows as typed models: Tortoise declares the columns, asyncpg brings and takes the values.

Tortoise's own constructor costs 100 us a row and its loader needs a connection of its own kind; these two cost about
3 us and need nothing, so a row of ours is a model instance without the machinery behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from tortoise import Tortoise
from tortoise.fields import Field
from tortoise.models import Model

from models.database import Row

RowModel = TypeVar("RowModel", bound=Model)

TABLES = (
    "models.organizations",
    "models.tickets",
    "models.assistance",
    "models.log",
    "models.mail",
    "models.preferences",
    "models.service_levels",
)
# Gives the models their foreign-key columns; opens no connection.
Tortoise.init_models(TABLES, "models")


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as the writer and the readers need it."""

    table: str
    columns: tuple[str, ...]
    types: Mapping[str, str]
    enums: Mapping[str, Callable[[Any], StrEnum]]
    defaults: Mapping[str, object]
    factories: Mapping[str, Callable[[], object]]


@cache
def layout(model: type[Model]) -> Layout:
    """The layout of a model's table."""
    meta = model._meta
    columns = {meta.fields_db_projection[name]: meta.fields_map[name] for name in meta.fields_db_projection}
    defaults = {name: field.default for name, field in columns.items()}
    return Layout(
        table=meta.db_table,
        columns=tuple(columns),
        types={name: _sql_type(field) for name, field in columns.items()},
        enums={name: kind for name, field in columns.items() if (kind := getattr(field, "enum_type", None))},
        defaults={name: value for name, value in defaults.items() if not callable(value)},
        factories={name: value for name, value in defaults.items() if callable(value)},
    )


def _sql_type(field: Field[Any]) -> str:
    declared: str = field.get_for_dialect("postgres", "SQL_TYPE")
    return {"TIMESTAMPTZ": "timestamptz", "DOUBLE PRECISION": "float8"}.get(declared, declared.split("(")[0].lower())


def new(model: type[RowModel], /, **values: Any) -> RowModel:
    """A row that is not stored yet; columns not named take their defaults."""
    shape = layout(model)
    row = model.__new__(model)
    row.__dict__.update(shape.defaults)
    row.__dict__.update({name: make() for name, make in shape.factories.items() if name not in values})
    row.__dict__.update(values)
    return row


def load(model: type[RowModel], record: Row) -> RowModel:
    """A row that came from the database with (at least) all of the table's columns."""
    shape = layout(model)
    row = model.__new__(model)
    row.__dict__.update({name: record[name] for name in shape.columns})
    for name, kind in shape.enums.items():
        if record[name] is not None:
            row.__dict__[name] = kind(record[name])
    return row


def load_all(model: type[RowModel], records: Iterable[Row]) -> list[RowModel]:
    """Rows that came from the database, in their order."""
    return [load(model, record) for record in records]


@cache
def select(model: type[Model], alias: str = "t") -> str:
    """`SELECT t.id, t.subject, ... FROM support_ticket t`."""
    shape = layout(model)
    return f"SELECT {', '.join(f'{alias}.{name}' for name in shape.columns)} FROM {shape.table} {alias}"


@cache
def select_versioned(model: type[Model]) -> str:
    """The same with `xmin`, the transaction that wrote the row's present version."""
    shape = layout(model)
    return f"SELECT {', '.join(f't.{name}' for name in shape.columns)}, t.xmin FROM {shape.table} t"
