"""The schema, put together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry
from graphql import GraphQLFieldResolver, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition

from graphql_api.idempotency import SafeRetries
from graphql_api.limits.pricing import declare
from graphql_api.mutations import Mutation
from graphql_api.problems import Problems
from graphql_api.queries import Query
from graphql_api.reading.reads import ReadField, RowType, Source
from graphql_api.subscriptions import Subscription
from graphql_api.time_limits import give_time
from graphql_api.types.event import ResyncRequiredType
from graphql_api.types.events import EVENT_TYPES
from graphql_api.types.scalars import CURSOR, DATE, DATE_TIME, Cursor
from graphql_api.verbs import call_directly


def _type_named(name: str) -> Any:
    found = SCHEMA.get_type_by_name(name)
    if not isinstance(found, StrawberryObjectDefinition):
        raise LookupError(f"{name} is not an object type of the schema")
    return found.origin


for _field in get_object_definition(Mutation, strict=True).fields:
    _field.extensions.append(SafeRetries(_type_named))

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[*EVENT_TYPES.values(), ResyncRequiredType],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME, date: DATE, Cursor: CURSOR}),
    exception_handlers=[Problems()],
)
# What graphql-core executes.
CORE_SCHEMA = SCHEMA._schema


def _run_reads_directly(schema: GraphQLSchema) -> None:
    """Let graphql-core call the sources of row types' fields itself.

    Strawberry's own way makes an Info and converts arguments for each field of each row: about 30 us a field, which is
    most of what a list costs. Fields of rows have no argument that needs converting.
    """
    for kind in schema.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            declared = field.extensions.get("strawberry-definition")
            if type(declared) is ReadField:
                field.resolve = _reader(declared.source)


def _reader(source: Source) -> GraphQLFieldResolver:
    def resolve(shown: RowType, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return info.context.reads.resolve(source, shown, arguments)

    return resolve


_run_reads_directly(CORE_SCHEMA)
call_directly(SCHEMA)
give_time(CORE_SCHEMA)
# What every field costs; written into the schema too.
PRICES = declare(CORE_SCHEMA)


def sdl() -> str:
    """The schema as text: schema.graphql."""
    return SCHEMA.as_str() + "\n"
