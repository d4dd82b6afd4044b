"""What clients of the last release rely on: nothing of it breaks, and what will go says when

`released.graphql` is the schema of the last release. A release replaces it: `cp schema.graphql
tests/schema/released.graphql`, and empties `INTENDED`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from graphql_api.schema import sdl

RELEASED = build_schema((Path(__file__).parent / "released.graphql").read_text())
# A break that is meant, by what graphql-core calls it, and the reason.
INTENDED: dict[str, str] = {}
DEPRECATION = re.compile(r"\S.* since (\d{4}-\d\d-\d\d), removed not before (\d{4}-\d\d-\d\d)\.")


def breaking(old: GraphQLSchema, new: GraphQLSchema) -> set[str]:
    """What a client that was written for the old schema would stumble over."""
    return {change.description for change in find_breaking_changes(old, new)}


def test_nothing_breaks_that_is_not_meant_to() -> None:
    assert breaking(RELEASED, build_schema(sdl())) == set(INTENDED)
    assert all(INTENDED.values())


def test_a_break_is_noticed() -> None:
    old = build_schema("type Query { ticket(id: ID!): String tags: [String!]! } enum Status { OPEN CLOSED }")
    new = build_schema("type Query { ticket(id: ID!, version: Int!): String } enum Status { OPEN }")

    assert breaking(old, new) == {
        "Field Query.tags was removed.",
        "A required argument Query.ticket(version:) was added.",
        "Enum value Status.CLOSED was removed.",
    }


# What may surprise a client that takes a closed set for closed: each kind of change that a release may bring.
SURPRISES = {"VALUE_ADDED_TO_ENUM", "TYPE_ADDED_TO_UNION", "OPTIONAL_INPUT_FIELD_ADDED", "OPTIONAL_ARG_ADDED"}
SURPRISES |= {"IMPLEMENTED_INTERFACE_ADDED"}


def test_defaults_stay_as_clients_know_them() -> None:
    """Of graphql-core's dangerous changes only a changed default alters what an old client's request means."""
    dangerous = {change.type.name for change in find_dangerous_changes(RELEASED, build_schema(sdl()))}

    assert dangerous <= SURPRISES


def deprecations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Everything that is deprecated, and why."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            members = {name: value.deprecation_reason for name, value in kind.values.items()}
        elif isinstance(kind, GraphQLInputObjectType):
            members = {name: field.deprecation_reason for name, field in kind.fields.items()}
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            members = {name: field.deprecation_reason for name, field in kind.fields.items()}
            for name, field in kind.fields.items():
                members |= {f"{name}({each}:)": given.deprecation_reason for each, given in field.args.items()}
        else:
            continue
        yield from ((f"{kind.name}.{name}", reason) for name, reason in members.items() if reason is not None)


def without_dates(schema: GraphQLSchema) -> set[str]:
    """What is deprecated without a reason, or without dates that make sense."""
    return {name for name, reason in deprecations(schema) if not _tells(reason)}


def _tells(reason: str) -> bool:
    found = DEPRECATION.fullmatch(reason)
    return found is not None and date.fromisoformat(found[1]) < date.fromisoformat(found[2])


def test_a_deprecation_says_why_and_until_when() -> None:
    assert without_dates(build_schema(sdl())) == set()


@pytest.mark.parametrize(
    ("reason", "enough"),
    [
        ("Use `tickets`; since 2026-11-25, removed not before 2027-05-25.", True),
        ("Use `tickets`.", False),
        (" since 2026-11-25, removed not before 2027-05-25.", False),
        ("Use `tickets`; since 2026-11-25, removed not before 2026-11-25.", False),
    ],
)
def test_a_deprecation_without_reason_or_dates_is_noticed(reason: str, enough: bool) -> None:
    said = f'@deprecated(reason: "{reason}")'
    schema = build_schema(
        f"type Query {{ old: Int {said} new(gone: Int {said}): State new2(input: Given): Int }}"
        f" input Given {{ gone: Int {said} }} enum State {{ NEW OLD {said} }}"
    )

    everything = {"Query.old", "Query.new(gone:)", "Given.gone", "State.OLD"}
    assert {name for name, _ in deprecations(schema)} == everything
    assert without_dates(schema) == (set() if enough else everything)
