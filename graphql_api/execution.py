"""Runs operations: a document that is known or made known, its cost, then the ordinary executor, then bytes.

`Engine.prepare` goes from a request to an `Operation`: which document, whether the caller may run it, its operation,
its variables, its cost. An `Operation` runs once.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution import Executor, create_source_event_stream, executor
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import Path

from graphql_api.auth import Callers
from graphql_api.budget import Budget
from graphql_api.context import Context, Services
from graphql_api.cookies import renewed_cookie
from graphql_api.deliveries import Deliveries
from graphql_api.documents import Document, Documents
from graphql_api.idempotency import key_of
from graphql_api.paging import PAGE_LIMIT
from graphql_api.plans.keeping import Plans
from graphql_api.plans.loading import filled
from graphql_api.plans.mutating import MutationFailed
from graphql_api.plans.selections import Selected
from graphql_api.plans.shapes import Unplanned
from graphql_api.pricing import MUTATION
from graphql_api.problems import formatted
from graphql_api.recalled import Recalled
from graphql_api.requests import (
    Answer,
    Credentials,
    GraphQLRequest,
    OperationKind,
    OperationRefused,
    PreparedOperation,
    Refusal,
    RequestRefused,
)
from graphql_api.schema import CORE_SCHEMA, SCHEMA
from graphql_api.siblings import all_of
from graphql_api.trusted import TrustedDocuments
from graphql_api.types.event import EventType
from models.actors import Actor
from models.database import Database
from models.errors import HelpdeskError
from models.settings import SettingsError
from subscriptions.items import ResumeRequired

BYTES_A_UNIT = 10
"""How much of an unknown document is read for a cost of 1."""

CHANGES = PAGE_LIMIT * MUTATION
"""What a mutation may cost beside what it shows: as many changes as one field may make."""

MOST_VARIABLE_ERRORS = 20

# The executor takes no function of ours; a test would notice if it looked elsewhere for its own.
executor.gather_with_cancel = all_of  # type: ignore[attr-defined]


class Engine:
    """The execution, as transports see it. Raises SettingsError where the trusted documents can't be used."""

    def __init__(self, database: Database, services: Services, *, planned: bool = True) -> None:
        self.plans = Plans(SCHEMA) if planned else None
        self._deliveries = Deliveries()
        self._callers = Callers(database, services.last_uses)
        self._services = services
        self._limits = services.settings.limits
        self._documents = Documents(self._limits)
        self._budget = Budget(self._limits.cost_per_minute)
        self._trusted = TrustedDocuments.of(services.settings)
        self._check_trusted()

    def _check_trusted(self) -> None:
        for key, text in self._trusted.texts():
            try:
                self._documents.document(text)
            except OperationRefused as refusal:
                sentence = f"HELPDESK_TRUSTED_DOCUMENTS: document {key[:12]}... can't be run: {refusal}"
                raise SettingsError(sentence) from refusal

    async def authenticate(self, credentials: Credentials) -> Actor | None:
        """Who this is."""
        return await self._callers.authenticate(credentials)

    def note(self, actor: Actor) -> None:
        """The actor has come in."""
        self._services.last_uses.note(actor)

    def recall(self, request: GraphQLRequest, credentials: Credentials) -> PreparedOperation | None:
        """A query of somebody who came before, its look-up of their credentials made part of its own statement."""
        text = self._trusted.named(request)
        if text is None or not self._documents.is_known_query(text):
            return None
        caller = self._callers.recall(credentials)
        return None if caller is None else RecalledQuery(self, request, credentials, caller)

    async def prepare(self, request: GraphQLRequest, actor: Actor | None) -> Operation:
        """All that comes before running: those who show nothing get no further than operations that are open to all."""
        text = self._trusted.text(request, actor)
        if actor is None and not self._documents.is_open(text):
            raise RequestRefused("UNAUTHENTICATED", "Sign in, or send a token: Authorization: Bearer hd_...", 401)
        document = self._document(text, actor)
        node = document.operation(request.operation_name)
        variables = _coerced(node, request.variables, actor)
        cost = document.cost(node, variables.coerced, self._limits)
        limit = self._most(node)
        if cost > limit:
            raise _too_costly(cost, limit)
        left = self._spend(actor, cost)
        spent = Spent(cost, left)
        return Operation(actor, self._services, request, document, node, variables, spent, self.plans, self._deliveries)

    def _most(self, node: OperationDefinitionNode) -> int:
        """What an operation may cost. Only queries have plans, and where they turn out to have none, less is enough."""
        match node.operation:
            case OperationType.QUERY:
                return self._limits.cost
            case OperationType.MUTATION:
                return min(self._limits.cost, self._limits.unplanned_cost + CHANGES)
            case _:
                return min(self._limits.cost, self._limits.unplanned_cost)

    def _document(self, text: str, actor: Actor | None) -> Document:
        if not self._documents.knows(text):
            self._spend(actor, len(text) // BYTES_A_UNIT)
        try:
            return self._documents.document(text)
        except OperationRefused as refusal:
            raise (refusal if actor else _discreet(refusal)) from None

    def _spend(self, actor: Actor | None, cost: int) -> int | None:
        """Take a cost off the budget of the caller's token; what is open to all has limits of its own."""
        if actor is None:
            return None
        return self._budget.spend(actor.token_id or actor.session_id or actor.user_id, cost)


def _coerced(node: OperationDefinitionNode, given: Mapping[str, Any], actor: Actor | None) -> VariableValues:
    values = get_variable_values(
        CORE_SCHEMA,
        node.variable_definitions or (),
        dict(given),
        max_errors=MOST_VARIABLE_ERRORS,
        hide_suggestions=actor is None,
    )
    if isinstance(values, list):
        raise OperationRefused([formatted(error) for error in values])
    return values


def _too_costly(cost: int, limit: int) -> OperationRefused:
    message = f"This would cost {cost:,}; an operation may cost {limit:,}. Ask for shorter pages or fewer levels."
    extensions = {"code": "TOO_COSTLY", "cost": {"estimated": cost, "limit": limit}}
    return OperationRefused([{"message": message, "extensions": extensions}])


def _too_costly_unplanned(cost: int, limit: int, why: str) -> OperationRefused:
    message = (
        f"This would cost {cost:,}; what can't be read by few statements may cost {limit:,} ({why})."
        " Ask for shorter pages or fewer levels."
    )
    extensions = {"code": "TOO_COSTLY", "cost": {"estimated": cost, "limit": limit}}
    return OperationRefused([{"message": message, "extensions": extensions}])


def _discreet(refusal: OperationRefused) -> OperationRefused:
    """The same, without the names of the schema: those are for people who are signed in."""
    errors = orjson.loads(refusal.errors)
    for error in errors:
        if error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED":
            error["message"] = "This is not valid here. Sign in to be told why."
    return OperationRefused(errors)


@dataclass(frozen=True, slots=True)
class RecalledQuery:
    """A query that runs for whom its caller was last time; they are answered only if they are still that."""

    engine: Engine
    request: GraphQLRequest
    credentials: Credentials
    caller: Recalled
    kind: OperationKind = OperationKind.QUERY

    async def execute(self) -> Answer:
        """Run it; a second time, and as anybody would, where the caller is somebody else or nobody by now."""
        try:
            operation = await self.engine.prepare(self.request, self.caller.actor)
            answer = await operation.execute()
        except Refusal:
            if await self.caller.still_holds():
                raise
        else:
            if await self.caller.still_holds():
                self.engine.note(self.caller.actor)
                return answer
        actor = await self.engine.authenticate(self.credentials)
        return await (await self.engine.prepare(self.request, actor)).execute()

    def subscribe(self) -> AsyncGenerator[bytes, None]:
        """There is nothing to follow."""
        raise LookupError("a query can't be subscribed to")


@dataclass(frozen=True, slots=True)
class Spent:
    """What an operation is estimated to cost, and what is left of its caller's budget."""

    estimated: int
    remaining: int | None

    def shown(self) -> dict[str, Any]:
        """The answer's `extensions`."""
        left = {} if self.remaining is None else {"remaining": self.remaining}
        return {"cost": {"estimated": self.estimated, **left}}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to run once for one actor."""

    actor: Actor | None
    services: Services
    request: GraphQLRequest
    document: Document
    node: OperationDefinitionNode
    variables: VariableValues
    spent: Spent
    plans: Plans | None
    deliveries: Deliveries

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        return OperationKind(self.node.operation.value)

    async def execute(self) -> Answer:
        """Run a query or a mutation, for as long as the settings allow."""
        seconds = self.services.settings.limits.seconds
        if self.document.only_introspects:
            # It reads no row, but walks the whole schema: in a thread, so that others are served meanwhile.
            return Answer(_body(await asyncio.to_thread(self._introspect), self.spent.shown()))
        if self.kind is OperationKind.MUTATION:
            return await self._in_context(asyncio.get_running_loop().time() + seconds)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._in_context()
        except TimeoutError:
            if not limit.expired():
                raise
            late = {"message": f"This took longer than {seconds:g} s.", "extensions": {"code": "TIMEOUT"}}
            return Answer(orjson.dumps({"errors": [late], "data": None, "extensions": self.spent.shown()}))

    async def _in_context(self, deadline: float | None = None) -> Answer:
        if self.actor and self.node.operation is OperationType.QUERY and _asks_for(self.node, "feedCursor"):
            async with Context.in_snapshot(self.actor, self.services) as context:
                return await self._answered(context)
        context = Context.of(self.actor, self.services)
        context.deadline = deadline
        return await self._answered(context)

    async def _answered(self, context: Context) -> Answer:
        context.sender = self.request.sender
        changes = self.kind is OperationKind.MUTATION
        if self.actor and changes:
            context.key = key_of(self.request, self.document.node)
        data = await (self._changed(context) if changes else self._planned(context))
        if data is None:
            data = _body(await self._run(context), self._extensions(context))
        return Answer(data, headers=context.headers or renewed_cookie(context.sender, self.actor))

    async def _planned(self, context: Context) -> bytes | None:
        """A query's answer by its plan; None where there is none, or it met what only the executor can tell of.

        The executor takes the loop several times as long for a row. Raises OperationRefused where that is too much.
        """
        if self.plans is None or self.actor is None:
            return None
        limit = self.services.settings.limits.unplanned_cost
        try:
            data = await self.plans.run(self.document, self.node, self.variables, context)
        except Unplanned as why:
            if self.spent.estimated > limit:
                raise _too_costly_unplanned(self.spent.estimated, limit, str(why)) from None
            return None
        except HelpdeskError as refusal:
            if self.spent.estimated > limit:
                raise OperationRefused([formatted(GraphQLError(refusal.message, original_error=refusal))]) from None
            return None
        return orjson.dumps({"data": data, "extensions": self._extensions(context)}, filled)

    async def _changed(self, context: Context) -> bytes | None:
        """A mutation's answer with its selection read by a plan; None where nothing was done yet."""
        if self.plans is None or self.actor is None:
            return None
        try:
            data = await self.plans.change(self.document, self.node, self.variables, context, self._info)
        except MutationFailed as failure:
            failed = {"errors": [formatted(failure.error)], "data": None, "extensions": self._extensions(context)}
            return orjson.dumps(failed)
        return None if data is None else orjson.dumps({"data": data, "extensions": self._extensions(context)}, filled)

    def _info(self, context: Context, selected: Selected, kind: GraphQLObjectType, path: Path) -> Any:
        """What the executor would tell a root field's resolver."""
        nodes = [each.node for each in selected.details]
        return self._executor(context).build_resolve_info(selected.field, nodes, kind, path)

    def _introspect(self) -> ExecutionResult:
        result: Any = self._executor(Context(self.services)).execute_operation()
        return result  # type: ignore[no-any-return]

    async def _run(self, context: Context, root: object = None) -> ExecutionResult:
        running = self._executor(context, root).execute_operation()
        result: Any = await running if inspect.isawaitable(running) else running
        return result  # type: ignore[no-any-return]

    def _executor(self, context: Context, root: object = None) -> Executor[Any]:
        # What Executor.build does, with the document's fragments and our variables instead of finding them again.
        return Executor(
            CORE_SCHEMA,
            dict(self.document.fragments),
            dict(self.document.details),
            root,
            context,
            self.node,
            self.variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
        )

    async def subscribe(self) -> AsyncGenerator[bytes, None]:
        """Run a subscription: each event is shown once to all who asked for the same and may see the same."""
        stream = await self._source()
        keys: dict[type[EventType], Hashable] = {}
        try:
            async for item in stream:
                if self.plans is None or self.actor is None or not isinstance(item, EventType):
                    yield await self._executed(item, Context(self.services))
                    continue
                kind = type(item)
                if kind not in keys:
                    keys[kind] = self.plans.shared(self.document, self.node, self.variables, self.actor, kind)
                work = partial(self._delivered, item, self.plans)
                yield await self.deliveries.once((keys[kind], item.row["cursor"]), work)
        except ResumeRequired as behind:
            cursor = self.services.cursors.seal(behind.position)
            shown = {"message": str(behind), "extensions": {"code": behind.code, "cursor": cursor}}
            raise OperationRefused([shown]) from None
        except HelpdeskError as refusal:
            # Fields that follow the log run no further than their source, so nobody has made a GraphQL error of it.
            raise OperationRefused([formatted(GraphQLError(refusal.message, original_error=refusal))]) from None
        except GraphQLError as error:
            raise OperationRefused([formatted(error)]) from None
        finally:
            await stream.aclose()

    async def _delivered(self, event: EventType, plans: Plans) -> bytes:
        """What is sent of an event; where no plan can tell, the executor does."""
        context = Context.of(self.actor, self.services)
        with suppress(Unplanned, HelpdeskError):
            data = await plans.deliver(self.document, self.node, self.variables, context, event)
            told = self._explained(context)
            return orjson.dumps({"data": data, "extensions": told} if told else {"data": data}, filled)
        return await self._executed(event, context)

    async def _executed(self, item: object, tried: Context) -> bytes:
        """What is sent of an item, with reads of its own, so that nothing is remembered too long."""
        result = await self._run(Context.of(self.actor, self.services), root=item)
        return _body(result, self._explained(tried))

    def _extensions(self, context: Context) -> Mapping[str, Any]:
        return {**self.spent.shown(), **self._explained(context)}

    def _explained(self, context: Context) -> Mapping[str, Any]:
        """How it was run, for those who develop against a server that is set up to tell; nothing for customers."""
        if not (self.services.settings.debug and context.plan and self.actor and not self.actor.is_customer):
            return {}
        return {"plan": context.plan}

    async def _source(self) -> Any:
        opening = create_source_event_stream(self._executor(Context.of(self.actor, self.services)))
        opened: Any = await opening if inspect.isawaitable(opening) else opening
        if isinstance(opened, ExecutionResult):
            raise OperationRefused([formatted(error) for error in opened.errors or ()])
        return opened


def _asks_for(operation: OperationDefinitionNode, field: str) -> bool:
    """Whether the operation's own selection may hold the field; one behind a fragment counts as yes."""
    return any(
        not isinstance(selection, FieldNode) or selection.name.value == field
        for selection in operation.selection_set.selections
    )


def _body(result: ExecutionResult, extensions: Mapping[str, Any] | None = None) -> bytes:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    body["data"] = result.data
    if extensions:
        body["extensions"] = extensions
    return orjson.dumps(body)
