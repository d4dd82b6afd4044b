"""cannedResponses: found, previewed on a ticket, and who sent them"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from graphql_api.context import Services
from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from models.organizations import Membership
from models.writer import organization_write
from resolvers.access import access
from tests.client import Client, GraphQLErrors
from tests.mutations.content import a_canned_response
from tests.mutations.thread import write
from tests.queries.test_statements import counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($search: String, $first: Int, $after: String) {
  cannedResponses(search: $search, first: $first, after: $after) {
    nodes { title shortcut } totalCount pageInfo { hasNextPage endCursor } } }"""
PREVIEW = """query($id: ID!, $ticket: ID!) { node(id: $id) { ... on CannedResponse {
  usageCount lastUsedAt preview(ticketId: $ticket) { body bodyHtml missing unknown } } } }"""
USAGE = """query($id: ID!, $from: DateTime, $before: DateTime) { node(id: $id) { ... on CannedResponse {
  usageCount usage(from: $from, before: $before) { agent { id name } count lastUsedAt } } } }"""


async def found(by: Client, **given: Any) -> Any:
    """The titles."""
    return [each["title"] for each in (await by.query(LIST, **given))["cannedResponses"]["nodes"]]


async def test_they_are_by_title_and_for_staff(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    for title in ("Refund", "Bye", "Hello"):
        await a_canned_response(helpdesk, title=title, shortcut=title)
    await a_canned_response(other, title="Theirs")

    for by in (helpdesk.agent, helpdesk.admin, helpdesk.analyst):
        assert await found(by) == ["Bye", "Hello", "Refund"]
    first = (await helpdesk.agent.query(LIST, first=2))["cannedResponses"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    assert await found(helpdesk.agent, first=2, after=first["pageInfo"]["endCursor"]) == ["Refund"]
    with pytest.raises(GraphQLErrors) as refused:
        await found(helpdesk.customer)
    assert refused.value.codes == ["NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("search", "titles"),
    [
        ("money", ["Refund"]),
        ("MONEY back", ["Refund"]),
        ("money parcel", []),
        ("billing", ["Invoice", "Refund"]),
        ("inv", ["Invoice"]),
        ("100%", ["Invoice"]),
        ("%", ["Invoice"]),
        ("_", []),
        ("\\", []),
        ("  ", ["Invoice", "Refund"]),
        (None, ["Invoice", "Refund"]),
    ],
)
async def test_every_word_of_a_search_is_somewhere_in_it(a_helpdesk: Make, search: str, titles: list[str]) -> None:
    helpdesk = await a_helpdesk()
    await a_canned_response(helpdesk, title="Refund", shortcut="ref", folder="Billing", body="You get your money back.")
    await a_canned_response(helpdesk, title="Invoice", shortcut="inv-1", folder="Billing", body="It is 100% right.")

    assert await found(helpdesk.agent, search=search) == titles


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("x" * 201, "A search has at most 200 characters."),
        ("x " * 11, "A search has at most 10 words."),
    ],
)
async def test_a_search_is_short(a_helpdesk: Make, search: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await found(helpdesk.agent, search=search)

    assert refused.value.errors[0]["message"] == sentence
    assert refused.value.errors[0]["extensions"] == {"code": "INVALID_INPUT", "path": ["search"]}


async def test_a_preview_is_filled_for_the_ticket_and_the_viewer(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    ticket = await helpdesk.ticket(subject="Too *much*", category_id=category["id"])
    body = (
        "**Hello** {{requester.name}} ({{requester.email}}), {{ticket.number}} {{ticket.subject}}"
        " {{ticket.status}} {{ticket.category}} {{agent.name}}"
    )
    canned = await a_canned_response(helpdesk, body=body)
    email = (await helpdesk.customer.query("{ viewer { user { email } } }"))["viewer"]["user"]["email"]

    for by, name in ((helpdesk.agent, "Agent"), (helpdesk.admin, "Admin")):
        shown = (await by.query(PREVIEW, id=canned["id"], ticket=ticket["id"]))["node"]
        text = rf"Customer ({email}), 1 Too \*much\* open Billing {name}"
        assert shown["preview"] == {
            "body": f"**Hello** {text}",
            "bodyHtml": f"<p><strong>Hello</strong> {text}</p>\n".replace("\\", ""),
            "missing": [],
            "unknown": [],
        }
    # Nobody has sent it.
    assert (shown["usageCount"], shown["lastUsedAt"]) == (0, None)


async def test_a_preview_tells_what_has_no_value(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    canned = await a_canned_response(helpdesk, body="About {{ticket.category}} {{ticket.category}}.")

    shown = (await helpdesk.agent.query(PREVIEW, id=canned["id"], ticket=ticket["id"]))["node"]["preview"]

    assert (shown["body"], shown["missing"], shown["unknown"]) == ("About  .", ["ticket.category"], [])


async def test_a_name_is_no_variable_and_no_markdown(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as change:
        member = await access(change, Membership, helpdesk.world.customer.user_id)
        change.update(member, name="{{agent.name}} *Ann*")
    ticket = await helpdesk.ticket()
    canned = await a_canned_response(helpdesk)

    shown = (await helpdesk.agent.query(PREVIEW, id=canned["id"], ticket=ticket["id"]))["node"]["preview"]

    assert shown["bodyHtml"] == "<p>Hello {{agent.name}} *Ann*.</p>\n"
    # What was previewed may be sent with the canned response, and is not filled a second time.
    sent = await write(helpdesk.agent, ticket, canned_response_id=canned["id"], body=shown["body"])
    assert (sent["body"], sent["bodyHtml"]) == (shown["body"], shown["bodyHtml"])


async def test_a_ticket_of_others_is_previewed_like_none(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    canned, theirs = await a_canned_response(helpdesk), await other.ticket()

    for ticket_id in (theirs["id"], encode("tkt", new_id()), "nonsense"):
        shown = (await helpdesk.agent.query(PREVIEW, id=canned["id"], ticket=ticket_id))["node"]
        assert shown["preview"] is None


async def test_a_list_costs_as_many_statements_as_one(a_helpdesk: Make, database_url: str, services: Services) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    for number in range(10):
        await a_canned_response(helpdesk, shortcut=str(number))
    text = """query($first: Int!, $ticket: ID!) { cannedResponses(first: $first) { nodes {
      title preview(ticketId: $ticket) { body } usage { count } } } }"""

    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        by = Client(http, helpdesk.world.token(Role.AGENT))
        ran = []
        for first in (1, 1, 10):
            statements.clear()
            shown = await by.query(text, first=first, ticket=ticket["id"])
            assert len(shown["cannedResponses"]["nodes"]) == first
            ran.append(len(statements))

    # The list, which proves the token as well; the ticket's values; the uses.
    assert ran[1:] == [3, 3]


async def test_usage_is_told_by_agent_and_time(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    canned, other = await a_canned_response(helpdesk), await a_canned_response(helpdesk, shortcut="other")
    sent = [
        await write(by, ticket, canned_response_id=canned["id"])
        for by in (helpdesk.admin, helpdesk.agent, helpdesk.agent)
    ]
    await write(helpdesk.admin, ticket, canned_response_id=other["id"])

    shown = (await helpdesk.analyst.query(USAGE, id=canned["id"]))["node"]

    assert shown["usageCount"] == 3
    assert [(each["agent"]["name"], each["count"], each["lastUsedAt"]) for each in shown["usage"]] == [
        ("Agent", 2, sent[2]["createdAt"]),
        ("Admin", 1, sent[0]["createdAt"]),
    ]
    between = {"from": sent[1]["createdAt"], "before": sent[2]["createdAt"]}
    shown = (await helpdesk.agent.query(USAGE, id=canned["id"], **between))["node"]
    assert [(each["agent"]["name"], each["count"]) for each in shown["usage"]] == [("Agent", 1)]
    assert decode("usr", shown["usage"][0]["agent"]["id"]) == helpdesk.world.agent.user_id
