"""The schema, put together."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_api.mutations import Mutation
from graphql_api.problems import Problems
from graphql_api.queries import Query
from graphql_api.subscriptions import Subscription
from graphql_api.types.events import EVENT_TYPES, ResyncRequiredType
from graphql_api.types.scalars import CURSOR, DATE_TIME, Cursor

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[*EVENT_TYPES.values(), ResyncRequiredType],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME, Cursor: CURSOR}),
    exception_handlers=[Problems()],
)
# What graphql-core executes.
CORE_SCHEMA = SCHEMA._schema


def sdl() -> str:
    """The schema as text: schema.graphql."""
    return SCHEMA.as_str() + "\n"
