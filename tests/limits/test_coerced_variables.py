"""Variables that are taken as they came are what graphql-core makes of them"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from graphql_api.requests import OperationRefused
from graphql_api.schema import CORE_SCHEMA
from graphql_api.variables import Declared

LARGEST = 2**31 - 1
VALUES = [None, True, 0, -LARGEST - 1, LARGEST, LARGEST + 1, -LARGEST - 2, 1.0, 1.5, "", "x", "1", "ü", [], ["x"], {}]
NAMES = ("ID", "String", "Boolean", "Int", "Float", "DateTime", "[ID!]", "TicketFilter")


def declared(definitions: str) -> Declared:
    """The variables of an operation that defines them so."""
    node = parse(f"query({definitions}) {{ __typename }}").definitions[0]
    assert isinstance(node, OperationDefinitionNode)
    return Declared.by(CORE_SCHEMA, node)


def ours(variables: Declared, given: Mapping[str, Any]) -> object:
    """What we make of values; None where they are refused."""
    try:
        values = variables.coerced(CORE_SCHEMA, given, hide_suggestions=False)
    except OperationRefused:
        return None
    return repr(values.coerced), {name: source.value for name, source in values.sources.items()}


def theirs(variables: Declared, given: Mapping[str, Any]) -> object:
    """What graphql-core makes of them."""
    values = get_variable_values(CORE_SCHEMA, variables.operation.variable_definitions or (), dict(given))
    if isinstance(values, list):
        return None
    return repr(values.coerced), {name: source.value for name, source in values.sources.items()}


@pytest.mark.parametrize("kind", [f"{name}{mark}" for name in NAMES for mark in ("", "!", " = null")])
def test_one_variable(kind: str) -> None:
    variables = declared(f"$value: {kind}")

    for given in [{}, {"value": "x", "other": 1}, *({"value": value} for value in VALUES)]:
        assert ours(variables, given) == theirs(variables, given), given


def test_several_variables() -> None:
    variables = declared('$first: Int, $id: ID!, $search: String = "none"')

    for first, id, search in itertools.product([None, 5, "5"], [None, 7, "tkt"], [None, "words", 1]):
        given = {"first": first, "id": id, "search": search}
        assert ours(variables, given) == theirs(variables, given), given
