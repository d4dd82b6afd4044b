"""Arguments of mutations become what Strawberry would make of them"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.arguments import convert_arguments

from graphql_api.schema import CORE_SCHEMA, SCHEMA
from graphql_api.verbs import converter

MUTATION = CORE_SCHEMA.mutation_type
assert MUTATION


def coerced(random: Random, kind: Any) -> Any:
    """A value as graphql-core hands it over: leaves as they are, nulls where they may be."""
    if not is_non_null_type(kind) and random.random() < 0.2:
        return None
    inner = get_nullable_type(kind)
    if is_list_type(inner):
        return [coerced(random, inner.of_type) for _ in range(random.randint(0, 3))]
    named = get_named_type(inner)
    if isinstance(named, GraphQLEnumType):
        return random.choice(list(named.values.values())).value
    if isinstance(named, GraphQLInputObjectType):
        return given(random, named.fields)
    return f"{named.name} {random.random()}"


def given(random: Random, fields: Any) -> dict[str, Any]:
    """Values for what must be said, and for some of the rest; defaults are there already."""
    return {
        name: coerced(random, field.type)
        for name, field in fields.items()
        if is_non_null_type(field.type) or random.random() < 0.6
    }


def outcome(convert: Any, values: Any) -> Any:
    """What comes out, or what is refused."""
    try:
        return convert(values)
    except StrawberryInputCoercionError as refusal:
        return str(refusal)


@pytest.mark.parametrize("name", MUTATION.fields)
def test_arguments_are_converted_alike(name: str) -> None:
    field = MUTATION.fields[name]
    declared = field.extensions["strawberry-definition"]
    registry, config = SCHEMA.schema_converter.scalar_registry, SCHEMA.config
    convert = converter(declared, SCHEMA)
    random = Random(name)

    for _ in range(40):
        values = given(random, field.args)
        expected = outcome(lambda each: convert_arguments(dict(each), declared.arguments, registry, config), values)
        assert outcome(convert, values) == expected
