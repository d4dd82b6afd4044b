"""What an operation costs, estimated before it runs: every field once for each time that it can be answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    visit,
)

from graphql_api.limits.pricing import CENTS, LEAF, Price, Prices
from graphql_api.limits.shape import refused
from graphql_api.reading.paging import PAGE_LIMIT

# Costs by the type of object that they are paid for.
Parts = Mapping[str, int]


class Estimate:
    """The cost of a validated document's operations with one set of coerced variables.

    What a fragment costs is worked out once for each length of the page that it stands in, so chains of fragments that
    double at every step cost no more to estimate than to read. A field that several fragments ask for, each pays for.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        prices: Prices,
        document: DocumentNode,
        variables: Mapping[str, Any],
        page_limit: int,
    ) -> None:
        self._schema = schema
        self._prices = prices
        self._variables = variables
        self._page_limit = page_limit
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, Page], Parts] = {}

    def cost(self, operation: OperationDefinitionNode) -> int:
        """The operation's cost, at least 1."""
        root = self._schema.get_root_type(operation.operation)
        cents = self._inside(operation.selection_set, root, _NO_PAGE) if root else 0
        return max(1, -(-cents // CENTS))

    def _inside(self, selections: SelectionSetNode, parent: GraphQLNamedType, page: Page) -> int:
        """What is inside one object of a type: of several types, the dearest."""
        parts = self._parts(selections, parent, page)
        if not is_abstract_type(parent):
            return sum(parts.values())
        return max(
            (
                sum(cents for name, cents in parts.items() if self._covers(name, kind.name))
                for kind in self._schema.get_possible_types(parent)
            ),
            default=0,
        )

    def _covers(self, name: str, kind: str) -> bool:
        wide = self._schema.type_map[name]
        return name == kind or (is_abstract_type(wide) and self._schema.is_sub_type(wide, self._schema.type_map[kind]))

    def _parts(self, selections: SelectionSetNode, parent: GraphQLNamedType, page: Page) -> Parts:
        parts: dict[str, int] = defaultdict(int)
        opened: set[str] = set()
        waiting = [(selections, parent)]
        while waiting:
            selection_set, kind = waiting.pop()
            for node in selection_set.selections:
                if not self._included(node.directives or ()):
                    continue
                match node:
                    case FieldNode():
                        parts[kind.name] += self._field(node, kind, page)
                    case InlineFragmentNode(type_condition=condition, selection_set=inside):
                        waiting.append((inside, self._schema.type_map[condition.name.value] if condition else kind))
                    case FragmentSpreadNode(name=name) if name.value not in opened:
                        opened.add(name.value)
                        for each, cents in self._fragment(name.value, page).items():
                            parts[each] += cents
        return parts

    def _fragment(self, name: str, page: Page) -> Parts:
        if (name, page) not in self._known:
            fragment = self._fragments[name]
            kind = self._schema.type_map[fragment.type_condition.name.value]
            self._known[name, page] = self._parts(fragment.selection_set, kind, page)
        return self._known[name, page]

    def _field(self, node: FieldNode, parent: GraphQLNamedType, page: Page) -> int:
        name = node.name.value
        price = self._prices.get((parent.name, name), _TYPENAME)
        size = page.size if name in page.fields else self._size(node, price)
        inside = 0
        if node.selection_set:
            field = self._schema.get_field(parent, name)  # type: ignore[arg-type]
            kind = get_named_type(field.type) if field else parent
            inside = self._inside(node.selection_set, kind, Page(size, price.sized) if price.sized else _NO_PAGE)
        times = 1 if price.sized else size
        return times * (price.weight + inside) + self._extra(node, price)

    def _size(self, node: FieldNode, price: Price) -> int:
        """How many there are: what the first slicing argument that is given says."""
        for path in price.slicing:
            given = self._given(node, path)
            if isinstance(given, list | tuple):
                return self._length(len(given), price)
            if isinstance(given, int):
                return self._length(given, price)
        return price.assumed

    def _length(self, asked: int, price: Price) -> int:
        """A list's length. What the schema rules out is refused where the field runs, with the place in the answer."""
        if price.longest > PAGE_LIMIT:
            return max(0, min(asked, price.longest))
        if PAGE_LIMIT >= asked > self._page_limit:
            raise refused("INVALID_INPUT", f"A page has 0 to {self._page_limit} rows here.")
        return max(0, min(asked, self._page_limit))

    def _extra(self, node: FieldNode, price: Price) -> int:
        return sum(cents for name, cents in price.arguments.items() if self._given(node, name) not in (None, ""))

    def _given(self, node: FieldNode, path: str) -> Any:
        """The value at a path of an argument, `input.ids`; a literal list stands for itself, member by member."""
        name, *rest = path.split(".")
        value: Any = next((each.value for each in node.arguments or () if each.name.value == name), None)
        for step in rest:
            if isinstance(value, ObjectValueNode):
                value = next((each.value for each in value.fields or () if each.name.value == step), None)
            else:
                value = self._value(value)
                value = value.get(step) if isinstance(value, dict) else None
        return self._value(value)

    def _value(self, value: Any) -> Any:
        match value:
            case VariableNode(name=name):
                return self._variables.get(name.value)
            case IntValueNode(value=digits):
                # Longer ones are no Int, and int() refuses them at length.
                return int(digits) if len(digits) < 12 else self._page_limit
            case ListValueNode(values=values):
                return values or ()
            case ObjectValueNode():
                return value
            case ValueNode():
                return getattr(value, "value", None)
        return value

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            wanted = {"skip": False, "include": True}.get(directive.name.value)
            for argument in directive.arguments or () if wanted is not None else ():
                if bool(self._value(argument.value)) is not wanted:
                    return False
        return True


class Page(NamedTuple):
    """A page around a selection: its length, and the fields that are that long."""

    size: int
    fields: tuple[str, ...]


_NO_PAGE = Page(1, ())
_TYPENAME = Price(LEAF)


def weighty_variables(document: DocumentNode, prices: Prices) -> frozenset[str]:
    """The variables that may change what an operation of the document costs."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for (_, field), price in prices.items():
        names[field] |= {path.partition(".")[0] for path in (*price.slicing, *price.arguments)}
    found = _Weighty(names)
    visit(document, found)
    return frozenset(found.variables)


class _Weighty(Visitor):
    """`names` are those arguments of a field, whatever type has it, that its price depends on."""

    def __init__(self, names: Mapping[str, Collection[str]]) -> None:
        super().__init__()
        self._names = names
        self.variables: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """A field, which may be paid for by its arguments."""
        self._take(node.arguments or (), self._names.get(node.name.value, ()))

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """A directive, which may leave a field out."""
        self._take(node.arguments or (), ("if",))

    def _take(self, arguments: Iterable[ArgumentNode], names: Collection[str]) -> None:
        found = _Variables()
        for argument in arguments:
            if argument.name.value in names:
                visit(argument.value, found)
        self.variables |= found.names


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        """A variable's use."""
        self.names.add(node.name.value)
