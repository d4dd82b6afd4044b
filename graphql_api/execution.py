"""From a request to an `Operation`: who asks, which document, whether they may run it, its variables, its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from graphql import (
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from graphql_api.auth import Callers
from graphql_api.context import Services
from graphql_api.deliveries import Deliveries
from graphql_api.documents import Document, Documents
from graphql_api.limits.budget import Budget
from graphql_api.limits.pricing import MUTATION
from graphql_api.operation import Operation, Spent
from graphql_api.plans.keeping import Plans
from graphql_api.reading.paging import PAGE_LIMIT
from graphql_api.recalled import RecalledQuery
from graphql_api.recent import Recent
from graphql_api.refusals import discreet, too_costly
from graphql_api.requests import (
    NOWHERE,
    Credentials,
    GraphQLRequest,
    OperationRefused,
    PreparedOperation,
    RequestRefused,
)
from graphql_api.schema import CORE_SCHEMA, SCHEMA
from graphql_api.transport.doorkeeper import Doorkeeper
from graphql_api.trusted import TrustedDocuments
from models.actors import Actor
from models.database import Database
from models.settings import SettingsError
from resolvers.doors import changes_of

BYTES_A_UNIT = 10
"""How much of an unknown document is read for a cost of 1."""

QUERIES_KEPT = 500
"""How many queries are remembered by their bytes."""

CHANGES = PAGE_LIMIT * MUTATION
"""What a mutation may cost beside what it shows: as many changes as one field may make."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, whoever sends it, and what that costs."""

    request: GraphQLRequest
    document: Document
    node: OperationDefinitionNode
    variables: VariableValues
    cost: int


class Engine:
    """The execution, as transports see it. Raises SettingsError where the trusted documents can't be used."""

    def __init__(self, database: Database, services: Services, *, planned: bool = True) -> None:
        self.plans = Plans(SCHEMA) if planned else None
        self._deliveries = Deliveries()
        self._callers = Callers(database, services.last_uses)
        self._services = services
        self._limits = services.settings.limits
        self._documents = Documents(self._limits)
        self._queries: Recent[bytes, Asked] = Recent(QUERIES_KEPT)
        self._met = [0] * QUERIES_KEPT
        self._budget = Budget(self._limits.cost_per_minute)
        self._trusted = TrustedDocuments.of(services.settings)
        self.doors = Doorkeeper(
            partial(changes_of, database),
            a_user=self._limits.sockets,
            an_address=self._limits.anonymous_sockets,
            proxies=services.settings.trusted_proxies,
        )
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

    def told(self) -> str:
        """How it goes, for operators."""
        return self.plans.told() if self.plans else "There are no plans."

    def known(self, body: bytes) -> GraphQLRequest | None:
        """A query that was asked before."""
        asked = self._queries.get(body)
        return None if asked is None else asked.request

    def recall(self, request: GraphQLRequest, credentials: Credentials) -> PreparedOperation | None:
        """A query of somebody who came before, its look-up of their credentials made part of its own statement."""
        if request.body is None or self._queries.get(request.body) is None:
            text = self._trusted.named(request)
            if text is None or not self._documents.is_known_query(text):
                return None
        caller = self._callers.recall(credentials)
        if caller is None:
            return None
        return RecalledQuery(self, self._services.last_uses.note, request, credentials, caller)

    async def prepare(self, request: GraphQLRequest, actor: Actor | None) -> Operation:
        """All that comes before running: those who show nothing get no further than operations that are open to all."""
        text = self._trusted.text(request, actor)
        if actor is None and not self._documents.is_open(text):
            raise RequestRefused("UNAUTHENTICATED", "Sign in, or send a token: Authorization: Bearer hd_...", 401)
        asked = self._asked(request, text, actor)
        limit = self._most(asked.node)
        if asked.cost > limit:
            raise too_costly(asked.cost, limit)
        spent = Spent(asked.cost, self._spend(actor, asked.cost))
        return Operation(
            actor,
            self._services,
            request,
            asked.document,
            asked.node,
            asked.variables,
            spent,
            self.plans,
            self._deliveries,
        )

    def _asked(self, request: GraphQLRequest, text: str, actor: Actor | None) -> Asked:
        """What a request asks for; queries of the same bytes are worked out once, whoever sends them."""
        known = self._queries.get(request.body) if request.body else None
        if known is not None:
            return known
        document = self._document(text, actor)
        node = document.operation(request.operation_name)
        declared = document.declared[id(node)]
        variables = declared.coerced(CORE_SCHEMA, request.variables, hide_suggestions=actor is None)
        cost = document.cost(node, variables.coerced, self._limits)
        asked = Asked(request, document, node, variables, cost)
        if request.body and document.only_queries and self._came_before(request.body):
            self._queries.keep(request.body, replace(asked, request=request.sent_by(NOWHERE)))
        return asked

    def _came_before(self, body: bytes) -> bool:
        """Whether the same bytes came not long ago, as far as is known; what is asked once is not worth a memory."""
        name = hash(body)
        place = name % len(self._met)
        before, self._met[place] = self._met[place], name
        return before == name

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
            raise (refusal if actor else discreet(refusal)) from None

    def _spend(self, actor: Actor | None, cost: int) -> int | None:
        """Take a cost off the budget of the caller's token; what is open to all has limits of its own."""
        if actor is None:
            return None
        return self._budget.spend(actor.token_id or actor.session_id or actor.user_id, cost)
