"""Where a query begins: fields that find rows by id or by what they are, declared like all other reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from graphql_api.ids import decode, prefix_of
from graphql_api.reading.event_log import AllEvents, all_events
from graphql_api.reading.lists import Condition, count_up_to, page_of, whole
from graphql_api.reading.paging import PAGE_LIMIT, Order, Page, page_arguments
from graphql_api.reading.reads import ReadField, RowType, Target, read_field
from graphql_api.reading.relevance import ranked, ranked_count, ranked_further
from graphql_api.reading.search import Search, terms_of
from models.actors import Actor
from models.errors import InvalidInput
from resolvers.access import permit

if TYPE_CHECKING:
    from graphql_api.context import Context

# Every type that `node` finds, by the prefix of its ids. Filled where the types are put together.
NodeTypes = Callable[[], Mapping[str, type[RowType]]]


@dataclass(frozen=True, slots=True)
class ById:
    """The row with the id in argument `id`."""

    target: Target


@dataclass(frozen=True, slots=True)
class ByColumn:
    """The row whose `column` is the argument of the same name."""

    target: Target
    column: str


@dataclass(frozen=True, slots=True)
class AnyNode:
    """The row of whatever type with the id in argument `id`, or the rows with `ids`."""

    types: NodeTypes
    many: bool


@dataclass(frozen=True, slots=True)
class AllRows:
    """A connection of a type's rows: `conditions` turns the filter argument into SQL conditions, `order` picks the
    order; both are told who asks, because customers filter and sort by what they see. Where there is a
    `by_relevance`, the argument `search` narrows the rows, and it says whether the best come first."""

    target: Target
    order: Callable[[Mapping[str, Any], Actor], Order]
    conditions: Callable[[Mapping[str, Any], Actor], Sequence[Condition]]
    by_relevance: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True, slots=True)
class WholeList:
    """All of a type's rows that fulfil `conditions`, in order; for lists that their operations keep short."""

    target: Target
    order: Order
    conditions: Callable[[Mapping[str, Any], Actor], Sequence[Condition]] = lambda _arguments, _actor: ()


@dataclass(frozen=True, slots=True)
class OnlyRow:
    """The one row of its type that the organization has."""

    target: Target


@dataclass(frozen=True, slots=True)
class Saved:
    """What `rows` answers to arguments that a row keeps: a page or, with `counted`, how many there are, up to that."""

    rows: AllRows
    columns: tuple[str, ...]
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    counted: int | None = None


RootSource = ById | ByColumn | AnyNode | AllRows | AllEvents | WholeList | OnlyRow


class RootField(ReadField):
    """A field of Query: permitted by its name, run from its source."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The field, by the ordinary executor."""
        context: Context = info.context
        permit(context.actor, self.python_name)
        return _run(self.source, context, kwargs)


class SavedField(ReadField):
    """A field of a row that answers like a field of Query."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The field, by the ordinary executor."""
        saved: Saved = self.source
        arguments = {**saved.arguments(source.row), **kwargs}
        if saved.counted is None:
            return _all_rows(saved.rows, info.context, arguments)
        return _count(saved.rows, info.context, arguments, saved.counted)


def _run(source: RootSource, context: Context, arguments: Mapping[str, Any]) -> Awaitable[Any]:
    match source:
        case ById():
            target = source.target()
            return context.reads.one(target, decode(target.prefix, arguments["id"]))
        case ByColumn():
            return _by_column(source, context, arguments[source.column])
        case AnyNode(many=False):
            return _node(source, context, arguments["id"])
        case AnyNode():
            return _nodes(source, context, arguments["ids"])
        case AllRows():
            return _all_rows(source, context, arguments)
        case AllEvents():
            return all_events(context, source.wanted(arguments, context.actor), Page.of(arguments))
        case WholeList():
            conditions = source.conditions(arguments, context.actor)
            return whole(context.reads, source.target(), source.order, conditions)
        case OnlyRow():
            return _only_row(source, context)


async def _only_row(source: OnlyRow, context: Context) -> Any:
    (found,) = await whole(context.reads, source.target(), Order("only", ("id",)), [])
    return found


async def _by_column(source: ByColumn, context: Context, value: object) -> Any:
    order = Order(source.column, (source.column,))
    target = source.target()
    page = await page_of(context.reads, target, order, Page(size=1), [(f"t.{source.column} = {{}}", value)])
    return page.edges[0].node if page.edges else None


async def _node(source: AnyNode, context: Context, text: str) -> Any:
    target = source.types().get(prefix_of(text))
    return None if target is None else await context.reads.one(target, decode(target.prefix, text))


async def _nodes(source: AnyNode, context: Context, ids: Sequence[str]) -> list[Any]:
    if len(ids) > PAGE_LIMIT:
        raise InvalidInput(f"At most {PAGE_LIMIT} ids at a time.", ["ids"])
    return [_node(source, context, text) for text in ids]


async def _all_rows(source: AllRows, context: Context, arguments: Mapping[str, Any]) -> Any:
    page = Page.of(arguments)
    order = source.order(arguments, context.actor)
    conditions = source.conditions(arguments, context.actor)
    if source.by_relevance and (terms := terms_of(arguments)):
        search = Search(context.reads, source.target(), conditions)
        best_first = source.by_relevance(arguments)
        if best_first and page.continues:
            return await ranked_further(search, terms, page)
        if await search.understand(terms):
            return await (ranked(search, terms, page) if best_first else search.page(order, page))
    return await page_of(context.reads, source.target(), order, page, conditions)


async def _count(source: AllRows, context: Context, arguments: Mapping[str, Any], limit: int) -> int:
    conditions = source.conditions(arguments, context.actor)
    if source.by_relevance and (terms := terms_of(arguments)):
        search = Search(context.reads, source.target(), conditions)
        if await search.understand(terms):
            # As the list has it: the best hits are fewer than all.
            many = await (ranked_count(search) if source.by_relevance(arguments) else search.count())
            return min(limit, many)
    return await count_up_to(context.reads, source.target(), conditions, limit)


def argument(name: str, kind: Any, description: str) -> StrawberryArgument:
    """An argument of a root field; nullable ones may be left out."""
    return StrawberryArgument(name, None, StrawberryAnnotation(kind), description=description)


def root(source: RootSource, description: str, arguments: Sequence[StrawberryArgument] = ()) -> Any:
    """A field of Query with a source."""
    paged = page_arguments() if isinstance(source, AllRows | AllEvents) else []
    return read_field(RootField, source, description, [*arguments, *paged])


def saved(source: Saved, description: str) -> Any:
    """A field that is what a row's saved arguments find."""
    return read_field(SavedField, source, description, page_arguments() if source.counted is None else [])
