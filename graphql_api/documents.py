"""Documents: from text to a tree that is within the limits and valid, remembered by their text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    Source,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails

from graphql_api.limits.cost import Estimate, weighty_variables
from graphql_api.limits.overlaps import FieldsShareTheirPlaces
from graphql_api.limits.shape import check_shape, check_text, refused, root_fields
from graphql_api.names import camel
from graphql_api.problems import coded
from graphql_api.recent import Recent
from graphql_api.requests import OperationRefused
from graphql_api.schema import CORE_SCHEMA, PRICES
from graphql_api.variables import Declared
from models.settings import Limits
from resolvers.access import OPEN_TO_ALL

KEPT, LEAST = 4_000_000, 4_000
"""How much text of documents is remembered; each counts for at least so much, so that there are at most a thousand."""

REFUSALS_KEPT = 1_000
COSTS_KEPT = 50
PLANS_KEPT = 20
MOST_ERRORS = 20
OPEN_FIELDS = frozenset({"__typename", *map(camel, OPEN_TO_ALL)})
INTROSPECTION = frozenset({"__typename", "__schema", "__type"})

_RULES = [FieldsShareTheirPlaces if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules]


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document, with what running its operations needs again and again.

    `switches` are the variables of @skip and @include; what its operations' `declared` variables are, is found by their
    identity. The `plans` are those of whoever runs it.
    """

    text: str
    node: DocumentNode
    roots: frozenset[str]
    fragments: Mapping[str, FragmentDefinitionNode]
    details: Mapping[str, FragmentDetails]
    weighty: frozenset[str]
    only_queries: bool
    switches: tuple[str, ...]
    declared: Mapping[int, Declared]
    costs: Recent[Any, int] = field(default_factory=lambda: Recent(COSTS_KEPT))
    plans: Recent[Any, Any] = field(default_factory=lambda: Recent(PLANS_KEPT))

    @classmethod
    def of(cls, text: str, node: DocumentNode) -> Document:
        """A document that has been found valid."""
        fragments = {part.name.value: part for part in node.definitions if isinstance(part, FragmentDefinitionNode)}
        details = {name: FragmentDetails(part) for name, part in fragments.items()}
        roots = frozenset(root_fields(node))
        operations = [part for part in node.definitions if isinstance(part, OperationDefinitionNode)]
        only_queries = all(part.operation is OperationType.QUERY for part in operations)
        declared = {id(part): Declared.by(CORE_SCHEMA, part) for part in operations}
        weighty = weighty_variables(node, PRICES)
        switches = _switches(node) if "@" in text else ()
        return cls(text, node, roots, fragments, details, weighty, only_queries, switches, declared)

    @property
    def only_introspects(self) -> bool:
        """Whether it asks about the schema only, and so is answered without a row."""
        return self.roots <= INTROSPECTION

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run."""
        found = get_operation_ast(self.node, name)
        if found is None:
            message = f"The document has no operation {name[:100]!r}." if name else "Say which operation to run."
            raise OperationRefused([{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}])
        return found

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, Any], limits: Limits) -> int:
        """What an operation costs with these variables, worked out once for all that weigh alike."""
        weights = [_weight(variables.get(name)) for name in self.weighty]
        key = (id(operation), *weights)
        known = None if None in weights else self.costs.get(key)
        if known is None:
            known = Estimate(CORE_SCHEMA, PRICES, self.node, variables, limits.page).cost(operation)
            self.costs.keep(key, known)
        return known


def _weight(value: object) -> object:
    """What of a variable's value decides costs; None for an input whose inside may matter."""
    if isinstance(value, list):
        return "list", len(value)
    if value is None or isinstance(value, int | str):
        return type(value), isinstance(value, str) or value
    return None


class Documents:
    """All documents that the process has met lately, valid or not; bounded by their size and number."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: LRUCache[str, Document] = LRUCache(KEPT, getsizeof=lambda each: max(LEAST, len(each.text)))
        # Whoever sends what can't be run again and again shall not have it looked at again.
        self._refused: LRUCache[bytes, bytes] = LRUCache(REFUSALS_KEPT)

    def knows(self, text: str) -> bool:
        """Whether it costs nothing to say what is to be said of the text."""
        return text in self._known or _digest(text) in self._refused

    def is_known_query(self, text: str) -> bool:
        """Whether the text is that of a document which was valid when it last came, of queries only."""
        known = self._known.get(text)
        return known is not None and known.only_queries

    def is_open(self, text: str) -> bool:
        """Whether the document begins at nothing but operations that need no credentials."""
        known = self._known.get(text)
        try:
            roots = known.roots if known else frozenset(root_fields(self._parsed(text)))
        except OperationRefused:
            return False
        return roots <= OPEN_FIELDS and not roots <= {"__typename"}

    def document(self, text: str) -> Document:
        """The document of a text; raises OperationRefused for one that is over a limit or not valid."""
        if known := self._known.get(text):
            return known
        if errors := self._refused.get(_digest(text)):
            raise OperationRefused(orjson.loads(errors))
        try:
            document = Document.of(text, self._valid(text))
        except OperationRefused as refusal:
            self._refused[_digest(text)] = refusal.errors
            raise
        self._known[text] = document
        return document

    def _parsed(self, text: str) -> DocumentNode:
        check_text(text, self._limits)
        source = Source(text)
        try:
            node = parse(source, max_tokens=self._limits.tokens)
            _refuse_nul(node, source)
        except GraphQLSyntaxError as error:
            if "tokens. Parsing aborted" in error.message:
                raise refused("TOO_MANY_TOKENS", f"A document has at most {self._limits.tokens} tokens.") from None
            raise OperationRefused([coded(error, "GRAPHQL_PARSE_FAILED")]) from None
        return node

    def _valid(self, text: str) -> DocumentNode:
        node = self._parsed(text)
        check_shape(node, self._limits)
        errors = validate(CORE_SCHEMA, node, _RULES, max_errors=MOST_ERRORS)
        if errors:
            raise OperationRefused([coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        return node


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _refuse_nul(document: DocumentNode, source: Source) -> None:
    """Requests come without NUL, but a document may still spell one (`\\u0000`), which PostgreSQL's text can't hold."""
    token = document.loc.start_token if document.loc else None
    while token:
        if token.value and "\0" in token.value:
            raise GraphQLSyntaxError(source, token.start, "A string contains a NUL, which no text may.")
        token = token.next


def _switches(document: DocumentNode) -> tuple[str, ...]:
    """The variables that @skip and @include ask."""
    found: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: DirectiveNode, *_rest: Any) -> None:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    found.add(argument.value.name.value)

    visit(document, Directives())
    return tuple(sorted(found))
