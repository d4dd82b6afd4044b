"""Mutations that may be sent again: the key that comes with them, and their answers shown a second time."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from graphql import DocumentNode, print_ast
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition

from graphql_api.context import Context, Info
from graphql_api.reading.loaders import Reads, Shown
from graphql_api.reading.reads import RowType
from graphql_api.requests import GraphQLRequest, RequestRefused
from models.errors import Conflict, Gone
from resolvers.access import OPEN_TO_ALL, permit
from resolvers.retries import RequestKey, attempt

EXTENSION = "idempotencyKey"
KEY_LIMIT = 255
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LIMIT}}}")

# Results that hold a secret whose hash alone is stored: nothing of them is kept, and they can't be shown again.
SHOWN_ONCE = frozenset({"ApiTokenCreated", "Invitation"})

# Types of mutations' results by their name in the schema, to make kept results of.
Types = Callable[[str], Any]


def with_header(request: GraphQLRequest, headers: Sequence[str]) -> GraphQLRequest:
    """The request with its Idempotency-Key headers where a socket's payload has the key: in the extensions."""
    names = [*headers, *([request.extensions[EXTENSION]] if EXTENSION in request.extensions else [])]
    if not headers:
        return request
    if any(name != names[0] for name in names):
        raise RequestRefused("BAD_REQUEST", "The request has two different idempotency keys.")
    # From here on it asks for more than its bytes do.
    return replace(request, extensions={**request.extensions, EXTENSION: names[0]}, body=None)


def key_of(request: GraphQLRequest, document: DocumentNode) -> RequestKey | None:
    """The key that came with a request; the same document, operation and variables are the same request."""
    name = request.extensions.get(EXTENSION)
    if name is None:
        return None
    if not isinstance(name, str) or not _KEY.fullmatch(name):
        raise RequestRefused("BAD_REQUEST", f"An idempotency key is 1 to {KEY_LIMIT} visible ASCII characters.")
    asked = [print_ast(document), request.operation_name, request.variables]
    return RequestKey(name, hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest())


class SafeRetries(FieldExtension):
    """Carries a mutation out once for each key; without a key it stands aside.

    What gives credentials to whoever has none takes no key: there is no caller to keep it for, and its answer must not
    be kept.
    """

    def __init__(self, types: Types) -> None:
        self._types = types

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **arguments: Any
    ) -> Any:
        """The field's result, of this try or of the first."""
        context, name = info.context, info.python_name
        if context.key is None or name in OPEN_TO_ALL:
            return await next_(source, info, **arguments)
        permit(context.actor, name)
        async with attempt(context.actor, context.key, str(info.path.key)) as made:
            if made.kept is None:
                later = _Later(made.actor, made.actor.database.fetch)
                inside = replace(context, caller=made.actor, known_reads=later, key=None)
                result = await next_(source, _info_with(info, inside), **arguments)
                await made.keep(kept(result))
            else:
                result = shown(made.kept, self._types)
        # Read outside the transaction: meanwhile nobody waits for the organization's counter.
        context.reads.forget()
        return await _filled(result, context.reads)


class _Later(Reads):
    """Reads of a mutation whose answer is read once it is committed."""

    async def reload(self, target: type[Shown], key: UUID) -> Shown:
        """A row of which only the key is known yet."""
        return target.of({"id": key})

    async def reload_all(self, target: type[Shown], keys: Sequence[UUID]) -> dict[UUID, Shown]:
        """Rows of which only the keys are known yet."""
        return {key: target.of({"id": key}) for key in keys}


def _info_with(info: Info, context: Context) -> Info:
    return Info(_raw_info=info._raw_info._replace(context=context), _field=info._field)


def kept(result: Any) -> Any:
    """What a result is read again from, as JSON: rows by their ids, all else as it is."""
    if isinstance(result, list):
        return [kept(each) for each in result]
    if isinstance(result, RowType):
        return {"type": _definition(type(result)).name, "id": result.row["id"].hex}
    if is_dataclass(result) and not isinstance(result, type):
        name = _definition(type(result)).name
        told = () if name in SHOWN_ONCE else _parts(result)
        return {"type": name, "fields": {part: kept(getattr(result, part)) for part in told}}
    if isinstance(result, datetime):
        return {"instant": result.isoformat()}
    return result.value if isinstance(result, Enum) else result


def shown(stored: Any, types: Types) -> Any:
    """The result that was kept; its rows are yet to be read."""
    if isinstance(stored, list):
        return [shown(each, types) for each in stored]
    if not isinstance(stored, Mapping):
        return stored
    if "instant" in stored:
        return datetime.fromisoformat(stored["instant"])
    if stored["type"] in SHOWN_ONCE:
        raise Conflict(
            "This was done, and its secret was shown then; it can't be shown again. Take a new key for another."
        )
    kind = types(stored["type"])
    if "id" in stored:
        return kind.of({"id": UUID(hex=stored["id"])})
    return kind(**{name: shown(part, types) for name, part in stored["fields"].items()})


async def _filled(result: Any, reads: Reads) -> Any:
    if isinstance(result, list):
        return list(await asyncio.gather(*(_filled(each, reads) for each in result)))
    if isinstance(result, RowType):
        found = await reads.one(type(result), result.row["id"])
        if found is None:
            raise Gone
        return found
    if is_dataclass(result) and not isinstance(result, type):
        names = _parts(result)
        parts = await _filled([getattr(result, name) for name in names], reads)
        return replace(result, **dict(zip(names, parts, strict=True)))
    return result


def _parts(result: Any) -> list[str]:
    """What a result is made from; what it works out when it is asked for is no part of it."""
    return [field.name for field in fields(result) if field.init]


def _definition(kind: type) -> StrawberryObjectDefinition:
    return get_object_definition(kind, strict=True)
