"""From a selection to a tree of what to fetch, and to what writes it: a text of PostgreSQL's, or Python.

An expression is Python source over `r`, the row at hand (a tuple of cells), `givens`, what the request gave for each
place, and `actor`. Sources are made from the schema's names and from numbers only; whatever a client wrote is a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLObjectType, is_non_null_type
from tortoise.models import Model

from graphql_api.plans import texts
from graphql_api.plans.columns import column_value
from graphql_api.plans.loading import Asked
from graphql_api.plans.pages import connection, cut, page_given
from graphql_api.plans.plain import plain
from graphql_api.plans.selections import Selected, Selections
from graphql_api.plans.shapes import (
    ByKeys,
    Count,
    Each,
    Given,
    Join,
    Json,
    Known,
    List,
    Literal,
    Many,
    Place,
    Select,
    Setting,
    Text,
    Unplanned,
)
from graphql_api.plans.values import missing, writer
from graphql_api.plans.written import NOTHING, Written, absent, an_object, constant, written
from graphql_api.reading.paging import Order, Page, seal_values
from graphql_api.reading.reads import (
    BySettings,
    Column,
    Computed,
    CountOf,
    EachOf,
    Identity,
    Loaded,
    ReadField,
    RowType,
    ToFirst,
    ToMany,
    ToOne,
    Values,
    column_for,
)
from graphql_api.types.scalars import write_instant
from models.actors import Actor
from models.rows import layout

# What writes a root field: its rows, their number if asked, what was given for it, for all places, and the actor.
Write = Callable[[Sequence[Any], "int | None", Given, Sequence[Given], Actor], Any]


@dataclass(slots=True)
class Compiler:
    """Compiles one statement's part of what is selected."""

    selections: Selections
    places: list[Place] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    tables: set[type[Model]] = field(default_factory=set)
    personal: bool = False

    def __post_init__(self) -> None:
        self.names |= {
            "instant": write_instant,
            "missing": missing,
            "cut": cut,
            "seal": seal_values,
            "text": texts.text,
        }

    @property
    def actor(self) -> Actor:
        """One of those whom the plan is for."""
        return self.selections.actor

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

    def row(self, select: Select, alias: str, kind: type[RowType], selected: Selected) -> Written:
        """The object that shows the row at `alias`."""
        shown = self.selections.object_type(kind)
        asked = self.selections.subfields(shown, selected).items()
        fields = {key: self._value(select, alias, kind, shown, inner) for key, inner in asked}
        if isinstance(select, Known) and alias == select.alias:
            # PostgreSQL does not know the row.
            return Written(None, lambda: an_object(fields))
        text = texts.an_object({key: field.text for key, field in fields.items()})
        return written(select, text, lambda: an_object(fields))

    def _target(self, source: ToOne | ToMany | ToFirst | EachOf) -> type[RowType]:
        """The type that a source leads to; its table is one of those that the answer depends on."""
        target = source.target()
        self.tables.add(target.table)
        return target

    def own_columns(self, select: Select, alias: str, kind: type[RowType], selected: Selected) -> str | None:
        """The object that shows the row at `alias`, written by Python; None if it shows more than the row's columns."""
        shown = self.selections.object_type(kind)
        asked = self.selections.subfields(shown, selected)
        sources = [
            getattr(each.field.extensions.get("strawberry-definition"), "source", None) for each in asked.values()
        ]
        names = [each.node.name.value for each in asked.values()]
        if not all(
            name == "__typename" or isinstance(source, Column | Identity | Computed)
            for name, source in zip(names, sources, strict=True)
        ):
            return None
        return an_object({key: self._value(select, alias, kind, shown, inner) for key, inner in asked.items()})

    def _value(
        self, select: Select, alias: str, kind: type[RowType], shown: GraphQLObjectType, selected: Selected
    ) -> Written:
        name = selected.node.name.value
        if name == "__typename":
            return constant(shown.name)
        declared = selected.field.extensions.get("strawberry-definition")
        if type(declared) is not ReadField:
            raise Unplanned(f"{shown.name}.{name} has a resolver of its own")
        match declared.source:
            case Column() as source:
                return column_value(self, select, alias, kind, source, selected)
            case Identity():
                key, prefix = f"{alias}.id", kind.prefix
                return Written(texts.identity(prefix, key), lambda: f"'{prefix}_' + r[{select.cell(key)}].hex")
            case ToOne() as source:
                return self._to_one(select, alias, source, selected)
            case ToMany(paged=True) as source:
                return self._page(select, alias, source, selected)
            case ToFirst() as source:
                return self._first(select, alias, source, selected)
            case CountOf(model, column, key):
                count = Count(model, self.alias(), f"{alias}.{key}", column, seen=False)
                return Written(Text((count,)), lambda: f"r[{select.add(count)}]")
            case ToMany() as source:
                return self._list(select, alias, source, selected)
            case EachOf() as source:
                return self._each(select, alias, source, selected)
            case Values() as source:
                if column_for(self.actor, source.key, source.customer) is None:
                    return NOTHING
                listed = List(source.model, self.alias(), f"{alias}.id", source.key, source.column)
                return Written(Text((Json(listed),)), lambda: f"r[{select.add(listed)}]")
            case Computed() as source:
                return self._computed(select, alias, source.columns, (), source.function, selected)
            case BySettings() as source:
                settings = source.settings if self.actor.is_customer else ()
                return self._computed(select, alias, source.columns, settings, source.function, selected)
            case Loaded() as source:
                return self._loaded(select, alias, source, selected)
            case other:
                raise Unplanned(f"{type(other).__name__} is not a source that plans know")

    def _to_one(self, select: Select, alias: str, source: ToOne, selected: Selected) -> Written:
        name = column_for(self.actor, source.key, source.customer)
        required = is_non_null_type(selected.field.type)
        if name is None:
            return absent(required)
        target = self._target(source)
        aside = self.join(select, target, f"{alias}.{name}")
        there, row = f"{aside}.id", self.row(select, aside, target, selected)
        text = row.text and texts.unless_null(there, row.text, required=required)

        def read() -> str:
            instead = "missing()" if required else "None"
            return f"({instead} if r[{select.cell(there)}] is None else {row.python()})"

        return written(select, text, read)

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

    def _list(self, select: Select, alias: str, source: ToMany, selected: Selected) -> Written:
        if column_for(self.actor, source.key, source.customer) is None:
            return NOTHING
        target = self._target(source)
        many = Many(Select(self.alias(), target.table), f"{alias}.id", source.key, source.order)
        row = self.row(many.rows, many.rows.alias, target, selected)
        text = row.text and Text((Literal("["), Each(row.text), Literal("]")))
        return self._many(select, many, text, lambda rows: f"[{row.python()} for r in {rows}]")

    def _each(self, select: Select, alias: str, source: EachOf, selected: Selected) -> Written:
        target = self._target(source)
        if not isinstance(select, Known):
            raise Unplanned("keys in a column")
        if source.keys not in select.lists:
            select.lists.append(source.keys)
        found = ByKeys(Select(self.alias(), target.table), f"{alias}.{source.keys}")
        row = self.row(found.rows, found.rows.alias, target, selected)
        text = row.text and Text((Literal("["), Each(row.text), Literal("]")))
        return self._many(select, found, text, lambda rows: f"[{row.python()} for r in {rows}]")

    def _first(self, select: Select, alias: str, source: ToFirst, selected: Selected) -> Written:
        if column_for(self.actor, source.key, source.customer) is None:
            return absent(required=False)
        target = self._target(source)
        many = Many(Select(self.alias(), target.table), f"{alias}.id", source.key, source.order, limit=1)
        row = self.row(many.rows, many.rows.alias, target, selected)
        text = row.text and Text((Each(row.text, nothing="null"),))
        return self._many(select, many, text, lambda rows: f"next(({row.python()} for r in {rows}), None)")

    def _many(self, select: Select, many: Many | ByKeys, text: Text | None, python: Callable[[str], str]) -> Written:
        whole = text and Text((replace(many, text=text),))
        return written(select, whole, lambda: python(f"r[{select.add(many)}] or ()"))

    def _page(self, select: Select, alias: str, source: ToMany, selected: Selected) -> Written:
        target = self._target(source)
        visible = column_for(self.actor, source.key, source.customer) is not None
        place = self.place(self._page_reader(selected, source.order if visible else None, target))
        many = Many(Select(self.alias(), target.table), f"{alias}.id", source.key, source.order, place)
        count = Count(target.table, self.alias(), f"{alias}.id", source.key) if visible else Literal("0")
        page = connection(self, many.rows, target, selected, ordered=place, count=count)

        def read() -> str:
            if isinstance(count, Literal):
                return page.call("()", "0")
            counted = f"r[{select.add(count)}]" if page.counted else "None"
            return page.call(f"r[{select.add(replace(many, cursors=page.cursors))}]" if page.listed else "()", counted)

        text = page.text
        if text and visible and page.listed:
            text = Text((replace(many, text=text),))
        return written(select, text, read)

    def _page_reader(
        self, selected: Selected, order: Order | None, target: type[RowType]
    ) -> Callable[[Any, Actor], Given]:
        read = self.selections.arguments(selected)
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
    ) -> Written:
        write = self.constant(writer(selected.field.type), "write")
        computed = self.constant(function, "computed")

        def read() -> str:
            own = [f"{name!r}: r[{select.cell(f'{alias}.{name}')}]" for name in columns]
            shared = [f"{name!r}: r[{select.add(Setting(name))}]" for name in settings]
            return f"{write}({computed}({{{', '.join([*own, *shared])}}}, actor))"

        return Written(None, read)

    def _loaded(self, select: Select, alias: str, source: Loaded, selected: Selected) -> Written:
        self.personal |= source.personal
        read, write = self.selections.arguments(selected), plain(self.selections, selected)
        place = self.place(lambda values, _actor: Asked("loaded", (), None, None, (), source, read(values), write))

        def later() -> str:
            own = ", ".join(f"{name!r}: r[{select.cell(f'{alias}.{name}')}]" for name in source.columns)
            return f"givens[{place.number}].later({{{own}}})"

        return Written(None, later)

    def finish(self, written: str) -> Write:
        """The function that writes what an expression over `rows` says, with all that it calls."""
        whole = f"def whole(rows, count, given, givens, actor):\n    return {written}\n"
        # The sources are ours: names of the schema, which are GraphQL names, and numbers.
        exec(compile("\n".join([*self.functions, whole]), "<plan>", "exec"), self.names)
        made: Write = self.names["whole"]
        return made
