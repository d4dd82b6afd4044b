"""What a plan fetches: rows with their cells, joined rows beside them, pages of other rows inside them.

A cell is a value that Python writes into the answer, or a Text: JSON that PostgreSQL has written already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tortoise.models import Model

from graphql_api.reading.paging import Order, Page
from models.actors import Actor


class Unplanned(Exception):
    """The ordinary executor has to do this; the message says why."""


# The coerced variables of a request to the Python arguments of a field.
Arguments = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Given:
    """What a request gave for a place in the tree whose SQL depends on arguments.

    `shape` is all that the SQL's text depends on, `values` what it is bound to, in the order in which it names them:
    those of a root's conditions (`templates`), then those of the page's cursors.
    """

    shape: Any
    values: Sequence[object]
    page: Page | None = None
    order: Order | None = None
    templates: tuple[str, ...] = ()


@dataclass(slots=True)
class Place:
    """Where a request's arguments come in: its number in the tree, and how to read them."""

    number: int
    read: Callable[[Any, Actor], Given]


@dataclass(slots=True)
class Join:
    """A row elsewhere that stands beside this one, if the actor sees it."""

    alias: str
    model: type[Model]
    key: str


@dataclass(slots=True)
class Select:
    """Rows of one table, each a tuple of cells; a cell is SQL, or a page, a count or a list of other rows."""

    alias: str
    model: type[Model]
    cells: list[Cell] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def cell(self, sql: str) -> int:
        """The place of a cell in the row; the same SQL is fetched once."""
        if sql not in self.known:
            self.known[sql] = self.add(sql)
        return self.known[sql]

    def add(self, cell: Cell) -> int:
        """The place of one more cell."""
        self.cells.append(cell)
        return len(self.cells) - 1


@dataclass(slots=True)
class Known(Select):
    """A row that is at hand, so that only what stands beside it is fetched.

    Its own cells come behind those that are fetched, and are counted from the end.
    """

    own: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def cell(self, sql: str) -> int:
        """The place of a cell of the row itself, or of one that is fetched."""
        name = self._own(sql)
        if name is None:
            return Select.cell(self, sql)
        if name not in self.own:
            self.own.append(name)
        return -1 - self.own.index(name)

    def beside(self) -> Mapping[str, str]:
        """The columns of the row that say what stands beside it, with their types."""
        found = {"id": "uuid"} | {name: "uuid" for join in self.joins if (name := self._own(join.key))}
        return found | dict.fromkeys(self.lists, "uuid[]")

    def whole(self, fetched: Iterable[Any], row: Mapping[str, Any]) -> Sequence[Any]:
        """All cells."""
        return (*fetched, *(row[name] for name in reversed(self.own)))

    def _own(self, sql: str) -> str | None:
        alias, _, name = sql.partition(".")
        return name if alias == self.alias else None


@dataclass(slots=True)
class Many:
    """Rows that name the row at `parent` in `key`: a page of them where there is a place for arguments, else all or
    the first `limit`. With `cursors` each row ends in the values that it is ordered by. With a `text` they are no rows
    but that text, which says something of each of them.
    """

    rows: Select
    parent: str
    key: str
    order: Order
    place: Place | None = None
    cursors: bool = False
    limit: int | None = None
    text: Text | None = None


@dataclass(slots=True)
class ByKeys:
    """The rows whose keys are in the array `keys`, in its order; or a text that says something of each of them."""

    rows: Select
    keys: str
    text: Text | None = None


@dataclass(slots=True)
class Count:
    """How many rows have in `key` what stands in `parent`; of all the organization's, or of those the actor sees."""

    model: type[Model]
    alias: str
    parent: str
    key: str
    seen: bool = True


@dataclass(slots=True)
class List:
    """The sorted values of one column of rows that name the row at `parent` in `key`."""

    model: type[Model]
    alias: str
    parent: str
    key: str
    column: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the organization's settings, the same in every row."""

    column: str


@dataclass(frozen=True, slots=True)
class Literal:
    """JSON that is the same for every row."""

    json: str


@dataclass(frozen=True, slots=True)
class Unless:
    """What stands `instead` where a piece of SQL is null, else the text."""

    null: str
    instead: str
    text: Text


@dataclass(frozen=True, slots=True)
class Each:
    """A text for each of the rows that the text around it is about, with commas; `nothing` if there are none."""

    text: Text
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Json:
    """The JSON of a cell that is no text yet."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Text:
    """JSON that PostgreSQL writes: pieces one after the other, none of them null."""

    pieces: tuple[Literal | Unless | Each | Json | Cell, ...]


Cell = str | Many | ByKeys | Count | List | Setting | Text


@dataclass(slots=True)
class RootRows:
    """What a root field fetches: rows under conditions, one by its key or a page of them, and their number if asked.

    With a `text` it fetches that text instead, which says something of each of the rows.
    """

    rows: Select
    place: Place
    cursors: bool = False
    listed: bool = True
    counted: bool = False
    text: Text | None = None
