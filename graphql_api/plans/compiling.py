"""From a selection to a tree of what to fetch, and to the Python expression that writes it.

An expression is Python source over `r`, the row at hand (a tuple of cells), `givens`, what the request gave for each
place, and `actor`. Sources are made from the schema's names and from numbers only; whatever a client wrote is a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_argument_values,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from graphql_api.paging import Order, Page, seal_values
from graphql_api.plans.pages import connection, cut, page_given
from graphql_api.plans.shapes import Count, Given, Join, List, Many, Place, Select, Setting, Unplanned
from graphql_api.plans.values import AS_THEY_ARE, enum_names, missing, writer
from graphql_api.reads import (
    HIDDEN,
    BySettings,
    Column,
    Computed,
    CountOf,
    Identity,
    ReadField,
    RowType,
    ToFirst,
    ToMany,
    ToOne,
    Values,
)
from graphql_api.types.scalars import write_instant
from models.actors import Actor
from models.rows import layout

# What writes a root field: its rows, their number if asked, what was given for it, for all places, and the actor.
Write = Callable[[Sequence[Any], "int | None", Given, Sequence[Given], Actor], Any]


@dataclass(frozen=True, slots=True)
class Selected:
    """A field as it was asked for: its nodes (several where it is asked for several times) and its declaration."""

    details: Any
    field: GraphQLField

    @property
    def node(self) -> FieldNode:
        """The first of the nodes; validation has seen to it that they agree."""
        node: FieldNode = self.details[0].node
        return node


@dataclass(slots=True)
class Compiler:
    """Compiles the selections of one operation for actors of one visibility.

    `variables` are those of the request at hand; what they decide (@skip and @include) is part of the plan's name.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    actor: Actor
    places: list[Place] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names |= {"instant": write_instant, "missing": missing, "cut": cut, "seal": seal_values}

    def roots(self, kind: GraphQLObjectType) -> Mapping[str, Selected]:
        """What the operation begins with, by the names that the answer has."""
        collected = collect_fields(self.schema, self.fragments, self.variables, kind, self.operation)
        return {key: self._selected(kind, details) for key, details in collected.grouped_field_set.items()}

    def subfields(self, kind: GraphQLObjectType, selected: Selected) -> Mapping[str, Selected]:
        """What was asked of an object, by the names that the answer has."""
        collected = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, kind, selected.details
        )
        return {key: self._selected(kind, details) for key, details in collected.grouped_field_set.items()}

    def _selected(self, kind: GraphQLObjectType, details: Any) -> Selected:
        name = details[0].node.name.value
        found = self.schema.get_field(kind, name)
        if found is None:
            raise Unplanned(f"{kind.name} has no field {name}")
        return Selected(details, found)

    def constant(self, value: Any, prefix: str) -> str:
        """A name for a value in the sources."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"{prefix}_{len(self.names)}"
        self.names[name] = value
        return name

    def place(self, read: Callable[[Any, Actor], Given]) -> Place:
        """One more place where a request's arguments come in."""
        place = Place(len(self.places), read)
        self.places.append(place)
        return place

    def arguments(
        self, selected: Selected, made: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    ) -> Callable[[Any], Mapping[str, Any]]:
        """How to read a field's arguments out of a request's variables, once where it names none; `made` makes them."""
        node, declared = selected.node, selected.field
        if not any(_names_a_variable(argument.value) for argument in node.arguments or ()):
            fixed = made(get_argument_values(declared, node, self.variables))
            return lambda _variables: fixed
        return lambda variables: made(get_argument_values(declared, node, variables))

    def row(self, select: Select, alias: str, kind: type[RowType], selected: Selected) -> str:
        """The object that shows the row at `alias`, as an expression."""
        shown = self.object_type(kind)
        parts = [
            f"{key!r}: {self._value(select, alias, kind, shown, inner)}"
            for key, inner in self.subfields(shown, selected).items()
        ]
        return f"{{{', '.join(parts)}}}"

    def object_type(self, kind: type[RowType]) -> GraphQLObjectType:
        """The schema's type of a row type."""
        name = kind.__strawberry_definition__.name  # type: ignore[attr-defined]
        found: GraphQLObjectType = self.schema.type_map[name]  # type: ignore[assignment]
        return found

    def _value(
        self, select: Select, alias: str, kind: type[RowType], shown: GraphQLObjectType, selected: Selected
    ) -> str:
        name = selected.node.name.value
        if name == "__typename":
            return repr(shown.name)
        declared = selected.field.extensions.get("strawberry-definition")
        if type(declared) is not ReadField:
            raise Unplanned(f"{shown.name}.{name} has a resolver of its own")
        match declared.source:
            case Column() as source:
                return self._column(select, alias, kind, source, selected)
            case Identity():
                return f"{kind.prefix + '_'!r} + r[{select.cell(f'{alias}.id')}].hex"
            case ToOne() as source:
                return self._to_one(select, alias, source, selected)
            case ToMany(paged=True) as source:
                return self._page(select, alias, source, selected)
            case ToFirst() as source:
                return self._first(select, alias, source, selected)
            case CountOf(model, column, key):
                aside = self.alias()
                return f"r[{select.add(Count(model, aside, f'{alias}.{key}', column, seen=False))}]"
            case ToMany() as source:
                return self._list(select, alias, source, selected)
            case Values() as source:
                if self._instead(source.customer, source.key) is None:
                    return "[]"
                aside = self.alias()
                return f"r[{select.add(List(source.model, aside, f'{alias}.id', source.key, source.column))}]"
            case Computed() as source:
                return self._computed(select, alias, source.columns, (), source.function, selected)
            case BySettings() as source:
                settings = source.settings if self.actor.is_customer else ()
                return self._computed(select, alias, source.columns, settings, source.function, selected)
            case other:
                raise Unplanned(f"{type(other).__name__} is not a source that plans know")

    def _instead(self, customer: Any, ordinary: str) -> str | None:
        if not self.actor.is_customer or customer is None:
            return ordinary
        return None if customer is HIDDEN else str(customer)

    def _column(self, select: Select, alias: str, kind: type[RowType], source: Column, selected: Selected) -> str:
        name = self._instead(source.customer, source.name)
        required = is_non_null_type(selected.field.type)
        if name is None:
            return "missing()" if required else "None"
        cell = f"r[{select.cell(f'{alias}.{name}')}]"
        written = self._leaf(selected.field.type, source.enum, cell)
        if not _may_be_null(kind, name):
            return written
        if required:
            return f"(missing() if {cell} is None else {written})"
        return written if written == cell else f"(None if {cell} is None else {written})"

    def _leaf(self, kind: GraphQLOutputType, enum: Any, cell: str) -> str:
        named = get_named_type(kind)
        if is_list_type(getattr(kind, "of_type", kind) if is_non_null_type(kind) else kind):
            raise Unplanned(f"a column that is a list of {named.name}")
        if enum is not None:
            return f"{self.constant(enum_names(named), 'enum')}[{cell}]"
        if named.name == "DateTime":
            return f"instant({cell})"
        if named.name in AS_THEY_ARE:
            return cell
        raise Unplanned(f"plans don't write {named.name}")

    def _to_one(self, select: Select, alias: str, source: ToOne, selected: Selected) -> str:
        name = self._instead(source.customer, source.key)
        instead = "missing()" if is_non_null_type(selected.field.type) else "None"
        if name is None:
            return instead
        target = source.target()
        aside = self.join(select, target, f"{alias}.{name}")
        return (
            f"({instead} if r[{select.cell(f'{aside}.id')}] is None else {self.row(select, aside, target, selected)})"
        )

    def join(self, select: Select, target: type[RowType], key: str) -> str:
        """The alias of the row that `key` names; asked for twice, it is joined once."""
        for join in select.joins:
            if join.key == key and join.model is target.table:
                return join.alias
        aside = self.alias()
        select.joins.append(Join(aside, target.table, key))
        return aside

    def alias(self) -> str:
        """A name for one more table of the statement."""
        self.names["aliases"] = count = self.names.get("aliases", 0) + 1
        return f"t{count}"

    def _list(self, select: Select, alias: str, source: ToMany, selected: Selected) -> str:
        if self._instead(source.customer, source.key) is None:
            return "[]"
        target = source.target()
        rows = Select(self.alias(), target.table)
        written = self.row(rows, rows.alias, target, selected)
        cell = select.add(Many(rows, f"{alias}.id", source.key, source.order))
        return f"[{written} for r in r[{cell}] or ()]"

    def _first(self, select: Select, alias: str, source: ToFirst, selected: Selected) -> str:
        if self._instead(source.customer, source.key) is None:
            return "None"
        target = source.target()
        rows = Select(self.alias(), target.table)
        written = self.row(rows, rows.alias, target, selected)
        cell = select.add(Many(rows, f"{alias}.id", source.key, source.order, limit=1))
        return f"next(({written} for r in r[{cell}] or ()), None)"

    def _page(self, select: Select, alias: str, source: ToMany, selected: Selected) -> str:
        target = source.target()
        visible = self._instead(source.customer, source.key) is not None
        place = self.place(self._page_reader(selected, source.order if visible else None, target))
        rows = Select(self.alias(), target.table)
        page = connection(self, rows, target, selected, ordered=place)
        if not visible:
            return page.call("()", "0")
        many = Many(rows, f"{alias}.id", source.key, source.order, place, page.cursors)
        listed = f"r[{select.add(many)}]" if page.listed else "()"
        counted = "None"
        if page.counted:
            count = Count(target.table, self.alias(), f"{alias}.id", source.key)
            counted = f"r[{select.add(count)}]"
        return page.call(listed, counted)

    def _page_reader(
        self, selected: Selected, order: Order | None, target: type[RowType]
    ) -> Callable[[Any, Actor], Given]:
        read = self.arguments(selected)
        types = layout(target.table).types

        def given(variables: Any, _actor: Actor) -> Given:
            return page_given(Page.of(read(variables)), order, types)

        return given

    def _computed(
        self,
        select: Select,
        alias: str,
        columns: Sequence[str],
        settings: Sequence[str],
        function: Callable[..., Any],
        selected: Selected,
    ) -> str:
        own = [f"{name!r}: r[{select.cell(f'{alias}.{name}')}]" for name in columns]
        shared = [f"{name!r}: r[{select.add(Setting(name))}]" for name in settings]
        write = self.constant(writer(selected.field.type), "write")
        return f"{write}({self.constant(function, 'computed')}({{{', '.join([*own, *shared])}}}, actor))"

    def finish(self, written: str) -> Write:
        """The function that writes what an expression over `rows` says, with all that it calls."""
        whole = f"def whole(rows, count, given, givens, actor):\n    return {written}\n"
        # The sources are ours: names of the schema, which are GraphQL names, and numbers.
        exec(compile("\n".join([*self.functions, whole]), "<plan>", "exec"), self.names)
        made: Write = self.names["whole"]
        return made


def _may_be_null(kind: type[RowType], column: str) -> bool:
    declared = kind.table._meta.fields_map.get(column)
    return declared is None or declared.null


def _names_a_variable(value: Any) -> bool:
    level = [value]
    while level:
        node = level.pop()
        if node.kind == "variable":
            return True
        level += [*getattr(node, "values", ()), *(each.value for each in getattr(node, "fields", ()))]
    return False
