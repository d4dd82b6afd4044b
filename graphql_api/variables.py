"""A request's variables, coerced as GraphQL says; those of the commonest types as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from graphql import (
    GraphQLError,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from graphql_api.problems import formatted
from graphql_api.requests import OperationRefused

MOST_VARIABLE_ERRORS = 20

# What JSON gives for these is what it is coerced to.
_AS_SENT: Mapping[str, type] = {"ID": str, "String": str, "Boolean": bool, "Int": int}
_LARGEST_INT = 2**31


@dataclass(frozen=True, slots=True)
class Declared:
    """The variables of an operation; `plain` are their Python types, None where one is of no such type."""

    operation: OperationDefinitionNode
    signatures: Mapping[str, GraphQLVariableSignature]
    plain: Mapping[str, type] | None

    @classmethod
    def by(cls, schema: GraphQLSchema, operation: OperationDefinitionNode) -> Self:
        """Those of an operation that is valid."""
        found = [get_variable_signature(schema, node) for node in operation.variable_definitions or ()]
        signatures = {each.name: each for each in found if not isinstance(each, GraphQLError)}
        plain = {name: kind for name, each in signatures.items() if (kind := _plain(each))}
        return cls(operation, signatures, plain if len(plain) == len(found) else None)

    def coerced(self, schema: GraphQLSchema, given: Mapping[str, Any], *, hide_suggestions: bool) -> VariableValues:
        """The values of a request; raises OperationRefused for what is not of its type."""
        taken = self._as_sent(given)
        if taken is not None:
            sources = {name: VariableValueSource(self.signatures[name], value) for name, value in taken.items()}
            return VariableValues(sources, taken)
        values = get_variable_values(
            schema,
            self.operation.variable_definitions or (),
            dict(given),
            max_errors=MOST_VARIABLE_ERRORS,
            hide_suggestions=hide_suggestions,
        )
        if isinstance(values, list):
            raise OperationRefused([formatted(error) for error in values])
        return values

    def _as_sent(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values, where all are given and of the very type that they shall be of."""
        if self.plain is None:
            return None
        taken = {name: given.get(name) for name in self.plain}
        return taken if all(_fits(taken[name], kind) for name, kind in self.plain.items()) else None


def _fits(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and -_LARGEST_INT <= value < _LARGEST_INT
    return type(value) is kind


def _plain(signature: GraphQLVariableSignature) -> type | None:
    kind = signature.type
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return _AS_SENT.get(inner.name) if isinstance(inner, GraphQLScalarType) else None
