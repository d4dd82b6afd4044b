"""What an operation asks for: its fields by the names that the answer has, and their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_argument_values,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, coerce_argument

from graphql_api.plans.shapes import Unplanned
from graphql_api.reading.reads import RowType
from models.actors import Actor


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


@dataclass(frozen=True, slots=True)
class Selections:
    """All that one operation selects, for actors of one visibility.

    `variables` are those of the request at hand; what they decide (@skip and @include) is part of the plan's name.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    actor: Actor

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

    def arguments(
        self, selected: Selected, made: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    ) -> Callable[[Any], Mapping[str, Any]]:
        """How to read a field's arguments out of a request's variables, once where it names none; `made` makes them."""
        node, declared = selected.node, selected.field
        asked = {argument.name.value: argument for argument in node.arguments or ()}
        if not any(_names_a_variable(argument.value) for argument in asked.values()):
            fixed = made(get_argument_values(declared, node, self.variables))
            return lambda _variables: fixed
        named: dict[str, str] = {}
        others: dict[str, Any] = {}
        for name, argument in declared.args.items():
            given = asked.get(name)
            if given and isinstance(given.value, VariableNode):
                named[argument.out_name or name] = given.value.name.value
            elif given and _names_a_variable(given.value):
                return lambda variables: made(get_argument_values(declared, node, variables))
            else:
                coerce_argument(others, node, name, argument, given, self.variables, None)

        def read(variables: Any) -> Mapping[str, Any]:
            values = {name: variables.coerced.get(variable) for name, variable in named.items()}
            # What is null or left out may have a default, or not be allowed.
            if None in values.values():
                return made(get_argument_values(declared, node, variables))
            return made(others | values)

        return read

    def object_type(self, kind: type[RowType]) -> GraphQLObjectType:
        """The schema's type of a row type."""
        name = kind.__strawberry_definition__.name  # type: ignore[attr-defined]
        found: GraphQLObjectType = self.schema.type_map[name]  # type: ignore[assignment]
        return found


def _names_a_variable(value: Any) -> bool:
    level = [value]
    while level:
        node = level.pop()
        if node.kind == "variable":
            return True
        level += [*getattr(node, "values", ()), *(each.value for each in getattr(node, "fields", ()))]
    return False
