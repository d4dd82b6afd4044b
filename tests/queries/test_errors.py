"""Errors: each has a code, and what nobody foresaw is told by its id in the log only"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from graphql_api.ids import decode
from tests.client import Client, GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

CREATE = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { __typename } }"
WRONG: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no document": ("", {}, 400, "GRAPHQL_PARSE_FAILED"),
    "half a document": ("{ viewer {", {}, 400, "GRAPHQL_PARSE_FAILED"),
    "a document without an operation": ("fragment F on Query { __typename }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
    "too many tokens": ("{" + "a " * 5_000 + "}", {}, 400, "TOO_MANY_TOKENS"),
    "an unknown field": ("{ viewer { password } }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown argument": ("{ viewer(id: 1) { role } }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
    "a leaf with fields": ("{ feedCursor { x } }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown value": ("{ tickets(filter: {status: [DONE]}) { totalCount } }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
    "several operations, none named": ("query A { feedCursor } query B { feedCursor }", {}, 400, "BAD_USER_INPUT"),
    "a variable left out": (CREATE, {}, 400, "BAD_USER_INPUT"),
    "a variable of another type": (CREATE, {"input": {"subject": 7, "body": "b"}}, 400, "BAD_USER_INPUT"),
    "a field that no input has": (CREATE, {"input": {"subject": "s", "body": "b", "vip": 1}}, 400, "BAD_USER_INPUT"),
    "null where there must be something": (CREATE, {"input": {"subject": None, "body": "b"}}, 400, "BAD_USER_INPUT"),
    "a number beyond 32 bits": (
        "query($n: Int!) { ticketByNumber(number: $n) { id } }",
        {"n": 2**31},
        400,
        "BAD_USER_INPUT",
    ),
    "a refusal of ours": ("{ tickets(first: -1) { totalCount } }", {}, 200, "INVALID_INPUT"),
    "a subscription over HTTP": ("subscription { feed { cursor } }", {}, 400, "BAD_REQUEST"),
}


async def post(client: Client, query: str, variables: dict[str, Any]) -> httpx.Response:
    """The answer of a server that is asked for GraphQL's own media type, whose statuses tell."""
    return await client.http.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {client.token}", "Accept": "application/graphql-response+json"},
    )


@pytest.mark.parametrize(("query", "variables", "status", "code"), WRONG.values(), ids=WRONG)
async def test_every_error_has_a_code(
    a_helpdesk: Make, query: str, variables: dict[str, Any], status: int, code: str
) -> None:
    helpdesk = await a_helpdesk()

    response = await post(helpdesk.agent, query, variables)

    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {code}
    assert all(error["message"] for error in response.json()["errors"])
    assert response.status_code == status


LITERALS = {
    "a subject": r'mutation { createTicket(input: {subject: "a\u0000b", body: "b"}) { __typename } }',
    "an address": r"""mutation { createTicket(input: {subject: "a", body: "b",
        onBehalfOf: {email: "a\u0000@example.test"}}) { __typename } }""",
    "a tag": r'{ tickets(filter: {tag: "a\u0000b"}) { totalCount } }',
    "an id": r'{ ticket(id: "tkt_\u0000") { id } }',
    "a cursor": r'{ tickets(after: "\u0000") { totalCount } }',
    "half of a pair": r'mutation { createTicket(input: {subject: "\ud83d", body: "b"}) { __typename } }',
    "a default": r'query($tag: String = "\u0000") { tickets(filter: {tag: $tag}) { totalCount } }',
}


@pytest.mark.parametrize("query", LITERALS.values(), ids=LITERALS)
async def test_text_that_no_database_keeps_is_refused(a_helpdesk: Make, query: str) -> None:
    helpdesk = await a_helpdesk()

    body = (await helpdesk.agent.post(query)).json()

    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_PARSE_FAILED"]


async def test_an_emoji_written_as_two_halves_is_whole(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    shown = await helpdesk.agent.query(
        r'mutation { createTicket(input: {subject: "\ud83d\ude00", body: "\u{1F600}"}) { ... on Ticket {'
        " subject lastMessage { body } } } }"
    )

    assert shown["createTicket"] == {"subject": "😀", "lastMessage": {"body": "😀"}}


async def test_a_bug_is_masked_and_logged_under_an_id(a_helpdesk: Make, caplog: pytest.LogCaptureFixture) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket, healthy = await helpdesk.ticket(), await helpdesk.ticket()
    # No requester whom anybody may see, where the schema promises one: a state that our code never makes.
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET requester_id = $2 WHERE id = $1",
        decode("tkt", ticket["id"]),
        other.world.customer.user_id,
    )
    query = """query($broken: ID!, $healthy: ID!) {
      broken: ticket(id: $broken) { requester { name } } healthy: ticket(id: $healthy) { requester { name } } }"""

    with caplog.at_level(logging.ERROR), pytest.raises(GraphQLErrors) as failure:
        await helpdesk.agent.query(query, broken=ticket["id"], healthy=healthy["id"])

    (error,) = failure.value.errors
    told = re.fullmatch(r"Something went wrong on our side; our log has it as ([0-9a-f]{12})\.", error["message"])
    assert told, error["message"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["path"] == ["broken", "requester"]
    assert failure.value.data == {"broken": None, "healthy": {"requester": {"name": "Customer"}}}
    (record,) = [each for each in caplog.records if told.group(1) in each.getMessage()]
    assert record.exc_info
    assert "Ticket.requester" in str(record.exc_info[1])


async def test_a_bug_in_a_mutation_is_no_problem_of_the_client(
    a_helpdesk: Make, caplog: pytest.LogCaptureFixture
) -> None:
    helpdesk = await a_helpdesk()
    # Every organization has a counter; without it no event can be numbered.
    await helpdesk.world.database.execute(
        "DELETE FROM support_event_counter WHERE organization_id = $1", helpdesk.world.id
    )

    with caplog.at_level(logging.ERROR), pytest.raises(GraphQLErrors) as failure:
        await helpdesk.ticket()

    (error,) = failure.value.errors
    assert (error["extensions"], error["path"]) == ({"code": "INTERNAL"}, ["createTicket"])
    incident = error["message"].removesuffix(".").split()[-1]
    assert any(incident in each.getMessage() and each.exc_info for each in caplog.records)
    assert (await helpdesk.agent.query("{ tickets { totalCount } }"))["tickets"]["totalCount"] == 0


async def test_what_two_fields_wait_for_is_not_lost_with_one_of_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    query = """query($id: ID!) {
      failing: ticket(id: $id) { requester { name } suggestions(before: "no cursor") { nodes { id } } }
      healthy: ticket(id: $id) { requester { name } } }"""

    with pytest.raises(GraphQLErrors) as failure:
        await helpdesk.agent.query(query, id=ticket["id"])

    assert failure.value.codes == ["INVALID_INPUT"]
    assert failure.value.data == {"failing": None, "healthy": {"requester": {"name": "Customer"}}}
