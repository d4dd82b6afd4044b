"""Costs: estimated before anything runs, told with every answer, refused where they are too high"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from graphql_api.documents import Document, Documents
from graphql_api.limits.cost import Estimate
from graphql_api.schema import CORE_SCHEMA, PRICES
from models.actors import Role
from models.settings import Limits, Settings
from tests.client import GraphQLErrors
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


def cost(text: str, operation: str | None = None, **variables: Any) -> int:
    """What an operation is estimated to cost."""
    document = Documents(Limits()).document(text)
    return document.cost(document.operation(operation), variables, Limits())


RANGE = 'range: {from: "2026-01-01", to: "2026-02-01"}'
# An object costs 1, a plain value 0.1, and all of it as often as it can be answered; the sum is rounded up.
COSTS: dict[str, tuple[str, int]] = {
    "a row": ('{ ticket(id: "x") { id } }', 2),  # 1.1
    "a page by default": ("{ tickets { nodes { id } } }", 23),  # 1 + 20 x 1.1
    "a page": ("{ tickets(first: 50) { nodes { id } } }", 56),
    "a page from the end": ("{ tickets(last: 50) { nodes { id } } }", 56),
    "a page of none": ("{ tickets(first: 0) { nodes { id } } }", 1),
    "edges": ("{ tickets(first: 50) { edges { cursor node { id } } } }", 61),  # 1 + 50 x (0.1 + 1.1)
    "where a page stands": ("{ tickets { pageInfo { hasNextPage } } }", 2),
    "a count": ("{ tickets { totalCount } }", 6),
    "rows of rows": ("{ tickets(first: 50) { nodes { requester { id } tags } } }", 156),  # 1 + 50 x (1 + 1.1 + 1)
    "pages of pages": (
        "{ tickets(first: 50) { nodes { messages(first: 10) { nodes { id } } } } }",
        651,  # 1 + 50 x (1 + 1 + 10 x 1.1)
    ),
    "nodes": ('{ nodes(ids: ["a", "b", "c"]) { id } }', 4),  # 3 x 1.1
    "the dearest of several types": (
        '{ node(id: "x") { ... on User { id } ... on Ticket { tags requester { id } } } }',
        4,
    ),
    "what all types share": ('{ node(id: "x") { id ... on User { name } ... on Ticket { tags } } }', 3),  # 1 + 0.1 + 1
    "a mutation": ('mutation { resolveTicket(ticketId: "x") { ... on Ticket { id } } }', 11),
    "many changes at once": (
        'mutation { updateTickets(input: {ids: ["a", "b", "c"]}) { ... on Bulk { results { __typename } } } }',
        41,  # 10 + 3 x 10.1
    ),
    "what a Problem lists": (
        'mutation { resolveTicket(ticketId: "x") { ... on Problem { missed { id } } } }',
        21,  # 10 + 10 x 1.1
    ),
    "what a Problem of many changes lists": (
        'mutation { updateTickets(input: {ids: ["a", "b", "c"]}) { ... on Problem { missed { id } } } }',
        21,
    ),
    "a search": ('{ searchArticles(query: "hub", first: 5) { title } }', 16),  # 10 + 5 x 1.1
    "a search by default": ('{ searchArticles(query: "hub") { title } }', 19),
    "a piece of an export": ("{ eventsExport(first: 1000) { rows } }", 1_100),  # 1,000 x 1.1
    "a piece of an export by default": ("{ eventsExport { rows } }", 1_100),
    "an export of more than there may be": ("{ eventsExport(first: 5000) { rows } }", 1_100),
    "a report": (f"{{ slaCompliance({RANGE}) {{ met }} }}", 120),  # 10 + 100 x 1.1
    "a long report": (f"{{ slaCompliance({RANGE}, first: 1000) {{ met }} }}", 1_110),
    "a report of more than there may be": (f"{{ slaCompliance({RANGE}, first: 5000) {{ met }} }}", 1_110),
    "two mutations": (
        'mutation { a: resolveTicket(ticketId: "x") { __typename } b: closeTicket(ticketId: "y") { __typename } }',
        21,
    ),
    "a fragment twice in one place": (
        "{ tickets(first: 10) { ...F ...F } } fragment F on TicketConnection { nodes { id } }",
        12,
    ),
    "a fragment in two places": (
        '{ a: ticket(id: "x") { ...F } b: ticket(id: "y") { ...F } } fragment F on Ticket { requester { id } }',
        5,  # 2 x 2.1
    ),
    "what is skipped": ("{ tickets @skip(if: true) { nodes { id } } viewer @include(if: false) { role } }", 1),
    "what is not skipped": ("{ viewer @skip(if: false) @include(if: true) { role } }", 2),
}


@pytest.mark.parametrize(("text", "expected"), COSTS.values(), ids=COSTS)
def test_costs(text: str, expected: int) -> None:
    assert cost(text) == expected


def test_variables_count() -> None:
    bulk = (
        "mutation($input: BulkUpdateInput!) { updateTickets(input: $input) { ... on Bulk { results { __typename } } } }"
    )
    assert cost(bulk, input={"ids": ["x"] * 100}) == 1_020
    page = "query($n: Int) { tickets(first: $n) { nodes { id } } }"
    ids = "query($ids: [ID!] = []) { nodes(ids: $ids) { id } }"
    included = "query($if: Boolean = false) { viewer @include(if: $if) { role } feedCursor }"

    assert cost(page, n=50) == 56
    assert cost(page) == cost(page, n=None) == cost(page, n=20)
    assert cost(ids, ids=["a"] * 100) == 110
    assert cost(included, **{"if": True}) == 2
    assert cost(included, **{"if": False}) == 1
    # More than the schema takes is refused by the field; it is not estimated to be more.
    assert cost(page, n=10**9) == cost(page, n=100)
    assert cost(page, n=-5) == cost(page, n=0)


def test_one_document_is_estimated_for_each_set_of_variables() -> None:
    documents = Documents(Limits())
    text = "query($n: Int, $tag: String) { tickets(first: $n, filter: {tag: $tag}) { nodes { id } } }"
    document = documents.document(text)

    costs = [document.cost(document.operation(None), {"n": n, "tag": str(n)}, Limits()) for n in (1, 50, 1, 50, None)]

    assert costs == [3, 56, 3, 56, 23]
    assert len(document.costs) == 3
    assert documents.document(text) is document


@pytest.mark.parametrize(
    ("text", "costs", "kept"),
    [
        ("mutation($input: AddMessageInput!) { addMessage(input: $input) { __typename } }", [11] * 4, 1),
        # What an input holds may be anything, so one that weighs is looked into each time.
        ("mutation($input: BulkUpdateInput!) { updateTickets(input: $input) { ...R } }", [21, 31, 41, 41], 1),
        ("mutation($ids: [ID!]!) { updateTickets(input: {ids: $ids}) { ...R } }", [21, 31, 41, 41], 3),
    ],
)
def test_an_input_weighs_where_its_own_field_is_paid_for_by_it(text: str, costs: list[int], kept: int) -> None:
    fragment = " fragment R on BulkResult { ... on Bulk { results { __typename } } }"
    document = Documents(Limits()).document(text + fragment * ("...R" in text))
    operation = document.operation(None)

    found = [
        document.cost(operation, {"input": {"ids": ["x"] * many}, "ids": ["x"] * many}, Limits())
        for many in (1, 2, 3, 3)
    ]

    assert (found, len(document.costs)) == (costs, kept)


def test_a_chain_that_doubles_is_counted_whole_in_no_time() -> None:
    links = "".join(
        f" fragment F{n} on Ticket {{ a: followUpOf {{ ...F{n + 1} }} b: followUpOf {{ ...F{n + 1} }} }}"
        for n in range(60)
    )
    node = parse('{ ticket(id: "x") { ...F0 } }' + links + " fragment F60 on Ticket { id }")

    document = Document.of("", node)
    estimate = Estimate(CORE_SCHEMA, PRICES, node, {}, 100)

    # 1 for the first ticket, 2^n for the nth follow-ups, and a tenth for each id at the end.
    assert estimate.cost(document.operation(None)) == 2**61 - 1 + -(-(2**60) // 10)


def test_a_hundred_of_a_hundred_of_a_hundred() -> None:
    inside = "messages(first: 100) { nodes { ticket { messages(first: 100) { nodes { id } } } } }"

    assert cost(f"{{ tickets(first: 100) {{ nodes {{ {inside} }} }} }}") > 1_000_000


def test_introspection_is_cheap_once_and_dear_in_circles() -> None:
    whole = cost(get_introspection_query())
    circle = "{ __schema { types { fields { type { fields { type { name } } } } } } }"

    # Tools ask once for the whole schema, which grows; they must not come near what is refused.
    assert 100 < whole < Limits().cost * 3 / 4
    assert cost(circle) < Limits().cost
    aliases = " ".join(f"a{number}: name" for number in range(60))
    assert cost(circle.replace("name", aliases)) > 3 * cost(circle)


async def test_every_answer_says_what_it_cost_and_what_is_left(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings()))(helpdesk.world.token(Role.AGENT))
    text = "{ tickets(first: 10) { nodes { id } } }"

    first, second = [(await agent.post(text)).json() for _ in range(2)]

    for answer in (first, second):
        shown = answer.pop("extensions")["cost"]
        assert set(answer) == {"data"}
        assert shown.pop("estimated") == 12
        assert 0 < Limits().cost_per_minute - shown.pop("remaining") < 12 + len(text)
        assert shown == {}
    refused = (await agent.post("{ tickets(first: -1) { totalCount } }")).json()
    assert refused["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert refused["extensions"]["cost"]["estimated"] == 6
    changed = (await agent.post('mutation { resolveTicket(ticketId: "x") { __typename } }')).json()
    assert changed["extensions"]["cost"]["estimated"] == 11


async def test_what_is_too_costly_is_refused_before_it_runs(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings()))(helpdesk.world.token(Role.AGENT))
    text = """query($n: Int) { tickets(first: $n) { nodes {
        messages(first: $n) { nodes { ticket { messages(first: $n) { nodes { id } } } } } } } }"""

    refused = await agent.http.post(
        "/graphql",
        json={"query": text, "variables": {"n": 100}},
        headers={"Authorization": f"Bearer {agent.token}", "Accept": "application/graphql-response+json"},
    )

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": "TOO_COSTLY", "cost": {"estimated": 1_130_201, "limit": 5_000}}
    assert (await agent.post(text, n=5)).json()["data"] == {"tickets": {"nodes": []}}


async def test_a_minutes_budget(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    client = await serve(Settings(limits=Limits(cost_per_minute=60)))
    agent, other = client(helpdesk.world.token(Role.AGENT)), client(helpdesk.world.token(Role.ADMIN))
    text = "{ tickets(first: 20) { nodes { number } } }"
    accept = {"Authorization": f"Bearer {agent.token}", "Accept": "application/graphql-response+json"}

    # 4 for the document, 23 for each of two.
    for left in (33, 10):
        shown = (await agent.post(text)).json()["extensions"]["cost"]
        assert left <= shown["remaining"] <= left + 5
    limited = await agent.http.post("/graphql", json={"query": text}, headers=accept)
    as_json = await agent.post(text)

    (error,) = limited.json()["errors"]
    seconds = error["extensions"]["retryAfterSeconds"]
    assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": seconds}
    assert 8 <= seconds <= 13
    assert (limited.status_code, limited.headers["retry-after"]) == (429, str(seconds))
    assert as_json.status_code == 200 and "retry-after" in as_json.headers
    # Each token has its own.
    assert "errors" not in (await other.post(text)).json()


async def test_what_has_no_plan_may_cost_less(a_helpdesk: Make, serve: Serve) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(Settings(limits=Limits(unplanned_cost=100))))(helpdesk.world.token(Role.AGENT))
    rows = "messages(first: 100) { nodes { id } }"
    planned = f'{{ ticket(id: "x") {{ {rows} }} }}'
    changed = f'mutation {{ resolveTicket(ticketId: "x") {{ ... on Ticket {{ {rows} }} }} }}'
    followed = f"subscription {{ feed {{ ... on TicketCreated {{ ticket {{ {rows} }} }} }} }}"

    assert (await agent.post(planned)).json()["data"] == {"ticket": None}
    # What 100 changes cost comes on top.
    assert "errors" not in (await agent.post(changed)).json()
    async with agent.subscription(followed) as feed:
        with pytest.raises(GraphQLErrors) as refusal:
            await feed.next()
    assert refusal.value.codes == ["TOO_COSTLY"]
    assert refusal.value.errors[0]["extensions"]["cost"]["limit"] == 100
