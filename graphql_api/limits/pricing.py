"""What each field costs, declared in the schema as the IBM GraphQL Cost Directive specification has it.

A field may carry `@cost` and `@listSize` of its own. What it does not say follows from what it is (a page, a list, a
count, a mutation, a search), so that a new field has its price without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    is_list_type,
)
from strawberry import UNSET

from graphql_api.directives import Cost, ListSize
from graphql_api.reading.paging import PAGE_DEFAULT, PAGE_LIMIT
from graphql_api.reading.reads import ReadField, Values
from resolvers.audit import EXPORT_PAGE
from resolvers.compliance import ROWS_LIMIT

CENTS = 100
"""Prices are counted in hundredths: sums of fractions stay exact."""

OBJECT, LEAF, INTROSPECTION_LEAF = CENTS, CENTS // 10, CENTS // 50
COUNT, MUTATION, SUBSCRIPTION, SEARCH = 5, 10, 10, 10
UNPAGED = 10
"""How long a list is taken to be that is always whole."""

LONGEST = {"eventsExport": EXPORT_PAGE, "slaCompliance": ROWS_LIMIT}
"""Lists that are no pages: how long each may be by its own rule."""


@dataclass(frozen=True, slots=True)
class Price:
    """A field's price: its weight in hundredths, how often it is paid, and what its arguments add."""

    weight: int
    assumed: int = 1
    longest: int = PAGE_LIMIT
    slicing: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()
    arguments: Mapping[str, int] = field(default_factory=dict)


Prices = Mapping[tuple[str, str], Price]


def declare(schema: GraphQLSchema) -> Prices:
    """Write the directives that follow from what fields are into the schema, and read all of them as prices."""
    for kind in _objects(schema):
        _declare_type(kind)
        for name, each in kind.fields.items():
            _declare_field(schema, kind, name, each)
    prices = {(kind.name, name): _price(name, each) for kind in _objects(schema) for name, each in kind.fields.items()}
    return {**prices, **_introspection(schema)}


def _objects(schema: GraphQLSchema) -> Iterable[GraphQLObjectType | GraphQLInterfaceType]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(kind):
            yield kind


def _definition(of: GraphQLNamedType | GraphQLField | GraphQLArgument) -> Any:
    return of.extensions["strawberry-definition"]


def _add(of: GraphQLNamedType | GraphQLField | GraphQLArgument, directive: Cost | ListSize) -> None:
    """Unless it says otherwise itself."""
    definition = _definition(of)
    if _said(of, type(directive)) is None:
        definition.directives = [*(definition.directives or ()), directive]


def _said(of: GraphQLNamedType | GraphQLField | GraphQLArgument, kind: type[Any]) -> Any:
    definition = of.extensions.get("strawberry-definition")
    found = [each for each in (definition.directives or () if definition else ()) if isinstance(each, kind)]
    return found[0] if found else None


def _declare_type(kind: GraphQLObjectType | GraphQLInterfaceType) -> None:
    # What only holds rows together has no row of its own.
    if kind.name == "PageInfo" or kind.name.endswith("Edge"):
        _add(kind, Cost(weight="0"))


def _declare_field(
    schema: GraphQLSchema, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, each: GraphQLField
) -> None:
    if kind is schema.mutation_type:
        _add(each, Cost(weight=str(MUTATION)))
    elif kind is schema.subscription_type:
        _add(each, Cost(weight=str(SUBSCRIPTION)))
    elif name == "totalCount":
        _add(each, Cost(weight=str(COUNT)))
    elif isinstance(source := _definition(each), ReadField) and isinstance(source.source, Values):
        _add(each, Cost(weight="1"))
    for argument in ("search", "query"):
        if argument in each.args:
            _add(each.args[argument], Cost(weight=str(SEARCH)))
    if size := _size(kind, each):
        _add(each, size)


def _size(kind: GraphQLObjectType | GraphQLInterfaceType, each: GraphQLField) -> ListSize | None:
    inside = get_named_type(each.type)
    is_page = isinstance(inside, GraphQLObjectType) and "edges" in inside.fields
    if "first" in each.args:
        slicing: list[str] = [name for name in ("first", "last") if name in each.args]
        sized = ["edges", "nodes"] if is_page else UNSET
        default = each.args["first"].default_value
        assumed = default if isinstance(default, int) else PAGE_DEFAULT
        return ListSize(assumed_size=assumed, slicing_arguments=slicing, sized_fields=sized)
    if lists := [name for name, given in each.args.items() if name == "ids" and is_list_type(_bare(given.type))]:
        return ListSize(slicing_arguments=lists)
    if many := _many_at_once(inside, each):
        return many
    # A page's own lists are as long as the page.
    if is_list_type(_bare(each.type)) and not is_leaf_type(inside) and "pageInfo" not in kind.fields:
        return ListSize(assumed_size=UNPAGED)
    return None


def _many_at_once(inside: GraphQLNamedType, each: GraphQLField) -> ListSize | None:
    """A field whose input names many things and whose result lists what became of them: each of them is a change.

    What a Problem lists is none of them.
    """
    inputs = [(name, get_named_type(given.type)) for name, given in each.args.items()]
    found = [name for name, kind in inputs if isinstance(kind, GraphQLInputObjectType) and "ids" in kind.fields]
    if not found or not isinstance(inside, GraphQLUnionType):
        return None
    lists = {
        name: each_list
        for kind in inside.types
        if kind.name != "Problem"
        for name, each_list in kind.fields.items()
        if is_list_type(_bare(each_list.type)) and not is_leaf_type(get_named_type(each_list.type))
    }
    for listed in lists.values():
        _add(listed, Cost(weight=str(MUTATION)))
    return ListSize(slicing_arguments=[f"{found[0]}.ids"], sized_fields=list(lists))


def _bare(kind: Any) -> Any:
    return get_nullable_type(kind)


def _price(name: str, each: GraphQLField) -> Price:
    inside = get_named_type(each.type)
    cost = _said(each, Cost) or _said(inside, Cost)
    size = _said(each, ListSize) or ListSize()
    return Price(
        weight=_cents(cost) if cost else LEAF if is_leaf_type(inside) else OBJECT,
        assumed=size.assumed_size or 1,
        longest=LONGEST.get(name, PAGE_LIMIT),
        slicing=tuple(size.slicing_arguments or ()),
        sized=tuple(size.sized_fields or ()),
        arguments={name: _cents(cost) for name, given in each.args.items() if (cost := _said(given, Cost))},
    )


def _cents(cost: Cost) -> int:
    return round(float(cost.weight) * CENTS)


def _introspection(schema: GraphQLSchema) -> Prices:
    """Introspection reads no row; its lists are taken to be as long as they are on the average."""
    kinds = [kind for kind in schema.type_map.values() if not is_introspection_type(kind)]
    fields = [each for kind in _objects(schema) for each in kind.fields.values()]
    sizes: dict[tuple[str, str], int] = {
        ("__Schema", "types"): len(schema.type_map),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): _mean([len(kind.fields) for kind in _objects(schema)]),
        ("__Type", "inputFields"): _mean([len(getattr(kind, "fields", ())) for kind in kinds]),
        ("__Type", "enumValues"): _mean([len(getattr(kind, "values", ())) for kind in kinds]),
        ("__Type", "interfaces"): _mean([len(getattr(kind, "interfaces", ())) for kind in kinds]),
        ("__Type", "possibleTypes"): _mean([len(getattr(kind, "types", ())) for kind in kinds]),
        ("__Field", "args"): _mean([len(each.args) for each in fields]),
        ("__Directive", "args"): 1,
    }
    prices = {
        (kind.name, name): Price(
            INTROSPECTION_LEAF if is_leaf_type(get_named_type(each.type)) else 0, sizes.get((kind.name, name), 1)
        )
        for kind in schema.type_map.values()
        if is_introspection_type(kind) and isinstance(kind, GraphQLObjectType)
        for name, each in kind.fields.items()
    }
    query = schema.query_type.name if schema.query_type else ""
    return {**prices, **{(query, name): Price(OBJECT) for name in ("__schema", "__type")}}


def _mean(lengths: Sequence[int]) -> int:
    return -(-sum(lengths) // max(1, len(lengths)))
