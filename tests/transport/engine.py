"""A small engine over a small graphql-core schema: what the transports carry in these tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    build_schema,
    execute,
    get_operation_ast,
    parse,
    subscribe,
    validate,
)
from graphql.language import DocumentNode

from graphql_api.requests import Answer, Credentials, GraphQLRequest, OperationKind, OperationRefused, RequestRefused
from graphql_api.transport.doorkeeper import Doorkeeper
from models.actors import Actor, ActorKind
from models.database import Database, utc_now
from resolvers.doors import Change, Ended
from subscriptions.cursor import Position
from subscriptions.recipient import Sink

SCHEMA = build_schema("""
  type Query { hello: String! echo(text: String!): String! me: String broken: String waiting: String! }
  type Mutation { add(by: Int! = 1): Int! waitingAdd: Int! }
  type Subscription {
    count(to: Int!): Int!  "1, 2, 3 ..."
    forever: Int!          "1, and then nothing more"
    behind: Int!           "1, and then a refusal"
    buggy: Int!            "1, and then an exception"
    flood(size: Int!): String!
  }
""")


class Bug(Exception):
    """Something that no caller may read."""


@dataclass(frozen=True)
class Incident:
    """What the log says of a masked bug."""

    id: str
    traceback: str


@dataclass(eq=False)
class SmallEngine:
    """Adds, echoes, counts. Tests wait on its events instead of the clock."""

    actors: dict[str, Actor] = field(default_factory=dict)
    total: int = 0
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)
    shown: list[Credentials] = field(default_factory=list)
    open_streams: int = 0
    ahead: timedelta = timedelta()
    has_left: bool = False

    def __post_init__(self) -> None:
        self.doors = Doorkeeper(self.changes, a_user=10, an_address=100, look_every=0.02)

    def now(self) -> datetime:
        """The time of the database, which is all that a transport wants of it."""
        return utc_now() + self.ahead

    async def changes(self, actors: Sequence[Actor]) -> list[Change]:
        """Who is no longer what they were: those whose token is good no more."""
        ended = Ended.MEMBERSHIP if self.has_left else Ended.CREDENTIALS
        return [Change(actor, ended) for actor in actors if actor not in self.actors.values()]

    def admit(self, token: str, expires_at: datetime | None = None) -> str:
        """Make a token (or a cookie) good."""
        database = cast("Database", self)
        self.actors[token] = Actor(database, UUID(int=1), ActorKind.AGENT, UUID(int=2), expires_at=expires_at)
        return token

    async def authenticate(self, credentials: Credentials) -> Actor | None:
        self.shown.append(credentials)
        secret = credentials.bearer or credentials.cookie
        if secret is None:
            return None
        if secret == "bug":
            raise Bug("the password of the database is hunter2")
        if secret == "outage":
            raise RequestRefused("UNAVAILABLE", "The database is away.", 503, {"Retry-After": "1"})
        if secret not in self.actors:
            raise RequestRefused("UNAUTHENTICATED", "The token is not known.", 401)
        return self.actors[secret]

    def known(self, body: bytes) -> None:
        """It has no memory."""

    def recall(self, request: GraphQLRequest, credentials: Credentials) -> None:
        """It has no memory."""

    async def prepare(self, request: GraphQLRequest, actor: Actor | None) -> SmallOperation:
        if request.query is None:
            raise OperationRefused([_error("Unknown hash.", "PERSISTED_QUERY_NOT_FOUND")])
        try:
            document = parse(request.query)
        except GraphQLSyntaxError as error:
            raise OperationRefused([_error(error.message, "GRAPHQL_PARSE_FAILED")]) from error
        if errors := validate(SCHEMA, document):
            raise OperationRefused([_error(error.message, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        operation = get_operation_ast(document, request.operation_name)
        if operation is None:
            raise OperationRefused([_error("Which operation?", "OPERATION_NOT_FOUND")])
        return SmallOperation(self, request, document, OperationKind(operation.operation.value), actor)


@dataclass(frozen=True)
class SmallOperation:
    """One operation and whose it is."""

    engine: SmallEngine
    request: GraphQLRequest
    document: DocumentNode
    kind: OperationKind
    actor: Actor | None

    @property
    def _arguments(self) -> dict[str, Any]:
        root = Root(self.engine, self.actor)
        return {"root_value": root, "variable_values": dict(self.request.variables)} | {
            "operation_name": self.request.operation_name
        }

    async def execute(self) -> Answer:
        result = execute(SCHEMA, self.document, **self._arguments)
        return _answer(await result if inspect.isawaitable(result) else result)

    async def follow(self, sink: Sink, after: Position | None = None) -> None:
        opening = subscribe(SCHEMA, self.document, **self._arguments)
        results = await opening if inspect.isawaitable(opening) else opening
        if isinstance(results, ExecutionResult):
            raise OperationRefused([_error(error.message, "BAD_USER_INPUT") for error in results.errors or ()])
        try:
            async for result in results:
                await sink.send(_answer(result).body)
                # uvicorn swallows what a client that is gone is sent; only a turn of the loop lets us hear of it.
                await asyncio.sleep(0)
        except GraphQLError as error:
            raise (error.original_error or error) from error
        finally:
            await cast("AsyncGenerator[ExecutionResult, None]", results).aclose()


@dataclass(frozen=True)
class Root:
    """The resolvers."""

    engine: SmallEngine
    actor: Actor | None

    def hello(self, _info: object) -> str:
        return "world"

    def echo(self, _info: object, text: str) -> str:
        return text

    def me(self, _info: object) -> str | None:
        return self.actor.kind.value if self.actor else None

    def broken(self, _info: object) -> str:
        raise RequestRefused("NOT_ALLOWED", "Never.")

    def add(self, _info: object, by: int) -> int:
        self.engine.total += by
        return self.engine.total

    async def waiting(self, _info: object) -> str:
        await self._wait()
        return "done"

    async def waitingAdd(self, _info: object) -> int:
        await self._wait()
        return self.add(None, 1)

    async def _wait(self) -> None:
        try:
            self.engine.entered.set()
            await self.engine.gate.wait()
        finally:
            self.engine.left.set()

    async def _tracked(self, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        self.engine.open_streams += 1
        try:
            self.engine.entered.set()
            async for item in items:
                yield item
        finally:
            self.engine.open_streams -= 1
            self.engine.left.set()

    def count(self, _info: object, to: int) -> AsyncIterator[Any]:
        return self._tracked(_each({"count": number} for number in range(1, to + 1)))

    def forever(self, _info: object) -> AsyncIterator[Any]:
        return self._tracked(_one_and_silence({"forever": 1}))

    def behind(self, _info: object) -> AsyncIterator[Any]:
        return self._tracked(_each([{"behind": 1}, RequestRefused("RESUME_REQUIRED", "You were too slow.", 409)]))

    def buggy(self, _info: object) -> AsyncIterator[Any]:
        return self._tracked(_each([{"buggy": 1}, Bug("the password of the database is hunter2")]))

    def flood(self, _info: object, size: int) -> AsyncIterator[Any]:
        return self._tracked(self._flood({"flood": "x" * size}))

    async def _flood(self, item: dict[str, str]) -> AsyncIterator[dict[str, str]]:
        yield item
        while True:
            self.engine.stuck.set()  # the first one has been sent as far as it went
            yield item


async def _each(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        if isinstance(item, Exception):
            raise item
        yield item


async def _one_and_silence(item: Any) -> AsyncIterator[Any]:
    yield item
    await asyncio.Event().wait()


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def _answer(result: ExecutionResult) -> Answer:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [_error(error.message, "BAD_USER_INPUT") for error in result.errors]
    ran = not result.errors or any(error.path for error in result.errors)
    if ran:
        body["data"] = result.data
    return Answer(orjson.dumps(body), 200 if ran else 400)
