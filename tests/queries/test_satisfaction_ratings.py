"""satisfactionRatings: what an organization's customers said, newest first"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, GraphQLErrors
from tests.mutations.test_submit_satisfaction import rate, resolved
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """query($filter: SatisfactionFilter, $first: Int, $after: String) {
  satisfactionRatings(filter: $filter, first: $first, after: $after) {
    nodes { id rating createdAt ticket { id } } totalCount pageInfo { endCursor } } }"""


async def ratings(by: Client, **given: Any) -> list[int]:
    """The numbers."""
    return [each["rating"] for each in (await by.query(LIST, filter=given))["satisfactionRatings"]["nodes"]]


async def rated(helpdesk: Helpdesk, *numbers: int, by: Client | None = None) -> list[Any]:
    """Tickets with these ratings, resolved by somebody."""
    tickets = [await resolved(helpdesk, by) for _ in numbers]
    for ticket, number in zip(tickets, numbers, strict=True):
        await rate(helpdesk.customer, ticket, number)
    return tickets


async def test_they_are_newest_first_for_staff_and_analysts(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await rated(other, 1)
    await rated(helpdesk, 5, 4, 2)

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        assert await ratings(by) == [2, 4, 5]
    page = (await helpdesk.agent.query(LIST, first=2))["satisfactionRatings"]
    assert page["totalCount"] == 3
    rest = await helpdesk.agent.query(LIST, first=2, after=page["pageInfo"]["endCursor"])
    assert [each["rating"] for each in rest["satisfactionRatings"]["nodes"]] == [5]
    with pytest.raises(GraphQLErrors) as refused:
        await ratings(helpdesk.customer)
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_every_condition_counts(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    first, second = await rated(helpdesk, 1, 3)
    await rated(helpdesk, 5, by=helpdesk.admin)
    agent, admin = (encode("usr", actor.user_id or new_id()) for actor in (helpdesk.world.agent, helpdesk.world.admin))
    nodes = (await helpdesk.agent.query(LIST))["satisfactionRatings"]["nodes"]
    times = {each["rating"]: each["createdAt"] for each in nodes}

    assert await ratings(helpdesk.agent, agentId=agent) == [3, 1]
    assert await ratings(helpdesk.agent, agentId=admin) == [5]
    assert await ratings(helpdesk.agent, ticketId=second["id"]) == [3]
    assert await ratings(helpdesk.agent, rating=[1, 5]) == [5, 1]
    assert await ratings(helpdesk.agent, rating=[]) == []
    assert await ratings(helpdesk.agent, rating=[-(2**31), 5]) == [5]
    assert await ratings(helpdesk.agent, createdFrom=times[3]) == [5, 3]
    assert await ratings(helpdesk.agent, createdBefore=times[3]) == [1]
    assert await ratings(helpdesk.agent, agentId=agent, rating=[5], ticketId=first["id"]) == []
    (theirs,) = await rated(other, 2)
    for ticket_id in (theirs["id"], encode("tkt", new_id()), "nonsense"):
        assert await ratings(helpdesk.agent, ticketId=ticket_id) == []


async def test_a_customer_sees_the_rating_of_their_own_ticket(
    a_helpdesk: Make, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    (ticket,) = await rated(helpdesk, 4)
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))
    text = "query($id: ID!) { node(id: $id) { ... on Satisfaction { rating } } }"
    (node,) = (await helpdesk.agent.query(LIST))["satisfactionRatings"]["nodes"]

    assert node["ticket"] == {"id": ticket["id"]}
    assert (await helpdesk.customer.query(text, id=node["id"]))["node"] == {"rating": 4}
    assert (await neighbour.query(text, id=node["id"]))["node"] is None
