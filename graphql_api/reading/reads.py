"""Where the fields of a row's type come from: declared once, as data, for every way of running a read.

A type that shows rows names its table and, field by field, a source: a column, one row elsewhere, many rows elsewhere
or the first of them, a number of rows, the values of a column of many rows, or a pure function of columns. Sources also
say what customers get in their stead. DataLoaders are built from this (graphql_api/reading/loaders.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, ClassVar, Self

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from tortoise.models import Model

from graphql_api.directives import Cost
from graphql_api.ids import encode
from graphql_api.reading.paging import Order, page_arguments
from models.actors import Actor
from models.database import Fetch, Row


class Hidden(Enum):
    """What a customer gets of a field that is not for customers: null, or the list without rows.

    `OWN` is for columns of people: customers get what their own row says and nobody else's.
    """

    HIDDEN = "hidden"
    OWN = "own"


HIDDEN, OWN = Hidden.HIDDEN, Hidden.OWN
# What customers get instead: the same (None), another column, or nothing.
ForCustomers = str | Hidden | None
Target = Callable[[], "type[RowType]"]


def column_for(actor: Actor, ordinary: str, customer: ForCustomers) -> str | None:
    """The column that the actor reads: customers get another one, or None where the field is hidden from them."""
    if not actor.is_customer or customer is None:
        return ordinary
    return None if customer is HIDDEN else str(customer)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row itself."""

    name: str
    customer: ForCustomers = None
    enum: type[StrEnum] | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The row's key as an opaque id."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row of `target` whose key this row holds in `key`."""

    target: Target
    key: str
    customer: ForCustomers = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """The rows of `target` that hold this row's key in `key`, a page at a time; or all of them, as a plain list."""

    target: Target
    key: str
    order: Order
    customer: ForCustomers = None
    paged: bool = True


@dataclass(frozen=True, slots=True)
class ToFirst:
    """The first of the rows of `target` that hold this row's key in `key`."""

    target: Target
    key: str
    order: Order
    customer: ForCustomers = None


@dataclass(frozen=True, slots=True)
class Values:
    """One column of the rows of `model` that hold this row's key in `key`, sorted."""

    model: type[Model]
    key: str
    column: str
    customer: ForCustomers = None


@dataclass(frozen=True, slots=True)
class EachOf:
    """The rows of `target` whose keys this row lists in `keys`; those that are gone or not the actor's are left out."""

    target: Target
    keys: str


@dataclass(frozen=True, slots=True)
class CountOf:
    """How many rows of the organization's in `model` hold in `column` what this row holds in `key`."""

    model: type[Model]
    column: str
    key: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A pure function of columns of the row and of who reads it: of their role and, for customers, who they are.

    Staff of one role are shown the same; subscriptions rely on it (graphql_api/deliveries.py).
    """

    columns: tuple[str, ...]
    function: Callable[[Mapping[str, Any], Actor], Any]


@dataclass(frozen=True, slots=True)
class IdOf:
    """Computes the opaque id of the row whose key this row holds in `key`, whether or not there still is that row."""

    key: str
    prefix: str

    def __call__(self, row: Mapping[str, Any], _actor: Actor) -> str:
        return encode(self.prefix, row[self.key])


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an operation reads for many rows at once.

    `key` says of what, from the row and the field's arguments in GraphQL's spelling; `load` reads it for all keys, in
    their order; `show` makes it the field's value. What is not `personal` is the same for all staff of one role.
    """

    columns: tuple[str, ...]
    key: Callable[[Mapping[str, Any], Mapping[str, Any]], Hashable]
    load: Callable[[Actor, Fetch, Sequence[Any]], Awaitable[Sequence[Any]]]
    show: Callable[[Mapping[str, Any], Any], Any]
    personal: bool = True


@dataclass(frozen=True, slots=True)
class BySettings:
    """A pure function of columns of the row, of who reads it and, for customers, of their organization's settings.

    The settings' columns are beside the row's where a customer reads; for everybody else they make no difference.
    """

    columns: tuple[str, ...]
    settings: tuple[str, ...]
    function: Callable[[Mapping[str, Any], Actor], Any]


Source = Column | Identity | ToOne | ToMany | ToFirst | EachOf | CountOf | Values | Computed | BySettings | Loaded


class ReadField(StrawberryField):
    """A field that is run from its source."""

    source: Any

    @property
    def is_basic_field(self) -> bool:
        """Not an attribute of a Python object."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The field of one row, by the ordinary executor."""
        return info.context.reads.resolve(self.source, source, kwargs)

    def __copy__(self) -> Self:
        copied = super().__copy__()
        copied.source = self.source
        copied.init = False
        return copied


def read_field(
    kind: type[ReadField], source: Any, description: str, arguments: Sequence[StrawberryArgument] = ()
) -> Any:
    """A field with a source instead of a resolver."""
    field = kind(description=description)
    field.source = source
    field.init = field.repr = field.compare = False
    field.arguments = list(arguments)
    return field


def column(name: str, description: str, *, customer: ForCustomers = None, enum: type[StrEnum] | None = None) -> Any:
    """A field that is a column."""
    return read_field(ReadField, Column(name, customer, enum), description)


def to_one(target: Target, key: str, description: str, *, customer: ForCustomers = None) -> Any:
    """A field that is another row."""
    return read_field(ReadField, ToOne(target, key, customer), description)


def to_many(target: Target, key: str, order: Order, description: str, *, customer: ForCustomers = None) -> Any:
    """A field that is a connection of other rows."""
    return read_field(ReadField, ToMany(target, key, order, customer), description, page_arguments())


def list_of(target: Target, key: str, order: Order, description: str, *, customer: ForCustomers = None) -> Any:
    """A field that is a short list of other rows, always whole."""
    return read_field(ReadField, ToMany(target, key, order, customer, paged=False), description)


def to_first(target: Target, key: str, order: Order, description: str, *, customer: ForCustomers = None) -> Any:
    """A field that is the first of other rows."""
    return read_field(ReadField, ToFirst(target, key, order, customer), description)


def each_of(target: Target, keys: str, description: str) -> Any:
    """A field that is the rows whose keys the row lists."""
    return read_field(ReadField, EachOf(target, keys), description)


def count_of(model: type[Model], name: str, key: str, description: str) -> Any:
    """A field that is a number of rows."""
    return read_field(ReadField, CountOf(model, name, key), description)


def values(model: type[Model], key: str, name: str, description: str, *, customer: ForCustomers = None) -> Any:
    """A field that is a sorted list of plain values."""
    return read_field(ReadField, Values(model, key, name, customer), description)


def computed(
    function: Callable[[Mapping[str, Any], Actor], Any],
    columns: Sequence[str],
    description: str,
) -> Any:
    """A field that is worked out from columns."""
    return read_field(ReadField, Computed(tuple(columns), function), description)


def id_of(key: str, prefix: str, description: str) -> Any:
    """A field that is the id of another row, also of one that is no longer there."""
    return computed(IdOf(key, prefix), [key], description)


def loaded(
    source: Loaded, description: str, arguments: Sequence[StrawberryArgument] = (), *, cost: str | None = None
) -> Any:
    """A field that an operation reads for many rows at once; say what it costs where that is more than a value."""
    field = read_field(ReadField, source, description, arguments)
    field.directives += [Cost(weight=cost)] if cost else []
    return field


def by_settings(
    function: Callable[[Mapping[str, Any], Actor], Any], columns: Sequence[str], settings: Sequence[str], text: str
) -> Any:
    """A field that is worked out from columns and, for customers, from settings."""
    return read_field(ReadField, BySettings(tuple(columns), tuple(settings), function), text)


@strawberry.interface(description="Anything with an id; `node(id:)` finds it.")
class Node:
    """Relay's node."""

    id: strawberry.ID = read_field(ReadField, Identity(), "The id: opaque, stable, unique across all types.")


class RowType:
    """A GraphQL type whose objects are rows of one table."""

    table: ClassVar[type[Model]]
    prefix: ClassVar[str]
    row: Any

    @classmethod
    def of(cls, row: Mapping[str, Any] | Row) -> Self:
        """The object that shows the row."""
        shown = cls.__new__(cls)
        shown.row = row
        return shown
