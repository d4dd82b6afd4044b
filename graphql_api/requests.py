"""What the transports and the execution say to each other: requests, answers, refusals, and the engine between them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import uuid4

import orjson

from models.actors import Actor
from models.outages import is_away
from subscriptions.cursor import Position
from subscriptions.places import Holder
from subscriptions.recipient import Sink

if TYPE_CHECKING:
    from graphql_api.transport.doorkeeper import Doorkeeper

log = logging.getLogger(__name__)

RETRY_AFTER = 1
"""Seconds after which a look at whether the database is back makes sense."""

AWAY = "The database is out of reach. Try again in a second."
AWAY_CHANGING = (
    "The database is out of reach, and this may have been carried out or not. Send it again in a second with the same"
    " idempotency key: it is done once."
)


class OperationKind(StrEnum):
    """The three kinds of GraphQL operation."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller shows to prove who he is; both None is an anonymous caller."""

    bearer: str | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a request came from, as far as signing in has to know.

    `peer` is the other end of the connection and `forwarded_for` what it says of those before it. `takes_cookies` is
    whether the answer can set one: not on a socket, nor in a stream that has begun. `holder` is the socket that it came
    over, as far as people are present by it.
    """

    peer: str = ""
    forwarded_for: str = ""
    cookie: str | None = None
    by_https: bool = False
    takes_cookies: bool = False
    holder: Holder | None = None


NOWHERE = Sender()


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One request of the right shape, its strings free of NUL and lone surrogates.

    `query` is None only where `document_id` (of GraphQL over HTTP) or `extensions.persistedQuery` names a document.
    `body` is what it was read from, where that is short enough to be remembered. A query shares its variables and
    extensions with all others of the same bytes, so nobody may change these.
    """

    query: str | None
    operation_name: str | None
    variables: Mapping[str, Any]
    extensions: Mapping[str, Any]
    document_id: str | None = None
    sender: Sender = NOWHERE
    body: bytes | None = None

    def sent_by(self, sender: Sender) -> Self:
        """The same request of a sender; `replace` would take three times as long."""
        asked = self.query, self.operation_name, self.variables, self.extensions, self.document_id
        return type(self)(*asked, sender, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response map as JSON; `status` holds for application/graphql-response+json, application/json says 200."""

    body: bytes
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()


class Refusal(Exception):
    """Nothing was executed; `errors` is the JSON list of GraphQL errors that says why."""

    def __init__(
        self, errors: Sequence[Mapping[str, Any]], status: int, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(errors[0]["message"])
        self.errors = orjson.dumps(errors)
        self.status = status
        self.headers = headers or {}

    @property
    def body(self) -> bytes:
        """The response map."""
        return b'{"errors":' + self.errors + b"}"


class RequestRefused(Refusal):
    """The request itself is at fault (shape, size, credentials, rate); the status holds for every media type."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__([{"message": message, "extensions": {"code": code, **(extensions or {})}}], status, headers)
        self.code = code
        self.message = message


class OperationRefused(Refusal):
    """The request is well formed but its operation can't start: syntax, validation, variables, limits of a document.

    Each error is in GraphQL's response format and has its `extensions.code`.
    """

    def __init__(
        self, errors: Sequence[Mapping[str, Any]], status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(errors, status, headers)


class PreparedOperation(Protocol):
    """An operation that was parsed and validated once for one actor, ready to run once."""

    @property
    def kind(self) -> OperationKind:
        """Decides which of the two methods below is called, and which transports may carry it."""
        ...

    async def execute(self) -> Answer:
        """Run the query or the mutation. May raise a Refusal as long as nothing ran."""
        ...

    async def follow(self, sink: Sink, after: Position | None = None) -> None:
        """Run the subscription: each item is one response map as JSON, sent when the one before has been.

        What follows the log begins after `after` where that is given, whatever its arguments say. Raises
        StandingChanged where it has to go on in another operation, of whoever the actor is by then.
        Other tasks may write to the sink meanwhile. Raises a Refusal that ends it.
        """
        ...


class Engine(Protocol):
    """What a transport needs of the execution. Anything it raises that is no Refusal counts as a bug."""

    @property
    def doors(self) -> Doorkeeper:
        """Who lets connections in and has them shut."""
        ...

    async def authenticate(self, credentials: Credentials) -> Actor | None:
        """Who this is, None for the anonymous; raises RequestRefused (401) if what he shows is no good."""
        ...

    def known(self, body: bytes) -> GraphQLRequest | None:
        """The query that a body was read as before, whoever sent it. Mutations may hold secrets and are forgotten."""
        ...

    def recall(self, request: GraphQLRequest, credentials: Credentials) -> PreparedOperation | None:
        """What the two below would prepare, where that can be said from memory: a query, refused when it is executed
        if its caller is no longer who they were."""
        ...

    async def prepare(self, request: GraphQLRequest, actor: Actor | None) -> PreparedOperation:
        """Parse and validate; raises OperationRefused, or RequestRefused for what is not the document's fault."""
        ...


def away(*, changes: bool = False) -> RequestRefused:
    """What a caller is told while the database is out of reach; `changes`: of a mutation, which may have ended."""
    message = AWAY_CHANGING if changes else AWAY
    headers = {"Retry-After": str(RETRY_AFTER)}
    return RequestRefused("UNAVAILABLE", message, 503, headers, {"retryAfterSeconds": RETRY_AFTER})


def masked(bug: Exception) -> RequestRefused:
    """What a caller is told of a bug: an id that finds it in the log, and nothing else. An outage is none."""
    if is_away(bug):
        log.warning("The database is away: %r", bug)
        return away()
    incident = uuid4().hex[:12]
    log.error("incident %s", incident, exc_info=bug)
    return RequestRefused("INTERNAL", f"Something went wrong on our side; our log has it as {incident}.", 500)


def graphql_request(asked: object, sender: Sender = NOWHERE, body: bytes | None = None) -> GraphQLRequest:
    """The request that the JSON of a body asks for; members that GraphQL over HTTP doesn't name are ignored."""
    if isinstance(asked, list):
        raise RequestRefused("BAD_REQUEST", "Batches are not supported: send one operation a request.")
    if not isinstance(asked, dict):
        raise RequestRefused("BAD_REQUEST", "The request must be a JSON object with a `query`.")
    query, extensions, document_id = _text(asked, "query"), _map(asked, "extensions"), _text(asked, "documentId")
    if query is None and document_id is None and "persistedQuery" not in extensions:
        raise RequestRefused("BAD_REQUEST", "The request has no `query`.")
    name, variables = _text(asked, "operationName"), _map(asked, "variables")
    return GraphQLRequest(query, name, variables, extensions, document_id, sender, body)


def _text(body: Mapping[str, object], name: str) -> str | None:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise RequestRefused("BAD_REQUEST", f"`{name}` must be a string.")


def _map(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise RequestRefused("BAD_REQUEST", f"`{name}` must be an object.")
