"""The schema: exported, described, and every field of it with a place that its values come from"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graphql_api.queries import NODES
from graphql_api.reading.event_log import EventsOf
from graphql_api.reading.reads import (
    BySettings,
    Column,
    Computed,
    CountOf,
    EachOf,
    Identity,
    Loaded,
    ReadField,
    RowType,
    ToFirst,
    ToMany,
    ToOne,
    Values,
)
from graphql_api.reading.roots import Saved
from graphql_api.schema import CORE_SCHEMA, SCHEMA, sdl
from graphql_api.types.canned_responses import CannedResponseUsageType
from graphql_api.types.compliance import SlaComplianceType
from graphql_api.types.event import EventType, ResyncRequiredType
from graphql_api.types.events import EVENT_TYPES
from graphql_api.types.service_levels import SlaConditionType, SlaEscalationType
from models.events import FACTS
from models.log import Event as EventRow
from models.organizations import Settings
from models.rows import layout
from models.sla import Condition, Escalation
from resolvers.compliance import Compliance

COMMITTED = Path(__file__).parents[2] / "schema.graphql"
OURS = [
    kind
    for kind in CORE_SCHEMA.type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]


def test_the_committed_file_is_the_schema() -> None:
    assert COMMITTED.read_text() == sdl(), "run `helpdesk schema export`"
    build_schema(sdl())


def described() -> Iterator[tuple[str, str | None]]:
    """Everything in the schema that a reference tells of, and what it says."""
    for kind in OURS:
        yield kind.name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument, declared in field.args.items():
                    yield f"{kind.name}.{name}({argument}:)", declared.description
        elif isinstance(kind, GraphQLInputObjectType):
            for name, declared in kind.fields.items():
                yield f"{kind.name}.{name}", declared.description
        elif isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description


def test_everything_has_a_description() -> None:
    everything = dict(described())

    assert [name for name, text in everything.items() if not (text or "").strip()] == []
    assert len(everything) > 250
    # A description is a sentence: it ends like one, and does not run on for a page.
    for name, text in everything.items():
        assert text and text.rstrip()[-1] in ".!?)`", name
        assert len(text) < 400, name


def test_names_are_spelled_as_clients_expect() -> None:
    for name in dict(described()):
        _, _, member = name.partition(".")
        for part in re.findall(r"\w+", member or ""):
            assert re.fullmatch(r"[a-z][a-zA-Z0-9]*|[A-Z][A-Z0-9_]*", part), name


def test_every_mutation_answers_with_a_result_or_a_problem() -> None:
    assert CORE_SCHEMA.mutation_type
    for name, field in CORE_SCHEMA.mutation_type.fields.items():
        kind = get_named_type(field.type)
        assert kind.name.endswith("Result"), name
        assert "Problem" in {member.name for member in CORE_SCHEMA.get_possible_types(kind)}, name


def definition_of(kind: type) -> StrawberryObjectDefinition:
    """What Strawberry knows of a type."""
    definition: StrawberryObjectDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    return definition


def test_every_fact_has_an_event_type_of_its_name() -> None:
    names = {fact.__name__: definition_of(shown).name for fact, shown in EVENT_TYPES.items()}
    assert names == {name: name for name in FACTS}
    event = CORE_SCHEMA.type_map["Event"]
    shown = {kind.name for kind in CORE_SCHEMA.get_possible_types(event)}  # type: ignore[arg-type]
    assert shown == set(FACTS)


def row_types() -> list[type[RowType]]:
    """Every type that shows rows."""
    found = [definition.origin for definition in _definitions() if issubclass(definition.origin, RowType)]
    assert {*NODES.values(), *EVENT_TYPES.values()} <= set(found)
    return found


def _definitions() -> list[StrawberryObjectDefinition]:
    kinds = [SCHEMA.get_type_by_name(kind.name) for kind in OURS]
    return [kind for kind in kinds if isinstance(kind, StrawberryObjectDefinition) and not kind.is_input]


def test_no_field_lacks_a_source_or_a_resolver() -> None:
    for definition in _definitions():
        for field in definition.fields:
            attribute = definition.origin.__dataclass_fields__.get(field.python_name)
            assert (
                isinstance(field, ReadField)
                or field.base_resolver
                or (attribute is not None and not issubclass(definition.origin, RowType))
            ), f"{definition.name}.{field.name}"


def sources() -> list[Any]:
    """Every field of a row and where it comes from."""
    return [
        pytest.param(kind, field, id=f"{definition_of(kind).name}.{field.name}")
        for kind in row_types()
        for field in definition_of(kind).fields
    ]


@pytest.mark.parametrize(("kind", "field"), sources())
def test_every_source_is_there(kind: type[RowType], field: StrawberryField) -> None:
    assert isinstance(field, ReadField)
    match field.source:
        case Column(name, customer) | ToOne(_, name, customer):
            assert {name, *_spelled(customer)} <= _columns(kind)
        case Identity():
            assert kind.prefix
        case ToMany(target, key, order) | ToFirst(target, key, order):
            assert {key, *order.columns} <= set(layout(target().table).columns)
        case EachOf(_, keys):
            assert keys in _columns(kind)
        case CountOf(model, column, key):
            assert {column, "organization_id"} <= set(layout(model).columns)
            assert key in _columns(kind)
        case EventsOf(key):
            assert key in layout(EventRow).columns
        case Values(model, key, column, customer):
            assert {key, column, "organization_id"} <= set(layout(model).columns)
        case Saved(rows, columns, arguments):
            assert callable(rows.conditions) and callable(arguments)
            assert set(columns) <= _columns(kind)
        case Loaded(columns, key, load, show):
            assert callable(key) and callable(load) and callable(show)
            assert set(columns) <= _columns(kind)
        case Computed(columns, function):
            assert callable(function)
            assert set(columns) <= _columns(kind)
        case BySettings(columns, settings, function):
            assert callable(function)
            assert set(columns) <= _columns(kind)
            assert set(settings) <= set(layout(Settings).columns) - _columns(kind)
        case other:
            raise AssertionError(f"{other} is a source that this test does not know")


def _spelled(customer: Any) -> set[str]:
    return {customer} if isinstance(customer, str) and not hasattr(customer, "value") else set()


def _columns(kind: type[RowType]) -> set[str]:
    """What rows of the type have."""
    if kind is CannedResponseUsageType:
        return {"agent_id", "count", "last_used_at"}
    if kind is SlaConditionType:
        return {"kind", *(field.name for field in fields(Condition))}
    if kind is SlaComplianceType:
        return {field.name for field in fields(Compliance)}
    if kind is SlaEscalationType:
        return {field.name for field in fields(Escalation)}
    if kind is ResyncRequiredType:
        return {"cursor", "reason"}
    if not issubclass(kind, EventType):
        return set(layout(kind.table).columns)
    shared = {"id", "cursor", "occurred_at", "recorded_at", "actor_kind", "actor_id", "ticket_id", "organization_id"}
    (fact,) = [fact for fact, shown in EVENT_TYPES.items() if shown is kind]
    return shared | {field.name for field in fields(fact)}


def test_every_field_of_a_fact_is_shown() -> None:
    # A message's author, whether it is a note and who may be mentioned in it are the message's own.
    told_elsewhere = {("MessageAdded", "author_kind"), ("MessageAdded", "internal"), ("MessageAdded", "may_mention")}
    for fact, kind in EVENT_TYPES.items():
        sources = [field.source for field in definition_of(kind).fields if isinstance(field, ReadField)]
        shown = {
            next((name for each in ("name", "key", "keys") if (name := getattr(source, each, None))), None)
            for source in sources
        } | {column for source in sources for column in getattr(source, "columns", ())}
        missing = {(fact.__name__, field.name) for field in fields(fact)} - {
            (fact.__name__, name) for name in shown if name
        }
        assert missing <= told_elsewhere
