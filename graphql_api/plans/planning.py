"""Makes plans: from an operation to what runs each of its root fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)
from graphql.execution.values import VariableValues

from graphql_api.documents import Document
from graphql_api.ids import decode
from graphql_api.plans.compiling import Compiler
from graphql_api.plans.delivering import Delivery, Shown
from graphql_api.plans.mutating import SEEN_BY_WRITERS, OwnColumns, Verb
from graphql_api.plans.pages import connection, page_given
from graphql_api.plans.plain import plain_object
from graphql_api.plans.running import (
    AnyRow,
    AnyRows,
    FeedCursor,
    Permitted,
    Root,
    Rooted,
    Typename,
    UnreadCount,
    Viewer,
    by_key,
)
from graphql_api.plans.selections import Selected, Selections
from graphql_api.plans.shapes import Each, Given, Literal, RootRows, Select, Text, Unplanned
from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order, Page
from graphql_api.reading.reads import RowType
from graphql_api.reading.roots import AllRows, AnyNode, ByColumn, ById, OnlyRow, RootField, WholeList
from graphql_api.reading.search import terms_of
from graphql_api.types.organizations import OrganizationType, UserType
from graphql_api.types.problem import ProblemType
from graphql_api.types.tickets import MessageType
from graphql_api.verbs import converter
from models.actors import Actor
from models.rows import layout

if TYPE_CHECKING:
    from strawberry import Schema

_OF_THE_ACTOR = frozenset({"role", "permissions", "expiresAt"})

# Of a root that is fetched as one text.
AS_TEXT = "text(rows[0][0])"

Read = Callable[[Any, Actor], Given]


@dataclass(slots=True)
class Plan:
    """A query's root fields, a mutation's verbs or a subscription's field, by their names in the answer; or why there
    is no plan."""

    roots: Mapping[str, Root] = field(default_factory=dict)
    verbs: Mapping[str, Verb | Typename] = field(default_factory=dict)
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    why_not: str = ""


class Planner:
    """Knows the schema, by which selections are compiled."""

    def __init__(self, schema: Schema) -> None:
        self._strawberry = schema
        self._schema: GraphQLSchema = schema._schema

    def plan(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, actor: Actor
    ) -> Plan:
        """A plan for actors of this one's role, with switches as they are in `values`. Raises Unplanned."""
        asked = Selections(self._schema, operation, dict(document.details), values, actor)
        kind = self._schema.get_root_type(operation.operation)
        if kind is None:
            raise Unplanned("no such kind of operation")
        roots = asked.roots(kind)
        if operation.operation is OperationType.MUTATION:
            return Plan(verbs={key: self._verb(asked, selected) for key, selected in roots.items()})
        if operation.operation is OperationType.SUBSCRIPTION:
            names = _inside(operation, document)
            return Plan(deliveries={key: _delivery(asked, names, selected) for key, selected in roots.items()})
        return Plan({key: self._root(asked, kind, selected) for key, selected in roots.items()})

    def _verb(self, asked: Selections, selected: Selected) -> Verb | Typename:
        if selected.node.name.value == "__typename":
            return Typename("Mutation")
        result = get_named_type(selected.field.type)
        if not isinstance(result, GraphQLUnionType):
            raise Unplanned(f"{result.name} is not a union")
        rows: dict[type[RowType], Rooted] = {}
        plain: dict[type, Callable[[Any], Any]] = {}
        as_stored: dict[type[RowType], OwnColumns] = {}
        missed: dict[str, Rooted] = {}
        for member in result.types:
            origin = member.extensions["strawberry-definition"].origin
            if issubclass(origin, RowType):
                rows[origin] = one_row(Compiler(asked), origin, selected, _no_key)
                if own := _own_columns(Compiler(asked), origin, selected):
                    as_stored[origin] = own
            else:
                fields = asked.subfields(member, selected)
                if origin is ProblemType:
                    missed = _missed(asked, fields)
                plain[origin] = plain_object(fields, member, missed)
        return Verb(selected, asked.arguments(selected), rows, plain, as_stored, missed)

    def _root(self, asked: Selections, kind: GraphQLObjectType, selected: Selected) -> Root:
        name = selected.node.name.value
        if name == "__typename":
            return Typename(kind.name)
        declared: Any = selected.field.extensions.get("strawberry-definition")
        if name == "feedCursor":
            return FeedCursor()
        if name == "viewer":
            return self._viewer(asked, selected)
        if type(declared) is not RootField:
            raise Unplanned(f"{kind.name}.{name} has a resolver of its own")
        source, operation = declared.source, declared.python_name
        arguments = self._arguments(asked, declared, selected)
        match source:
            case ById(target):
                prefix = target().prefix
                read: Read = lambda values, _actor: by_key(decode(prefix, arguments(values)["id"]))  # noqa: E731
                return Permitted(operation, one_row(Compiler(asked), target(), selected, read))
            case ByColumn(target, column):
                template = (f"t.{column} = {{}}",)
                read = lambda values, _actor: Given(column, [arguments(values)[column]], templates=template)  # noqa: E731
                return Permitted(operation, one_row(Compiler(asked), target(), selected, read))
            case AnyNode(many=True):
                return AnyRows(operation, source, arguments, lambda target: _by_key(Compiler(asked), target, selected))
            case AnyNode():
                return AnyRow(
                    operation, source, arguments, lambda target: one_row(Compiler(asked), target, selected, _no_key)
                )
            case WholeList():
                return Permitted(operation, _whole_list(Compiler(asked), source, selected, arguments))
            case AllRows():
                return Permitted(operation, _all_rows(Compiler(asked), source, selected, arguments))
            case OnlyRow(target):
                return Permitted(operation, _only_row(Compiler(asked), target(), selected))
            case other:
                raise Unplanned(f"{type(other).__name__} is not a source that plans know")

    def _viewer(self, asked: Selections, selected: Selected) -> Root:
        kind = self._schema.type_map["Viewer"]
        if not isinstance(kind, GraphQLObjectType):
            raise Unplanned("a viewer is no object")
        parts: dict[str, str | Typename | UnreadCount | Rooted] = {}
        for key, inner in asked.subfields(kind, selected).items():
            match inner.node.name.value:
                case "__typename":
                    parts[key] = Typename(kind.name)
                case "user":
                    parts[key] = one_row(Compiler(asked), UserType, inner, _no_key)
                case "organization":
                    parts[key] = one_row(Compiler(asked), OrganizationType, inner, _no_key)
                case "unreadNotifications":
                    parts[key] = UnreadCount()
                case name if name in _OF_THE_ACTOR:
                    parts[key] = name
                case name:
                    raise Unplanned(f"Viewer.{name} is not known of viewers")
        return Viewer(parts)

    def _arguments(
        self, asked: Selections, declared: RootField, selected: Selected
    ) -> Callable[[Any], Mapping[str, Any]]:
        """A root field's arguments as Python knows them, inputs made into their classes."""
        return asked.arguments(selected, converter(declared, self._strawberry))


def one_row(compiler: Compiler, target: type[RowType], selected: Selected, read: Read) -> Rooted:
    """One row of a type, which `read` says how to find."""
    rows = Select("t", target.table)
    place = compiler.place(read)
    row = compiler.row(rows, "t", target, selected).python()
    write = compiler.finish(f"next(({row} for r in rows), None)")
    return Rooted(RootRows(rows, place), compiler.places, write)


def _own_columns(compiler: Compiler, target: type[RowType], selected: Selected) -> OwnColumns | None:
    """How a row that was just stored is shown without another look, if it can be."""
    rows = Select("t", target.table)
    row = compiler.own_columns(rows, "t", target, selected)
    if row is None or target.table not in SEEN_BY_WRITERS:
        return None
    columns = [str(cell).removeprefix("t.") for cell in rows.cells]
    return OwnColumns(columns, compiler.finish(f"next(({row} for r in rows), None)"))


def _by_key(compiler: Compiler, target: type[RowType], selected: Selected) -> Rooted:
    """Rows of a type by their keys."""
    rows = Select("t", target.table)
    place = compiler.place(_no_key)
    key = rows.cell("t.id")
    row = compiler.row(rows, "t", target, selected).python()
    write = compiler.finish(f"{{r[{key}]: {row} for r in rows}}")
    return Rooted(RootRows(rows, place), compiler.places, write)


def _missed(asked: Selections, fields: Mapping[str, Selected]) -> dict[str, Rooted]:
    """The messages that a Problem tells of, for each time that it is asked."""
    return {
        key: _by_key(Compiler(asked), MessageType, inner)
        for key, inner in fields.items()
        if inner.node.name.value == "missed"
    }


def _only_row(compiler: Compiler, target: type[RowType], selected: Selected) -> Rooted:
    """The one row that there is."""
    rows = Select("t", target.table)
    place = compiler.place(lambda _values, _actor: Given("only", ()))
    row = compiler.row(rows, "t", target, selected).python()
    write = compiler.finish(f"[{row} for r in rows][0] if rows else missing()")
    return Rooted(RootRows(rows, place), compiler.places, write)


def _whole_list(
    compiler: Compiler, source: WholeList, selected: Selected, arguments: Callable[[Any], Mapping[str, Any]]
) -> Rooted:
    """All rows that fulfil the conditions."""

    def read(values: Any, actor: Actor) -> Given:
        conditions = source.conditions(arguments(values), actor)
        templates = tuple(template for template, _ in conditions)
        return Given(templates, _bound(conditions), order=source.order, templates=templates)

    target = source.target()
    rows = Select("t", target.table)
    place = compiler.place(read)
    row = compiler.row(rows, "t", target, selected)
    if row.text:
        text = Text((Literal("["), Each(row.text), Literal("]")))
        return Rooted(RootRows(rows, place, text=text), compiler.places, compiler.finish(AS_TEXT))
    return Rooted(RootRows(rows, place), compiler.places, compiler.finish(f"[{row.python()} for r in rows]"))


def _delivery(asked: Selections, variables: frozenset[str], selected: Selected) -> Delivery:
    return Delivery(variables, lambda kind: Shown.of(Compiler(asked), kind, selected))


def _inside(operation: OperationDefinitionNode, document: Document) -> frozenset[str]:
    """The variables that an operation names other than as arguments of its own fields."""
    found: set[str] = set()

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_rest: Any) -> None:
            found.add(node.name.value)

    for root in operation.selection_set.selections:
        parts = (*(root.directives or ()), getattr(root, "selection_set", None))
        for part in (*parts, *document.fragments.values()):
            if part is not None:
                visit(part, Variables())
    return frozenset(found)


def _no_key(_values: Any, _actor: Actor) -> Given:
    raise LookupError("the key comes from elsewhere")


def _all_rows(
    compiler: Compiler, source: AllRows, selected: Selected, arguments: Callable[[Any], Mapping[str, Any]]
) -> Rooted:
    target = source.target()
    types = layout(target.table).types

    def read(values: Any, actor: Actor) -> Given:
        given = arguments(values)
        if source.by_relevance and terms_of(given):
            raise Unplanned("a search takes several statements")
        page = Page.of(given)
        order: Order = source.order(given, actor)
        conditions = source.conditions(given, actor)
        templates = tuple(template for template, _ in conditions)
        paged = page_given(page, order, types)
        bound = [*_bound(conditions), *paged.values]
        return Given((paged.shape, order, templates), bound, page, order, templates)

    rows = Select("t", target.table)
    place = compiler.place(read)
    page = connection(compiler, rows, target, selected, ordered=place)
    if page.text and page.listed:
        return Rooted(RootRows(rows, place, text=page.text), compiler.places, compiler.finish(AS_TEXT))
    write = compiler.finish(page.call("rows", "count"))
    return Rooted(RootRows(rows, place, page.cursors, page.listed, page.counted), compiler.places, write)


def _bound(conditions: Sequence[Condition]) -> list[object]:
    """The values of the conditions that have one."""
    return [value for template, value in conditions if "{}" in template]
