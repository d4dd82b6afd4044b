"""Limits: each refuses what is one beyond it with its own code, and lets pass what is just within"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import get_introspection_query

from models.actors import Role
from models.settings import Limits, Settings
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SMALL = Limits(
    body_bytes=2_000,
    document_bytes=1_000,
    tokens=120,
    depth=5,
    aliases=4,
    directives=3,
    root_fields=6,
    cost=200,
    unplanned_cost=100,
)
CHAIN = "query($id: ID!) { ticket(id: $id) { ...A } } fragment A on Ticket { followUpOf { ...B } }"


def deep(fields: int) -> str:
    """A query so many fields deep, half of it in fragments."""
    inside = "id"
    for _ in range(fields - 3):
        inside = f"followUpOf {{ {inside} }}"
    return f"{CHAIN} fragment B on Ticket {{ {inside} }}"


def aliased(many: int) -> str:
    return (
        "{ viewer { role ...A } } fragment A on Viewer {" + " ".join(f"a{number}: role" for number in range(many)) + "}"
    )


ROOTS = "fragment R on Query { viewer { role } feedCursor a: feedCursor b: feedCursor c: feedCursor d: feedCursor }"
WITHIN_AND_BEYOND: dict[str, tuple[str, str, str, str]] = {
    "document": ("{ feedCursor " + " " * 980 + "}", "{ feedCursor " + " " * 1_000 + "}", "DOCUMENT_TOO_LARGE", "1,000"),
    "document in bytes": (
        "# " + "ü" * 480 + "\n{feedCursor}",
        "# " + "ü" * 500 + "\n{feedCursor}",
        "DOCUMENT_TOO_LARGE",
        "1,000",
    ),
    "tokens": ("{viewer{" + " role" * 115 + "}}", "{viewer{" + " role" * 116 + "}}", "TOO_MANY_TOKENS", "120"),
    "depth": (deep(5), deep(6), "TOO_DEEP", "5"),
    "aliases": (aliased(4), aliased(5), "TOO_MANY_ALIASES", "4"),
    "directives": (
        "{ viewer @include(if: true) { role @skip(if: false) ... @include(if: true) { role } } }",
        "query @x { viewer @include(if: true) { role @skip(if: false) ... @include(if: true) { role } } }",
        "TOO_MANY_DIRECTIVES",
        "3",
    ),
    "root fields": (
        f"{{ feedCursor ...R }} {ROOTS}",
        f"{{ feedCursor __typename ...R }} {ROOTS}",
        "TOO_MANY_ROOT_FIELDS",
        "6",
    ),
    "cost": (
        "{ tickets(first: 100) { nodes { id number } } }",
        "{ tickets(first: 100) { nodes { requester { id } } } }",
        "TOO_COSTLY",
        "200",
    ),
    "cost without a plan": (
        '{ tickets(first: 70, search: "x") { nodes { id } } }',
        '{ tickets(first: 90, search: "x") { nodes { id } } }',
        "TOO_COSTLY",
        "100",
    ),
}


@pytest.mark.parametrize(("within", "beyond", "code", "number"), WITHIN_AND_BEYOND.values(), ids=WITHIN_AND_BEYOND)
async def test_each_limit_of_a_document(
    a_helpdesk: Make, serve: Serve, within: str, beyond: str, code: str, number: str
) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings(limits=SMALL)))(helpdesk.world.token(Role.AGENT))

    good = (await agent.post(within, id="tkt_none")).json()
    bad = (await agent.post(beyond, id="tkt_none")).json()

    assert "errors" not in good, good
    assert [error["extensions"]["code"] for error in bad["errors"]] == [code]
    assert number in bad["errors"][0]["message"]
    assert "data" not in bad


async def test_a_body_is_refused_in_pieces_too(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings(limits=SMALL)))(helpdesk.world.token(Role.AGENT))

    async def pieces() -> Any:
        for _ in range(30):
            yield b'{"query": "{ feedCursor }"}' + b" " * 100

    headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
    answer = await agent.http.post("/graphql", content=pieces(), headers=headers)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"] == {"code": "PAYLOAD_TOO_LARGE"}


async def test_brackets_nest_no_deeper_than_a_parser_can_go(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings()))(helpdesk.world.token(Role.AGENT))
    texts = [
        "{ a " * 400 + "}" * 400,
        "{ ... " * 300 + "feedCursor" + "}" * 300,
        "{ tickets(filter: " + "[" * 600 + "]" * 600 + ") { totalCount } }",
        "query($a: " + "[" * 600 + "Int" + "]" * 600 + ") { feedCursor }",
    ]

    answers = [(await agent.post(text)).json() for text in texts]

    assert [each["errors"][0]["extensions"]["code"] for each in answers] == ["TOO_DEEP"] * len(texts)
    # Brackets in a string or a comment are text.
    harmless = '# (((\n{ ticket(id: "' + "[" * 100 + '") { id } node(id: """' + "{" * 100 + '""") { id } }'
    assert (await agent.post(harmless)).json()["data"] == {"ticket": None, "node": None}


async def test_a_page_can_be_made_shorter_than_the_schema_says(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings(limits=Limits(page=30))))(helpdesk.world.token(Role.AGENT))

    within = await agent.post("query($n: Int) { tickets(first: $n) { totalCount } }", n=30)
    beyond = await agent.post("query($n: Int) { tickets(first: $n) { totalCount } }", n=31)
    ids = await agent.post("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 31)

    assert within.json()["data"] == {"tickets": {"totalCount": 0}}
    for refusal in (beyond.json()["errors"], ids.json()["errors"]):
        assert [error["extensions"]["code"] for error in refusal] == ["INVALID_INPUT"]
        assert "30" in refusal[0]["message"]


async def test_the_tools_that_everybody_uses_stay_within(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings()))(helpdesk.world.token(Role.AGENT))
    everything = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    answer = (await agent.post(everything)).json()

    assert {kind["name"] for kind in answer["data"]["__schema"]["types"]} > {"Ticket", "Query"}
    assert answer["extensions"]["cost"]["estimated"] < Limits().cost
