"""Whoever shows nothing learns nothing of the schema: no introspection, no suggestions, no names"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client import Client
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SIGN_IN = "mutation { signIn(email: %s, password: %s) { %s } }"
# What is wrong with a document that begins at an open operation, and a name that the usual sentence would tell.
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "a field that there is not": (SIGN_IN % ('"a"', '"b"', "... on Problem { cod }"), {}),
    "a type that there is not": (SIGN_IN % ('"a"', '"b"', "... on Ticke { id }"), {}),
    "an argument that there is not": (
        'mutation { signIn(email: "a", password: "b", emial: "c") { __typename } }',
        {},
    ),
    "an argument left out": ('mutation { signIn(email: "a") { __typename } }', {}),
    "a value of another type": (SIGN_IN % ("7", "RED", "__typename"), {}),
    "a fragment that does not fit": (SIGN_IN % ('"a"', '"b"', "... on Ticket { id }"), {}),
    "no fields": ('mutation { signIn(email: "a", password: "b") }', {}),
}


@pytest.mark.parametrize(("text", "variables"), WRONG.values(), ids=WRONG)
async def test_an_open_document_with_a_mistake_tells_no_names(
    a_helpdesk: Make, client: Callable[[str], Client], text: str, variables: dict[str, Any]
) -> None:
    helpdesk = await a_helpdesk()

    told_nobody = (await client("").post(text, **variables)).json()["errors"]
    told_agent = (await helpdesk.agent.post(text, **variables)).json()["errors"]
    again = (await client("").post(text, **variables)).json()["errors"]

    assert {error["message"] for error in told_nobody} == {"This is not valid here. Sign in to be told why."}
    assert told_nobody == again
    assert [error["locations"] for error in told_nobody] == [error["locations"] for error in told_agent]
    assert {error["extensions"]["code"] for error in told_nobody} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "This is not valid here" not in str(told_agent)


async def test_a_variable_of_another_type_is_told_without_suggestions(client: Callable[[str], Client]) -> None:
    text = 'mutation($email: String!) { signIn(email: $email, password: "b") { __typename } }'

    (error,) = (await client("").post(text, email={"a": 1})).json()["errors"]

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "Did you mean" not in error["message"]


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Ticket") { fields { name } } }',
        "{ __typename }",
        "mutation { __typename }",
        "{ ...F } fragment F on Query { __schema { types { name } } }",
        "{ ticketz { id } }",
        'mutation { signIn(email: "a", password: "b") { __typename } __schema { types { name } } }',
        "{ __schema { types { name } } } " + SIGN_IN % ('"a"', '"b"', "__typename"),
        "{",
        "",
        "{ " * 60,
    ],
)
async def test_nothing_else_is_open(client: Callable[[str], Client], text: str) -> None:
    answer = await client("").post(text)

    assert answer.status_code == 401
    assert [error["extensions"] for error in answer.json()["errors"]] == [{"code": "UNAUTHENTICATED"}]


async def test_whoever_signs_in_may_ask(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for role in (helpdesk.agent, helpdesk.customer):
        assert (await role.query('{ __type(name: "Ticket") { name } }'))["__type"] == {"name": "Ticket"}
        (error,) = (await role.post("{ tikets { totalCount } }")).json()["errors"]
        assert "Did you mean 'tickets'" in error["message"]
