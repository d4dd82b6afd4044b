"""How large a document may be: checked on its text before it is parsed, and on its tree before it is validated.

Every check is linear in the document, whatever its fragments do, so that saying no is cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graphql_api.requests import OperationRefused
from models.settings import Limits

NESTING = 50
"""Braces and brackets within each other: more than any depth needs, and few enough for a recursive parser."""

# What brackets don't count in: block strings, strings, comments.
_TEXTS = re.compile(r'"""(?:[^"\\]|\\"""|\\|"(?!""))*+"""|"(?:[^"\\\n\r]|\\.)*+"|#[^\n\r]*+')
_BRACKETS = re.compile(r"[(\[{]|[)\]}]")


def refused(code: str, message: str) -> OperationRefused:
    """A document that is over a limit."""
    return OperationRefused([{"message": message, "extensions": {"code": code}}])


def check_text(text: str, limits: Limits) -> None:
    """Refuse a text that is too long or nested too deeply to be parsed."""
    if len(text) > limits.document_bytes or len(text.encode()) > limits.document_bytes:
        raise refused("DOCUMENT_TOO_LARGE", f"A document has at most {limits.document_bytes:,} bytes.")
    depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub("", text)):
        depth += 1 if bracket in "([{" else -1
        if depth > NESTING:
            raise refused("TOO_DEEP", f"A document nests at most {NESTING} brackets.")


@dataclass(slots=True)
class _Part:
    """What one operation or fragment holds by itself: how deep its fields go, and which fragments it spreads where."""

    depth: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    roots: set[str] = field(default_factory=set)
    root_spreads: set[str] = field(default_factory=set)
    aliases: int = 0
    directives: int = 0


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that is too deep, or that has too many aliases, directives or root fields."""
    fragments: dict[str, _Part] = {}
    operations: list[_Part] = []
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            fragments[node.name.value] = _part(node.selection_set, node.directives or ())
        elif isinstance(node, OperationDefinitionNode):
            declared = [each for variable in node.variable_definitions or () for each in variable.directives or ()]
            operations.append(_part(node.selection_set, [*(node.directives or ()), *declared]))
    parts = [*operations, *fragments.values()]
    _at_most(sum(part.aliases for part in parts), limits.aliases, "TOO_MANY_ALIASES", "aliases")
    _at_most(sum(part.directives for part in parts), limits.directives, "TOO_MANY_DIRECTIVES", "directives")
    for operation in operations:
        roots = len(_roots(operation, fragments))
        _at_most(roots, limits.root_fields, "TOO_MANY_ROOT_FIELDS", "fields at the root of an operation")
    _check_depth(operations, fragments, limits)


def _at_most(many: int, limit: int, code: str, what: str) -> None:
    if many > limit:
        raise refused(code, f"A document has at most {limit} {what}; this one has {many}.")


def _part(top: SelectionSetNode, directives: Sequence[DirectiveNode]) -> _Part:
    part = _Part(directives=len(directives))
    stack = [(top, 0)]
    while stack:
        selections, depth = stack.pop()
        for node in selections.selections:
            part.directives += len(node.directives or ())
            match node:
                case FieldNode(alias=alias, name=name, selection_set=inside):
                    part.depth = max(part.depth, depth + 1)
                    part.aliases += alias is not None
                    if not depth:
                        part.roots.add((alias or name).value)
                    if inside:
                        stack.append((inside, depth + 1))
                case InlineFragmentNode(selection_set=inside):
                    stack.append((inside, depth))
                case FragmentSpreadNode(name=name):
                    part.spreads.append((name.value, depth))
                    if not depth:
                        part.root_spreads.add(name.value)
    return part


def _roots(operation: _Part, fragments: dict[str, _Part]) -> set[str]:
    """The names under which an operation's own fields are answered, those of its fragments among them."""
    found, waiting, seen = set(operation.roots), list(operation.root_spreads), set[str]()
    while waiting:
        name = waiting.pop()
        if name in fragments and name not in seen:
            seen.add(name)
            found |= fragments[name].roots
            waiting += fragments[name].root_spreads
    return found


def _check_depth(operations: list[_Part], fragments: dict[str, _Part], limits: Limits) -> None:
    """A fragment is looked at again only where it begins deeper than before, so at most as often as the limit says."""
    begins: dict[str, int] = {}
    waiting = [(part, 0) for part in operations]
    while waiting:
        part, begin = waiting.pop()
        if begin + part.depth > limits.depth:
            raise refused("TOO_DEEP", f"Fields nest at most {limits.depth} deep.")
        for name, depth in part.spreads:
            if name in fragments and begin + depth > begins.get(name, -1):
                begins[name] = begin + depth
                waiting.append((fragments[name], begin + depth))


def root_fields(document: DocumentNode) -> Iterator[str]:
    """The names of all fields that the document's operations begin with, through fragments too."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    waiting = [node.selection_set for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    while waiting:
        for selection in waiting.pop().selections:
            match selection:
                case FieldNode(name=name):
                    yield name.value
                case InlineFragmentNode(selection_set=inside):
                    waiting.append(inside)
                case FragmentSpreadNode(name=name):
                    # Each fragment is opened once, so one that spreads itself ends too.
                    fragment = fragments.pop(name.value, None)
                    waiting += [fragment.selection_set] if fragment else []
