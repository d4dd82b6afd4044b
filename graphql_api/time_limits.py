"""Mutations against the clock: each field is given up before it commits, with a Problem, or brought to its end."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from graphql import GraphQLFieldResolver, GraphQLSchema

from graphql_api.types.problem import ProblemType
from models.errors import Code
from models.writer import TIME_LIMIT


def give_time(schema: GraphQLSchema) -> None:
    """Let the mutations of a schema run no longer than their context's deadline."""
    for field in schema.mutation_type.fields.values() if schema.mutation_type else ():
        if field.resolve:
            field.resolve = _in_time(field.resolve)


def _in_time(resolve: GraphQLFieldResolver) -> GraphQLFieldResolver:
    async def within(root: Any, info: Any, **arguments: Any) -> Any:
        limit = asyncio.timeout_at(info.context.deadline)
        known = TIME_LIMIT.set(limit)
        try:
            async with limit:
                result = resolve(root, info, **arguments)
                return await result if inspect.isawaitable(result) else result
        except TimeoutError:
            if not limit.expired():
                raise
            sentence = "This took too long and was given up; nothing was changed. Try again later."
            return ProblemType(code=Code.TIMEOUT, message=sentence, path=[])
        finally:
            TIME_LIMIT.reset(known)

    return within
