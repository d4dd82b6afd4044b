"""Validation: fields that share a place in the answer must be the same; asked of sets of fields, not of pairs.

graphql-core compares every pair of fields of one name, which took seconds for a document of 2,000 tokens. Here the
fields of a place are grouped (Simon Adameit's way): all of a place must have one shape of type, and those that can be
of one object must be one field with one set of arguments. What is inside is merged, and asked of once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    ValueNode,
    get_named_type,
    is_leaf_type,
    print_ast,
)
from graphql.utilities import type_from_ast

STEPS = 20_000
"""How many fields may be looked at; reasonable documents take about one step a field and level."""


class _Field(NamedTuple):
    parent: GraphQLNamedType | None
    node: FieldNode
    definition: GraphQLField | None


Place = list[_Field]
Selections = Iterable[tuple[GraphQLNamedType | None, SelectionSetNode]]


class FieldsShareTheirPlaces(ValidationRule):
    """The specification's "Field Selection Merging"."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._steps = 0
        self._arguments: dict[int, str] = {}
        self._merged: set[tuple[int, ...]] = set()
        self._reached: set[str] = set()

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Ask of all that the operations select, however deep, and of fragments that none of them reaches."""
        for part in node.definitions:
            if isinstance(part, OperationDefinitionNode):
                self._ask(self.context.schema.get_root_type(part.operation), part.selection_set)
        for part in node.definitions:
            if isinstance(part, FragmentDefinitionNode) and part.name.value not in self._reached:
                self._ask(self._type(part), part.selection_set)

    def _ask(self, parent: GraphQLNamedType | None, selections: SelectionSetNode) -> None:
        try:
            places = self._places([(parent, selections)])
            self._alike(places)
            self._same(places)
        except _TooMuch:
            self.report_error(GraphQLError("The fields of this document overlap too much.", [selections]))

    def _alike(self, places: Iterable[Place]) -> None:
        """All fields of a place have one shape of type, whatever object they are of."""
        for place in places:
            known = [each for each in place if each.definition]
            for other in known[1:]:
                if not _one_shape(_type_of(known[0]), _type_of(other)):
                    self._conflict(known[0], other, f"they return '{_type_of(known[0])}' and '{_type_of(other)}'")
                    break
            else:
                self._alike(self._places(_inside(place)))

    def _same(self, places: Iterable[Place]) -> None:
        """Fields of a place that may be of one object are one field, with one set of arguments."""
        for place in places:
            for group in _of_one_object(place):
                key = tuple(id(each.node) for each in group)
                if key in self._merged:
                    continue
                self._merged.add(key)
                for other in group[1:]:
                    if why := self._difference(group[0], other):
                        self._conflict(group[0], other, why)
                        break
                else:
                    self._same(self._places(_inside(group)))

    def _difference(self, first: _Field, other: _Field) -> str | None:
        if first.node.name.value != other.node.name.value:
            return f"'{first.node.name.value}' and '{other.node.name.value}' are different fields"
        if self._given(first.node) != self._given(other.node):
            return "they have differing arguments"
        return None

    def _given(self, node: FieldNode) -> str:
        if id(node) not in self._arguments:
            given = sorted((each.name.value, _written(each.value)) for each in node.arguments or ())
            self._arguments[id(node)] = repr(given)
        return self._arguments[id(node)]

    def _conflict(self, first: _Field, other: _Field, why: str) -> None:
        name = (first.node.alias or first.node.name).value
        sentence = f"Fields '{name}' conflict because {why}. Use different aliases on the fields to fetch both."
        self.report_error(GraphQLError(sentence, [first.node, other.node]))

    def _places(self, selections: Selections) -> list[Place]:
        """The fields of selection sets by their names in the answer, each fragment opened once."""
        places: dict[str, Place] = defaultdict(list)
        opened: set[str] = set()
        waiting = [*selections][::-1]
        while waiting:
            parent, selection_set = waiting.pop()
            for node in selection_set.selections:
                self._steps += 1
                match node:
                    case FieldNode(alias=alias, name=name):
                        places[(alias or name).value].append(_Field(parent, node, _definition(parent, name.value)))
                    case InlineFragmentNode(type_condition=condition, selection_set=inside):
                        waiting.append((self._type(node) if condition else parent, inside))
                    case FragmentSpreadNode(name=name) if name.value not in opened:
                        opened.add(name.value)
                        if fragment := self.context.get_fragment(name.value):
                            waiting.append((self._type(fragment), fragment.selection_set))
        if self._steps > STEPS:
            raise _TooMuch
        self._reached |= opened
        return list(places.values())

    def _type(self, node: InlineFragmentNode | FragmentDefinitionNode) -> GraphQLNamedType | None:
        condition = node.type_condition
        return type_from_ast(self.context.schema, condition) if condition else None


class _TooMuch(Exception):
    """The document is made to be expensive."""


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _type_of(each: _Field) -> GraphQLOutputType | None:
    return each.definition.type if each.definition else None


def _inside(place: Place) -> Selections:
    for each in place:
        if each.node.selection_set:
            kind = _type_of(each)
            yield (get_named_type(kind) if kind else None), each.node.selection_set


def _of_one_object(place: Place) -> Sequence[Place]:
    """Groups of fields that may be of one object: those of each object type, with all of interfaces and unions."""
    if len(place) == 1:
        return [place]
    of_any: Place = []
    of_type: dict[str, Place] = defaultdict(list)
    for each in place:
        if isinstance(each.parent, GraphQLObjectType):
            of_type[each.parent.name].append(each)
        else:
            of_any.append(each)
    return [[*group, *of_any] for group in of_type.values()] or [of_any]


def _written(value: ValueNode) -> str:
    """A value as text; the order of an object's fields is of no account."""
    match value:
        case ObjectValueNode(fields=fields):
            return repr(sorted((each.name.value, _written(each.value)) for each in fields))
        case ListValueNode(values=values):
            return repr([_written(each) for each in values])
    return print_ast(value)


def _one_shape(first: Any, other: Any) -> bool:
    """Whether two types are written alike: as lists and non-nulls of the same leaf, or of any objects."""
    while isinstance(first, GraphQLList | GraphQLNonNull) or isinstance(other, GraphQLList | GraphQLNonNull):
        if type(first) is not type(other):
            return False
        first, other = first.of_type, other.of_type
    return first is other or not (is_leaf_type(first) or is_leaf_type(other))
