"""Random queries, made from the schema: whatever it says can be asked is asked sooner or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from graphql_api.schema import CORE_SCHEMA

DEEPEST = 5
WIDEST = 7


@dataclass(frozen=True)
class Pool:
    """What arguments are made of: values that mean something to the data, and some that don't."""

    ids: Sequence[str]
    cursors: Sequence[str]
    texts: Sequence[str]
    instants: Sequence[str]


@dataclass
class Document:
    """A query in the making."""

    random: Random
    pool: Pool
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    def text(self) -> str:
        """A whole document; `variables` and its declarations are then filled."""
        root = CORE_SCHEMA.query_type
        assert root
        body = self.selection(root, DEEPEST, widest=2)
        opening = f"query({', '.join(self.declared)}) " if self.declared else ""
        return "\n".join([opening + body, *self.fragments])

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self.random.random() < share

    def name(self, prefix: str) -> str:
        """A name that is nobody else's."""
        self.names += 1
        return f"{prefix}{self.names}"

    def selection(self, kind: GraphQLNamedType, depth: int, widest: int = WIDEST) -> str:
        """Some fields of a type, in braces."""
        parts = self.parts(kind, depth, widest)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def parts(self, kind: GraphQLNamedType, depth: int, widest: int = WIDEST) -> list[str]:
        """Selections on a type."""
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            fields = [
                (name, each)
                for name, each in kind.fields.items()
                if depth > 1 or is_leaf_type(get_named_type(each.type))
            ]
            chosen = self.random.sample(fields, min(len(fields), self.random.randint(1, widest)))
            parts = [self.field(name, each, depth) for name, each in chosen]
            if self.chance(0.15):
                parts.append(self.directed("__typename"))
            if chosen and self.chance(0.1):
                name, each = self.random.choice(chosen)
                parts.append(self.field(name, each, depth))
            wrapped = [self.wrapped(part, kind, depth) for part in parts]
        else:
            wrapped = ["__typename"]
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType) and depth > 1:
            members = CORE_SCHEMA.get_possible_types(kind)
            for member in self.random.sample(members, min(len(members), 2)):
                inside = self.selection(member, depth - 1)
                wrapped.append(self.fragment(member, inside) if self.chance(0.3) else f"... on {member.name} {inside}")
        return wrapped

    def wrapped(self, part: str, kind: GraphQLNamedType, depth: int) -> str:
        """The selection itself, or in a fragment."""
        if self.chance(0.07):
            return f"... {self.directive()} {{ {part} }}"
        if self.chance(0.07):
            condition = kind
            if isinstance(kind, GraphQLObjectType) and kind.interfaces and self.chance(0.3) and part == "__typename":
                condition = self.random.choice(kind.interfaces)
            return f"... on {condition.name} {{ {part} }}"
        if self.chance(0.05):
            return self.fragment(kind, f"{{ {part} }}")
        return part

    def fragment(self, kind: GraphQLNamedType, inside: str) -> str:
        """A named fragment, spread once or twice."""
        name = self.name("f")
        self.fragments.append(f"fragment {name} on {kind.name} {inside}")
        return f"...{name} {self.directive()}" + (f" ...{name}" if self.chance(0.2) else "")

    def directive(self) -> str:
        """@skip or @include, now and then."""
        if not self.chance(0.3):
            return ""
        kind = self.random.choice(["skip", "include"])
        value = self.random.choice(["true", "false"])
        if self.chance(0.5):
            name = self.name("v")
            self.declared.append(f"${name}: Boolean!")
            self.variables[name] = value == "true"
            value = f"${name}"
        return f"@{kind}(if: {value})"

    def directed(self, part: str) -> str:
        """The field, perhaps with a directive."""
        return f"{part} {self.directive()}" if self.chance(0.1) else part

    def field(self, name: str, declared: GraphQLField, depth: int) -> str:
        """One field with arguments and, mostly, a name that no other answer takes."""
        given = self.arguments(declared.args)
        alias = f"{self.name('a')}: " if given or self.chance(0.3) or not is_leaf_type(declared.type) else ""
        named = get_named_type(declared.type)
        inside = "" if is_leaf_type(named) else " " + self.selection(named, depth - 1)
        return f"{alias}{name}{given}{' ' + self.directive() if self.chance(0.1) else ''}{inside}"

    def arguments(self, declared: Mapping[str, GraphQLArgument]) -> str:
        """Arguments in parentheses; required ones always."""
        parts = []
        # Most cursors are of another list.
        chosen = [
            name
            for name in declared
            if is_required_argument(declared[name]) or self.chance(0.08 if name in {"after", "before"} else 0.35)
        ]
        if {"first", "last"} <= set(chosen) and not self.chance(0.1):
            chosen.remove(self.random.choice(["first", "last"]))
        for name in chosen:
            kind = declared[name].type
            value = self.value(kind, name)
            if self.chance(0.4):
                variable = self.name("v")
                self.declared.append(f"${variable}: {kind}")
                self.variables[variable] = value
                parts.append(f"{name}: ${variable}")
            else:
                parts.append(f"{name}: {literal(value, kind)}")
        return f"({', '.join(parts)})" if parts else ""

    def value(self, kind: GraphQLInputType, name: str) -> Any:
        """A value of an input type as JSON."""
        if is_non_null_type(kind):
            return self.present(kind.of_type, name)
        return None if self.chance(0.1) else self.present(kind, name)

    def present(self, kind: GraphQLInputType, name: str) -> Any:
        """A value that is not null."""
        if is_list_type(kind):
            return [self.value(kind.of_type, name) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                inner: self.value(each.type, inner)
                for inner, each in kind.fields.items()
                if is_required_input_field(each) or self.chance(0.2)
            }
        match kind.name:  # type: ignore[union-attr]
            case "ID":
                return self.random.choice(self.pool.ids)
            case "Int":
                return self.random.choice(
                    [0, 1, 1, 2, 2, 3, 5, 20, 100, 101, -1] if name in {"first", "last"} else [1, 3, 7]
                )
            case "Float":
                return self.random.choice([0.0, 0.5, 1.0])
            case "Boolean":
                return self.chance(0.5)
            case "DateTime":
                return self.random.choice(self.pool.instants)
            case _:
                return self.random.choice(self.pool.cursors if name in {"after", "before"} else self.pool.texts)


def literal(value: Any, kind: GraphQLInputType) -> str:
    """A JSON value in GraphQL's spelling."""
    if is_non_null_type(kind):
        return literal(value, kind.of_type)
    if value is None:
        return "null"
    if is_list_type(kind):
        return f"[{', '.join(literal(each, kind.of_type) for each in value)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(value)
    if isinstance(kind, GraphQLInputObjectType):
        return "{" + ", ".join(f"{name}: {literal(each, kind.fields[name].type)}" for name, each in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return str(value)
