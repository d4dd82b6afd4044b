"""Fields that share a place: the same verdicts as graphql-core's rule, in time that grows with the document"""

from __future__ import annotations

import time

import pytest
from graphql import OverlappingFieldsCanBeMergedRule, build_schema, parse, validate
from hypothesis import event, given, settings
from hypothesis import strategies as st

from graphql_api.limits.overlaps import FieldsShareTheirPlaces

SCHEMA = build_schema("""
  interface Animal { name: String! mother: Animal friends(first: Int, of: Filter): [Animal!] }
  input Filter { a: Int b: [Int] }
  type Dog implements Animal { name: String! mother: Dog friends(first: Int, of: Filter): [Animal!]
    age: Int kind: Kind bark: Bark }
  type Cat implements Animal { name: String! mother: Animal friends(first: Int, of: Filter): [Animal!]
    age: Int! kind: String bark: [Bark] }
  type Bark { name: String volume: Int loud: Bark }
  enum Kind { GOOD BAD }
  union Pet = Dog | Cat
  type Query { animal: Animal pet: Pet dog: Dog cat: Cat pets: [Pet] }
""")
NAMES = ["name", "mother", "friends", "age", "kind", "bark", "volume", "loud"]
TYPES = ["Animal", "Dog", "Cat", "Bark", "Pet"]
ARGUMENTS = ["", "", "(first: 1)", "(first: 2)", "(of: {a: 1, b: [1]})", "(of: {b: [1], a: 1})", "(first: $n)"]
FRAGMENTS = ["F", "G", "H"]


def fields(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    field = st.builds(
        lambda alias, name, given, selection: f"{alias}{name}{given}{selection}",
        st.sampled_from(["", "", "x: ", "y: "]),
        st.sampled_from(NAMES),
        st.sampled_from(ARGUMENTS),
        st.one_of(st.just(""), inside),
    )
    narrowed = st.builds(lambda kind, selection: f"... on {kind} {selection}", st.sampled_from(TYPES), inside)
    spread = st.sampled_from(FRAGMENTS).map(lambda name: f"...{name}")
    several = st.lists(st.one_of(field, field, narrowed, spread), min_size=1, max_size=5)
    return several.map(lambda selections: "{ " + " ".join(selections) + " }")


SELECTIONS = st.recursive(st.sampled_from(["{ name }", "{ age x: name }", "{ x: age }"]), fields, max_leaves=12)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An operation and three fragments, each of which may only spread the ones after it."""
    roots = draw(st.sampled_from([["animal"], ["pet"], ["pets"], ["x: dog", "x: cat"], ["x: animal", "x: animal"]]))
    text = f"query($n: Int) {{ {' '.join(f'{root} {draw(SELECTIONS)}' for root in roots)} }}"
    for position, name in enumerate(FRAGMENTS):
        selection = draw(SELECTIONS)
        for earlier in FRAGMENTS[: position + 1]:
            selection = selection.replace(f"...{earlier}", "name")
        text += f" fragment {name} on {draw(st.sampled_from(TYPES))} {selection}"
    return text


def verdicts(text: str) -> tuple[bool, bool]:
    """Whether our rule, and whether graphql-core's, finds nothing."""
    document = parse(text)
    rules = (FieldsShareTheirPlaces, OverlappingFieldsCanBeMergedRule)
    ours, theirs = (not validate(SCHEMA, document, [rule]) for rule in rules)
    return ours, theirs


@given(documents())
@settings(max_examples=400, deadline=None)
def test_the_same_verdict_as_the_rule_of_pairs(text: str) -> None:
    ours, theirs = verdicts(text)

    event("valid" if theirs else "not valid")
    assert ours is theirs, text


@pytest.mark.long
@given(documents())
@settings(max_examples=20_000, deadline=None)
def test_the_same_verdict_20_000_times(text: str) -> None:
    ours, theirs = verdicts(text)

    assert ours is theirs, text


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("{ dog { name name } }", True),
        ("{ dog { x: name x: age } }", False),
        ("{ pet { ... on Dog { x: age } ... on Cat { x: kind } } }", False),
        ("{ pet { ... on Dog { x: bark { name } } ... on Cat { x: friends { name } } } }", False),
        ("{ animal { ... on Dog { x: mother { age } } ... on Cat { x: mother { name } } } }", True),
        (
            "{ animal { ... on Dog { x: friends(first: 1) { name } } ... on Cat { x: friends(first: 2) { name } } } }",
            True,
        ),
        ("{ animal { friends(first: 1) { name } ... on Cat { friends(first: 2) { name } } } }", False),
        ("{ animal { friends(of: {a: 1, b: 2}) { name } friends(of: {b: 2, a: 1}) { name } } }", True),
        ("{ animal { mother { x: name } ... on Dog { mother { x: age } } } }", False),
        ("{ animal { ... on Dog { mother { x: name } } ... on Cat { mother { ... on Cat { x: kind } } } } }", False),
        ("{ dog { ...F } } fragment F on Dog { x: name ...G } fragment G on Dog { x: age }", False),
    ],
)
def test_what_may_share_a_place(text: str, valid: bool) -> None:
    assert verdicts(text) == (valid, valid)


def test_what_takes_pairs_half_a_second_takes_no_time() -> None:
    hostile = {
        "one odd one out": "{ dog { " + "x: name " * 600 + "x: age } }",
        "alternating": "{ dog { " + "x: name x: age " * 300 + "} }",
        "alike": "{ dog { " + "mother { name } " * 300 + "} }",
        "chained": "{ dog { ...F0 } }"
        + "".join(f" fragment F{n} on Dog {{ ...F{n + 1} ...F{n + 1} mother {{ ...F{n + 1} }} }}" for n in range(14))
        + " fragment F14 on Dog { name }",
        "of many types": "{ animal { "
        + "... on Dog { x: mother { name } } ... on Cat { x: mother { name } } mother { name } " * 40
        + "} }",
    }
    for name, text in hostile.items():
        document = parse(text)
        began = time.process_time()
        validate(SCHEMA, document, [FieldsShareTheirPlaces])
        assert time.process_time() - began < 0.2, name
