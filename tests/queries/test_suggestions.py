"""suggestions: the AI's drafts of an organization, newest first"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Client, GraphQLErrors
from tests.mutations.drafts import record
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($filter: SuggestionFilter, $first: Int, $after: String) {
  suggestions(filter: $filter, first: $first, after: $after) {
    nodes { id createdAt } totalCount pageInfo { endCursor } } }"""


async def drafts(by: Client, **given: Any) -> list[str]:
    """The ids."""
    return [each["id"] for each in (await by.query(LIST, filter=given))["suggestions"]["nodes"]]


async def test_they_are_newest_first_and_for_staff(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await record(other.world, await other.ticket())
    made = [await record(helpdesk.world, await helpdesk.ticket()) for _ in range(3)]

    for by in (helpdesk.agent, helpdesk.analyst):
        assert await drafts(by) == made[::-1]
    page = (await helpdesk.agent.query(LIST, first=2))["suggestions"]
    assert page["totalCount"] == 3
    rest = (await helpdesk.agent.query(LIST, first=2, after=page["pageInfo"]["endCursor"]))["suggestions"]["nodes"]
    assert [each["id"] for each in rest] == made[:1]
    with pytest.raises(GraphQLErrors) as refused:
        await drafts(helpdesk.customer)
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_every_condition_counts(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket, another = await helpdesk.ticket(), await helpdesk.ticket()
    sent, dismissed, waiting = [await record(helpdesk.world, each) for each in (ticket, ticket, another)]
    await helpdesk.agent.accept_suggestion(suggestion_id=sent)
    await helpdesk.admin.dismiss_suggestion(suggestion_id=dismissed)
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    times = {each["id"]: each["createdAt"] for each in (await helpdesk.agent.query(LIST))["suggestions"]["nodes"]}

    assert await drafts(helpdesk.agent, status=["PENDING"]) == [waiting]
    assert await drafts(helpdesk.agent, status=["ACCEPTED", "DISMISSED"]) == [dismissed, sent]
    assert await drafts(helpdesk.agent, ticketId=ticket["id"]) == [dismissed, sent]
    assert await drafts(helpdesk.agent, decidedById=agent) == [sent]
    assert await drafts(helpdesk.agent, ticketId=another["id"], decidedById=agent) == []
    assert await drafts(helpdesk.agent, createdFrom=times[dismissed]) == [waiting, dismissed]
    assert await drafts(helpdesk.agent, createdBefore=times[dismissed]) == [sent]
    for ticket_id in ((await other.ticket())["id"], encode("tkt", new_id()), "nonsense"):
        assert await drafts(helpdesk.agent, ticketId=ticket_id) == []
