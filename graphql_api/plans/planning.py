"""Makes plans and keeps them: one for each document, operation, role and outcome of @skip and @include."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    visit,
)
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments

from graphql_api.documents import Document
from graphql_api.ids import decode
from graphql_api.loaders import Condition
from graphql_api.paging import Order, Page
from graphql_api.plans.compiling import Compiler, Selected
from graphql_api.plans.mutating import MakeInfo, Verb
from graphql_api.plans.pages import connection, page_given
from graphql_api.plans.running import AnyRow, FeedCursor, Permitted, Root, Rooted, Typename, Viewer, by_key
from graphql_api.plans.shapes import Given, RootRows, Select, Unplanned
from graphql_api.plans.values import writer
from graphql_api.reads import RowType
from graphql_api.roots import AllRows, AnyNode, ByColumn, ById, RootField, WholeList
from graphql_api.search import terms_of
from graphql_api.types.organizations import OrganizationType, UserType
from models.actors import Actor
from models.errors import HelpdeskError
from models.rows import layout

if TYPE_CHECKING:
    from strawberry import Schema

    from graphql_api.context import Context

DOCUMENTS_KEPT = 500
PLANS_KEPT = 20

_OF_THE_ACTOR = frozenset({"role", "permissions", "expiresAt"})

Read = Callable[[Any, Actor], Given]


@dataclass(slots=True)
class Plan:
    """A query's root fields, or a mutation's verbs, by their names in the answer; or why there is no plan."""

    roots: Mapping[str, Root] = field(default_factory=dict)
    verbs: Mapping[str, Verb | Typename] = field(default_factory=dict)
    why_not: str = ""


@dataclass(slots=True)
class Planned:
    """A document's plans, by operation, role and outcome of its switches: the variables of @skip and @include."""

    document: Document
    switches: tuple[str, ...]
    plans: LRUCache[Any, Plan] = field(default_factory=lambda: LRUCache(PLANS_KEPT))


class Plans:
    """All plans of a process. `counts` says how often one was found, made, or given up, and why."""

    def __init__(self, schema: Schema) -> None:
        self._strawberry = schema
        self._schema: GraphQLSchema = schema._schema
        # By the document's identity, which nobody else takes as long as it is kept here.
        self._documents: LRUCache[int, Planned] = LRUCache(DOCUMENTS_KEPT)
        self.counts: Counter[str] = Counter()

    async def run(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, context: Context
    ) -> dict[str, Any]:
        """A query's data. Raises Unplanned, or what a field was refused for, where the executor has to find it."""
        plan = self._plan(document, operation, values, context.actor)
        if plan.why_not:
            self._give_up(plan.why_not)
            raise Unplanned(plan.why_not)
        try:
            return {key: await root.run(context, values) for key, root in plan.roots.items()}
        except (Unplanned, HelpdeskError) as refusal:
            self._give_up(str(refusal))
            raise

    async def change(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: VariableValues,
        context: Context,
        info: MakeInfo,
    ) -> dict[str, Any] | None:
        """Carry a mutation out; its data, or None where nothing was done and the ordinary executor has to do all."""
        plan = self._plan(document, operation, values, context.actor)
        if plan.why_not:
            self._give_up(plan.why_not)
            return None
        kind = self._schema.mutation_type
        try:
            for verb in plan.verbs.values():
                if isinstance(verb, Verb):
                    verb.check(values, context)
        except (Unplanned, HelpdeskError) as refusal:
            self._give_up(str(refusal))
            return None
        data: dict[str, Any] = {}
        for key, verb in plan.verbs.items():
            if isinstance(verb, Verb) and kind:
                data[key] = await verb.run(context, values, kind, key, info)
            elif isinstance(verb, Typename):
                data[key] = verb.value
        return data

    def _give_up(self, reason: str) -> None:
        self.counts["fallback"] += 1
        self.counts[f"fallback: {reason}"] += 1

    def _plan(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, actor: Actor
    ) -> Plan:
        known = self._documents.get(id(document))
        if known is None:
            known = self._documents[id(document)] = Planned(document, _switches(document.node))
        name = (id(operation), actor.role, tuple(values.coerced.get(switch) for switch in known.switches))
        plan = known.plans.get(name)
        if plan is not None:
            self.counts["hit"] += 1
            return plan
        self.counts["miss"] += 1
        try:
            plan = self._made(document, operation, values, actor)
        except Unplanned as refusal:
            plan = Plan(why_not=str(refusal))
        known.plans[name] = plan
        return plan

    def _made(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, actor: Actor
    ) -> Plan:
        fragments = dict(document.details)

        def compiler() -> Compiler:
            return Compiler(self._schema, operation, fragments, values, actor)

        kind = self._schema.get_root_type(operation.operation)
        if kind is None:
            raise Unplanned("no such kind of operation")
        roots = compiler().roots(kind)
        if operation.operation is OperationType.MUTATION:
            return Plan(verbs={key: self._verb(compiler, selected) for key, selected in roots.items()})
        return Plan({key: self._root(compiler, kind, selected) for key, selected in roots.items()})

    def _verb(self, compiler: Callable[[], Compiler], selected: Selected) -> Verb | Typename:
        if selected.node.name.value == "__typename":
            return Typename("Mutation")
        result = get_named_type(selected.field.type)
        if not isinstance(result, GraphQLUnionType):
            raise Unplanned(f"{result.name} is not a union")
        rows: dict[type[RowType], Rooted] = {}
        plain: dict[type, Callable[[Any], Any]] = {}
        for member in result.types:
            origin = member.extensions["strawberry-definition"].origin
            if issubclass(origin, RowType):
                rows[origin] = one_row(compiler(), origin, selected, _no_key)
            else:
                plain[origin] = _plain(compiler().subfields(member, selected), member)
        return Verb(selected, compiler().arguments(selected), rows, plain)

    def _root(self, compiler: Callable[[], Compiler], kind: GraphQLObjectType, selected: Selected) -> Root:
        name = selected.node.name.value
        if name == "__typename":
            return Typename(kind.name)
        declared: Any = selected.field.extensions.get("strawberry-definition")
        if name == "feedCursor":
            return FeedCursor()
        if name == "viewer":
            return self._viewer(compiler, selected)
        if type(declared) is not RootField:
            raise Unplanned(f"{kind.name}.{name} has a resolver of its own")
        source, operation = declared.source, declared.python_name
        arguments = self._arguments(compiler(), declared, selected)
        match source:
            case ById(target):
                prefix = target().prefix
                read: Read = lambda values, _actor: by_key(decode(prefix, arguments(values)["id"]))  # noqa: E731
                return Permitted(operation, one_row(compiler(), target(), selected, read))
            case ByColumn(target, column):
                template = (f"t.{column} = {{}}",)
                read = lambda values, _actor: Given(column, [arguments(values)[column]], templates=template)  # noqa: E731
                return Permitted(operation, one_row(compiler(), target(), selected, read))
            case AnyNode(many=True):
                raise Unplanned("ids of many types, and a statement each would be too many")
            case AnyNode():
                return AnyRow(
                    operation, source, arguments, lambda target: one_row(compiler(), target, selected, _no_key)
                )
            case WholeList():
                return Permitted(operation, _whole_list(compiler(), source, selected, arguments))
            case AllRows():
                return Permitted(operation, _all_rows(compiler(), source, selected, arguments))
            case other:
                raise Unplanned(f"{type(other).__name__} is not a source that plans know")

    def _viewer(self, compiler: Callable[[], Compiler], selected: Selected) -> Root:
        kind = self._schema.type_map["Viewer"]
        if not isinstance(kind, GraphQLObjectType):
            raise Unplanned("a viewer is no object")
        parts: dict[str, str | Typename | Rooted] = {}
        for key, inner in compiler().subfields(kind, selected).items():
            match inner.node.name.value:
                case "__typename":
                    parts[key] = Typename(kind.name)
                case "user":
                    parts[key] = one_row(compiler(), UserType, inner, _no_key)
                case "organization":
                    parts[key] = one_row(compiler(), OrganizationType, inner, _no_key)
                case name if name in _OF_THE_ACTOR:
                    parts[key] = name
                case name:
                    raise Unplanned(f"Viewer.{name} is not known of viewers")
        return Viewer(parts)

    def _arguments(
        self, compiler: Compiler, declared: RootField, selected: Selected
    ) -> Callable[[Any], Mapping[str, Any]]:
        """A root field's arguments as Python knows them, inputs made into their classes."""
        registry, config = self._strawberry.schema_converter.scalar_registry, self._strawberry.config

        def made(given: Mapping[str, Any]) -> Mapping[str, Any]:
            return convert_arguments(dict(given), declared.arguments, registry, config)

        return compiler.arguments(selected, made)


def one_row(compiler: Compiler, target: type[RowType], selected: Selected, read: Read) -> Rooted:
    """One row of a type, which `read` says how to find."""
    rows = Select("t", target.table)
    place = compiler.place(read)
    written = compiler.row(rows, "t", target, selected)
    write = compiler.finish(f"next(({written} for r in rows), None)")
    return Rooted(RootRows(rows, place), compiler.places, write)


def _whole_list(
    compiler: Compiler, source: WholeList, selected: Selected, arguments: Callable[[Any], Mapping[str, Any]]
) -> Rooted:
    """All rows that fulfil the conditions."""

    def read(values: Any, actor: Actor) -> Given:
        conditions = source.conditions(arguments(values), actor)
        templates = tuple(template for template, _ in conditions)
        return Given(templates, _bound(conditions), order=source.order, templates=templates)

    target = source.target()
    rows = Select("t", target.table)
    place = compiler.place(read)
    written = compiler.row(rows, "t", target, selected)
    return Rooted(RootRows(rows, place), compiler.places, compiler.finish(f"[{written} for r in rows]"))


def _plain(asked: Mapping[str, Selected], kind: GraphQLObjectType) -> Callable[[Any], Any]:
    """How an object of plain values is written."""
    written: dict[str, Callable[[Any], Any]] = {}
    for key, selected in asked.items():
        if selected.node.name.value == "__typename":
            written[key] = lambda _shown: kind.name
        elif is_leaf_type(get_named_type(selected.field.type)):
            written[key] = _attribute(selected)
        else:
            raise Unplanned(f"{kind.name}.{selected.node.name.value} is no plain value")
    return lambda shown: {key: write(shown) for key, write in written.items()}


def _attribute(selected: Selected) -> Callable[[Any], Any]:
    name, write = selected.field.extensions["strawberry-definition"].python_name, writer(selected.field.type)
    return lambda shown: write(getattr(shown, name))


def _no_key(_values: Any, _actor: Actor) -> Given:
    raise LookupError("the key comes from elsewhere")


def _all_rows(
    compiler: Compiler, source: AllRows, selected: Selected, arguments: Callable[[Any], Mapping[str, Any]]
) -> Rooted:
    target = source.target()
    types = layout(target.table).types

    def read(values: Any, actor: Actor) -> Given:
        given = arguments(values)
        if source.by_relevance and terms_of(given):
            raise Unplanned("a search takes several statements")
        page = Page.of(given)
        order: Order = source.order(given, actor)
        conditions = source.conditions(given, actor)
        templates = tuple(template for template, _ in conditions)
        paged = page_given(page, order, types)
        bound = [*_bound(conditions), *paged.values]
        return Given((paged.shape, order, templates), bound, page, order, templates)

    rows = Select("t", target.table)
    place = compiler.place(read)
    page = connection(compiler, rows, target, selected, ordered=place)
    write = compiler.finish(page.call("rows", "count"))
    return Rooted(RootRows(rows, place, page.cursors, page.listed, page.counted), compiler.places, write)


def _bound(conditions: Sequence[Condition]) -> list[object]:
    """The values of the conditions that have one."""
    return [value for template, value in conditions if "{}" in template]


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
