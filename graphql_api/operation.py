"""An operation that was found runnable, run once: by its plan where it has one, else by the ordinary executor."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Hashable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution import Executor, create_source_event_stream, executor
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from graphql_api.context import Context, Services
from graphql_api.deliveries import Deliveries
from graphql_api.documents import Document
from graphql_api.idempotency import key_of
from graphql_api.plans.keeping import Plans
from graphql_api.plans.loading import filled
from graphql_api.plans.mutating import MutationFailed
from graphql_api.plans.selections import Selected
from graphql_api.plans.shapes import Unplanned
from graphql_api.problems import formatted
from graphql_api.refusals import too_costly_unplanned
from graphql_api.requests import (
    Answer,
    GraphQLRequest,
    OperationKind,
    OperationRefused,
    away,
)
from graphql_api.schema import CORE_SCHEMA
from graphql_api.showing import Followed, Showing, insisting
from graphql_api.siblings import all_of
from graphql_api.transport.cookies import renewed_cookie
from graphql_api.types.event import EventType
from graphql_api.types.moment import OfTheMoment
from models.actors import Actor
from models.errors import HelpdeskError
from models.outages import is_away
from subscriptions.cursor import Position
from subscriptions.items import ResumeRequired
from subscriptions.recipient import Sink

# The executor takes no function of ours; a test would notice if it looked elsewhere for its own.
executor.gather_with_cancel = all_of  # type: ignore[attr-defined]


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

    @property
    def _changes(self) -> bool:
        return self.node.operation is OperationType.MUTATION

    async def execute(self) -> Answer:
        """Run a query or a mutation, for as long as the settings allow."""
        seconds = self.services.settings.limits.seconds
        if self.document.only_introspects:
            # It reads no row, but walks the whole schema: in a thread, so that others are served meanwhile.
            return Answer(_body(await asyncio.to_thread(self._introspect), self.spent.shown()))
        if self._changes:
            try:
                return await self._in_context(asyncio.get_running_loop().time() + seconds)
            except Exception as error:
                if is_away(error):
                    raise away(changes=True) from error
                raise
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._in_context()
        except TimeoutError:
            if not limit.expired():
                raise
            late = {"message": f"This took longer than {seconds:g} s.", "extensions": {"code": "TIMEOUT"}}
            return Answer(orjson.dumps({"errors": [late], "data": None, "extensions": self.spent.shown()}))

    async def _in_context(self, deadline: float | None = None) -> Answer:
        if self.actor and not self._changes and "feedCursor" in self.document.roots:
            async with Context.in_snapshot(self.actor, self.services) as context:
                return await self._answered(context)
        context = Context.of(self.actor, self.services)
        context.deadline = deadline
        return await self._answered(context)

    async def _answered(self, context: Context) -> Answer:
        context.sender = self.request.sender
        if self.actor and self._changes:
            context.key = key_of(self.request, self.document.node)
        data = await (self._changed(context) if self._changes else self._planned(context))
        if data is None:
            result = await self._run(context)
            if not self._changes:
                _whole(result)
            data = _body(result, self._extensions(context))
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
                raise too_costly_unplanned(self.spent.estimated, limit, str(why)) from None
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

    async def follow(self, sink: Sink, after: Position | None = None) -> None:
        """Run a subscription: each event is shown once to all who asked for the same and may see the same."""
        source = await self._source()
        if after and isinstance(source, Followed):
            source = replace(source, after=after)
        try:
            if isinstance(source, Followed) and self.plans and self.actor:
                showing = Showing(self, self.plans, self.actor)
                await self.services.feed.follow(source.scope, source.after, showing, sink)
            else:
                asked = self._asked()
                async with aclosing(aiter(source)) as items:
                    async for item in items:
                        await sink.send(await insisting(partial(self._shown, item, asked)))
        except ResumeRequired as behind:
            cursor = self.services.cursors.seal(behind.position)
            shown = {"message": str(behind), "extensions": {"code": behind.code, "cursor": cursor}}
            raise OperationRefused([shown]) from None

    def _asked(self) -> Hashable:
        """What this has in common with others of its actor's role who ask for the same; None: it is on its own."""
        if self.plans is None or self.actor is None:
            return None
        return self.plans.asked(self.document, self.node, self.variables, self.actor)

    async def _shown(self, item: object, asked: Hashable) -> bytes:
        """What is sent of an item that is none of the log's."""
        moment = item.moment if isinstance(item, OfTheMoment) else None
        if asked is None or moment is None:
            return await self.executed(item)
        return await self.deliveries.once((asked, moment), partial(self.executed, item))

    async def delivered(self, event: EventType, plans: Plans) -> bytes:
        """What is sent of an event; where no plan can tell, the executor does."""
        context = Context.of(self.actor, self.services)
        with suppress(Unplanned, HelpdeskError):
            data = await plans.deliver(self.document, self.node, self.variables, context, event)
            told = self._explained(context)
            return orjson.dumps({"data": data, "extensions": told} if told else {"data": data}, filled)
        return await self.executed(event, context)

    async def executed(self, item: object, tried: Context | None = None) -> bytes:
        """What is sent of an item, with reads of its own, so that nothing is remembered too long."""
        result = await self._run(Context.of(self.actor, self.services), root=item)
        _whole(result)
        return _body(result, self._explained(tried) if tried else {})

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
            _whole(opened)
            raise OperationRefused([formatted(error) for error in opened.errors or ()])
        return opened


def _whole(result: ExecutionResult) -> None:
    """Raise what kept a part from being read, where that is an outage: half of an answer would look like all of it."""
    for error in result.errors or ():
        if error.original_error is not None and is_away(error.original_error):
            raise error.original_error


def _body(result: ExecutionResult, extensions: Mapping[str, Any] | None = None) -> bytes:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    body["data"] = result.data
    if extensions:
        body["extensions"] = extensions
    return orjson.dumps(body)
