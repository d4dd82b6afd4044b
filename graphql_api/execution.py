"""Runs operations: parse and validate once, then the ordinary executor, then bytes."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import orjson
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    Source,
    execute,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution import Executor, create_source_event_stream

from graphql_api.auth import authenticate
from graphql_api.context import Context, Services
from graphql_api.idempotency import key_of
from graphql_api.problems import camel, coded, formatted
from graphql_api.requests import Answer, Credentials, GraphQLRequest, OperationKind, OperationRefused, RequestRefused
from graphql_api.schema import CORE_SCHEMA
from models.actors import Actor
from models.database import Database
from models.errors import HelpdeskError
from resolvers.access import OPEN_TO_ALL
from subscriptions.items import ResumeRequired

TOKEN_LIMIT = 2_000
DOCUMENTS_KEPT = 1_000
OPEN_FIELDS = frozenset({"__typename", *map(camel, OPEN_TO_ALL)})


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed and validated document."""

    node: DocumentNode

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run."""
        found = get_operation_ast(self.node, name)
        if found is None:
            message = f"The document has no operation {name!r}." if name else "Say which operation to run."
            raise OperationRefused([{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}])
        return found


class Engine:
    """The execution, as transports see it."""

    def __init__(self, database: Database, services: Services) -> None:
        self._database = database
        self._services = services
        self._documents: LRUCache[str, Document] = LRUCache(DOCUMENTS_KEPT)

    async def authenticate(self, credentials: Credentials) -> Actor | None:
        """Who this is."""
        return await authenticate(self._database, credentials)

    async def prepare(self, request: GraphQLRequest, actor: Actor | None) -> Operation:
        """Parse and validate; those who show nothing get no further than the operations that are open to all."""
        if actor is None and not _is_open(request):
            raise RequestRefused("UNAUTHENTICATED", "Send a token: Authorization: Bearer hd_...", 401)
        document = self._document(request.query or "")
        node = document.operation(request.operation_name)
        return Operation(actor, self._services, document.node, node, request)

    def _document(self, text: str) -> Document:
        known = self._documents.get(text)
        if known is None:
            known = self._documents[text] = Document(_validated(text))
        return known


def _is_open(request: GraphQLRequest) -> bool:
    """Whether the document begins at nothing but operations that need no credentials."""
    try:
        document = parse(request.query or "", max_tokens=TOKEN_LIMIT)
    except GraphQLSyntaxError:
        return False
    begun = set(root_fields(document))
    return begun <= OPEN_FIELDS and not begun <= {"__typename"}


def root_fields(document: DocumentNode) -> Iterator[str]:
    """The names of all fields that the document's operations begin with, through fragments too."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    selections: list[SelectionNode] = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            selections += node.selection_set.selections
    while selections:
        match selections.pop():
            case FieldNode(name=name):
                yield name.value
            case InlineFragmentNode(selection_set=inside):
                selections += inside.selections
            case FragmentSpreadNode(name=name):
                # Each fragment is opened once, so one that spreads itself ends too.
                fragment = fragments.pop(name.value, None)
                selections += fragment.selection_set.selections if fragment else ()


def _validated(text: str) -> DocumentNode:
    source = Source(text)
    try:
        document = parse(source, max_tokens=TOKEN_LIMIT)
        _refuse_nul(document, source)
    except GraphQLSyntaxError as error:
        raise OperationRefused([coded(error, "GRAPHQL_PARSE_FAILED")]) from None
    errors = validate(CORE_SCHEMA, document, max_errors=20)
    if errors:
        raise OperationRefused([coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
    return document


def _refuse_nul(document: DocumentNode, source: Source) -> None:
    """Requests come without NUL, but a document may still spell one (`\\u0000`), which PostgreSQL's text can't hold."""
    token = document.loc.start_token if document.loc else None
    while token:
        if token.value and "\0" in token.value:
            raise GraphQLSyntaxError(source, token.start, "A string contains a NUL, which no text may.")
        token = token.next


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to run once for one actor."""

    actor: Actor | None
    services: Services
    document: DocumentNode
    node: OperationDefinitionNode
    request: GraphQLRequest

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        return OperationKind(self.node.operation.value)

    async def execute(self) -> Answer:
        """Run a query or a mutation."""
        async with AsyncExitStack() as stack:
            if self.actor and self.node.operation is OperationType.QUERY and _asks_for(self.node, "feedCursor"):
                context = await stack.enter_async_context(Context.in_snapshot(self.actor, self.services))
            else:
                context = Context.of(self.actor, self.services)
            if self.actor and self.node.operation is OperationType.MUTATION:
                context.key = key_of(self.request, self.document)
            result = await self._run(context)
        return _answer(result, context.headers)

    async def _run(self, context: Context, root: object = None) -> ExecutionResult:
        running = execute(
            CORE_SCHEMA,
            self.document,
            root_value=root,
            context_value=context,
            variable_values=dict(self.request.variables),
            operation_name=self.request.operation_name,
        )
        return await running if inspect.isawaitable(running) else running

    async def subscribe(self) -> AsyncGenerator[bytes, None]:
        """Run a subscription: each event is executed with reads of its own, so that nothing is remembered too long."""
        stream = await self._source()
        try:
            async for event in stream:
                result = await self._run(Context.of(self.actor, self.services), root=event)
                yield _answer(result).body
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

    async def _source(self) -> Any:
        executor = Executor.build(
            CORE_SCHEMA,
            self.document,
            context_value=Context.of(self.actor, self.services),
            raw_variable_values=dict(self.request.variables),
            operation_name=self.request.operation_name,
        )
        if isinstance(executor, list):
            raise OperationRefused([formatted(error) for error in executor])
        opening = create_source_event_stream(executor)
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


def _answer(result: ExecutionResult, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    if result.data is not None or not result.errors or _ran(result.errors):
        body["data"] = result.data
    return Answer(orjson.dumps(body), status=200 if "data" in body else 400, headers=headers)


def _ran(errors: Sequence[GraphQLError]) -> bool:
    """Whether fields were executed: their errors have a path; those of the request (its variables, say) have none."""
    return any(error.path is not None for error in errors)
