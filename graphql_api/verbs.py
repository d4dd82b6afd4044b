"""Calls a mutation's resolver without Strawberry's layers, which cost about as much as a statement.

What they do for a mutation of ours is known beforehand: arguments become inputs, the resolver is awaited, and a
business failure becomes the Problem of the field's union. Converters are made once a field. Where more is to be done,
for an idempotency key or an argument of another kind, Strawberry does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLFieldResolver, GraphQLUnionType, get_named_type
from strawberry.scalars import is_scalar
from strawberry.types import Info
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from graphql_api.problems import Problems
from graphql_api.types.problem import ProblemType
from models.errors import HelpdeskError
from resolvers.access import OPEN_TO_ALL

if TYPE_CHECKING:
    from strawberry import Schema

Convert = Callable[[Any], Any]


def call_directly(schema: Schema) -> None:
    """Let those mutations of a schema be called at once that take an `info` and may answer with a Problem."""
    core = schema._schema
    for field in core.mutation_type.fields.values() if core.mutation_type else ():
        declared = field.extensions["strawberry-definition"]
        if field.resolve and _answers_with_problem(field) and declared.base_resolver.info_parameter:
            field.resolve = _direct(declared, field.resolve, schema)


def _answers_with_problem(field: GraphQLField) -> bool:
    result = get_named_type(field.type)
    return isinstance(result, GraphQLUnionType) and any(
        member.extensions["strawberry-definition"].origin is ProblemType for member in result.types
    )


def _direct(declared: StrawberryField, ordinary: GraphQLFieldResolver, schema: Schema) -> GraphQLFieldResolver:
    if declared.base_resolver is None:
        raise LookupError(f"{declared.python_name} has no resolver")
    verb: Any = declared.base_resolver.wrapped_func
    problems, convert = Problems(), converter(declared, schema)

    async def called(root: Any, info: Any, **given: Any) -> Any:
        if info.context.key is not None and declared.python_name not in OPEN_TO_ALL:
            return await ordinary(root, info, **given)
        known = Info(_raw_info=info, _field=declared)
        try:
            return await verb(root, info=known, **convert(given))
        except HelpdeskError as failure:
            return problems.handle(failure, field=declared, info=known)

    return called


def converter(declared: StrawberryField, schema: Schema) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What makes a field's coerced arguments into its resolver's, as Strawberry's `convert_arguments` does."""
    names = schema.config.name_converter
    known = [
        (names.from_argument(argument), argument.python_name, _converter(argument.type, schema))
        for argument in declared.arguments
    ]
    return lambda given: {name: convert(given[key]) for key, name, convert in known if key in given}


def _converter(kind: Any, schema: Schema) -> Convert:
    """How a coerced value of a type is made into what the resolver takes."""
    registry = schema.schema_converter.scalar_registry
    inner = kind
    while isinstance(inner, StrawberryOptional) and not isinstance(inner, StrawberryMaybe):
        inner = inner.of_type
    if is_scalar(inner, registry) or isinstance(inner, StrawberryEnumDefinition) or has_enum_definition(inner):
        return _as_it_is
    if has_object_definition(inner) and inner.__strawberry_definition__.from_input is None:
        return _input(inner, schema)
    return lambda value: convert_argument(value, kind, registry, schema.config)


def _as_it_is(value: Any) -> Any:
    return value


def _input(kind: Any, schema: Schema) -> Convert:
    definition = kind.__strawberry_definition__
    names = schema.config.name_converter
    fields = [
        (names.from_field(field), field.python_name, _converter(field.resolve_type(type_definition=definition), schema))
        for field in definition.fields
    ]

    # What may be left out and says nothing of a default is None, as Strawberry has it.
    unsaid = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }

    def made(value: Mapping[str, Any] | None) -> Any:
        if value is None or value is UNSET:
            return value
        return kind(**unsaid | {name: convert(value[key]) for key, name, convert in fields if key in value})

    return made
