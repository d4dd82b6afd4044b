"""Relay connections by keyset: a cursor holds the values that the page is ordered by, never an offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from models.database import Row
from models.errors import InvalidInput

PAGE_LIMIT = 100
PAGE_DEFAULT = 20
CURSOR_LIMIT = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that sort a list, ending in one that is unique, all in one direction."""

    name: str
    columns: tuple[str, ...]
    descending: bool = False

    def by(self, page: Page | None = None, alias: str = "t") -> str:
        """`ORDER BY ...` in the order in which a page is read: from the end that it begins at."""
        descending = self.descending != (page is not None and page.backward)
        return "ORDER BY " + ", ".join(f"{alias}.{name}{' DESC' if descending else ''}" for name in self.columns)

    def beyond(self, bound: Sequence[str], *, forward: bool, alias: str = "t") -> str:
        """The keyset condition: after the row whose values are bound, or before it."""
        columns = ", ".join(f"{alias}.{name}" for name in self.columns)
        return f"({columns}) {'>' if forward != self.descending else '<'} ({', '.join(bound)})"


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list: `size` rows from its start or, `backward`, its end; beyond `edge` where one is given."""

    size: int = PAGE_DEFAULT
    backward: bool = False
    after: str | None = None
    before: str | None = None

    @property
    def continues(self) -> bool:
        """Whether it begins or ends at a cursor that an earlier page gave."""
        return self.after is not None or self.before is not None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Page:
        """The page that Relay's four arguments ask for, each of which may be left out."""
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise InvalidInput("Ask for the first or for the last, not for both.", ["last"])
        size = last if last is not None else first
        field = "first" if last is None else "last"
        if size is not None and not 0 <= size <= PAGE_LIMIT:
            raise InvalidInput(f"A page has 0 to {PAGE_LIMIT} rows.", [field])
        return cls(
            PAGE_DEFAULT if size is None else size, last is not None, arguments.get("after"), arguments.get("before")
        )


def seal(order: Order, row: Row | Mapping[str, Any]) -> str:
    """The cursor of a row in a list."""
    return _sealed([order.name, *(row[column] for column in order.columns)])


def seal_values(order: Order, start: int, row: Sequence[object]) -> str:
    """The cursor of a row whose cells from `start` on are the values that its list is ordered by."""
    return _sealed([order.name, *row[start:]])


def _sealed(values: list[object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).rstrip(b"=").decode()


def unseal(order: Order, cursor: str, types: Mapping[str, str], field: str) -> list[object]:
    """The values that a cursor holds; raises InvalidInput for a cursor of another list or of nobody's making."""
    try:
        if len(cursor) > CURSOR_LIMIT:
            raise ValueError("too long")
        name, *values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if name != order.name or len(values) != len(order.columns):
            raise ValueError("of another list")
        return [_READERS[types[column]](value) for column, value in zip(order.columns, values, strict=True)]
    except (ValueError, OverflowError, TypeError, AttributeError, KeyError, binascii.Error) as error:
        raise InvalidInput("This cursor is not of this list.", [field]) from error


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("no time zone")
    # PostgreSQL is told of UTC, where an offset may lead out of the calendar.
    return instant.astimezone(UTC)


def _integer(bits: int) -> Callable[[object], int]:
    limit = 2 ** (bits - 1)

    def read(value: object) -> int:
        if type(value) is int and -limit <= value < limit:
            return value
        raise ValueError(f"not an integer of {bits} bits")

    return read


def _string(value: object) -> str:
    if isinstance(value, str) and "\0" not in value:
        return value
    raise ValueError("not a string")


_READERS: Mapping[str, Callable[[Any], object]] = {
    "uuid": UUID,
    "timestamptz": _instant,
    "int": _integer(32),
    "bigint": _integer(64),
    "varchar": _string,
    "text": _string,
}


@strawberry.type(description="A page's place in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor; null on an empty page.")


@strawberry.type(description="A row of a list with its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="The row's cursor, for `after` and `before`.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Relay's connection. `count` is asked only when a client asks for totalCount."""

    edges: list[Edge[T]] = strawberry.field(description="The page's rows with their cursors.")
    page_info: PageInfo = strawberry.field(description="The page's place in the list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The page's rows.")
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many rows the whole list has. This costs a count: ask only if you show it.")
    async def total_count(self) -> int:
        return await self.count()


def connection_of(
    nodes: Sequence[tuple[Row, Any]], order: Order, page: Page, count: Callable[[], Awaitable[int]]
) -> Connection[Any]:
    """A connection from up to one row more than the page holds, in the order of reading; a pair is (row, node)."""
    kept = list(nodes[: page.size])
    more = len(nodes) > page.size
    if page.backward:
        kept.reverse()
    edges = [Edge(cursor=seal(order, row), node=node) for row, node in kept]
    info = PageInfo(
        has_next_page=page.before is not None if page.backward else more,
        has_previous_page=more if page.backward else page.after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, count=count)


async def zero() -> int:
    """The count of a list that the viewer may not see."""
    return 0


def page_arguments() -> list[StrawberryArgument]:
    """Relay's four arguments, described."""
    described = {
        "first": (int, f"How many rows from the start, 0 to {PAGE_LIMIT}; {PAGE_DEFAULT} by default."),
        "after": (str, "Start after the row with this cursor."),
        "last": (int, f"How many rows from the end, 0 to {PAGE_LIMIT}."),
        "before": (str, "End before the row with this cursor."),
    }
    return [
        StrawberryArgument(name, None, StrawberryAnnotation(kind | None), description=text)
        for name, (kind, text) in described.items()
    ]
