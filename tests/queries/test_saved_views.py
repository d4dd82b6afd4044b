"""savedViews: what they show and count"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from graphql_api.context import Services
from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client
from tests.mutations.views import a_view, views_of
from tests.queries.many import many_tickets
from tests.queries.test_statements import counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


def shows(view: Any) -> tuple[int, list[int]]:
    """How many tickets a view counts, and which it shows."""
    return view["count"], [ticket["number"] for ticket in view["tickets"]["nodes"]]


async def test_views_by_name_with_their_tickets_in_their_order(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for subject in ("A lamp", "A hub", "Two lamps"):
        await helpdesk.ticket(subject=subject)
    await helpdesk.agent.close_ticket(ticket_id=(await helpdesk.ticket(subject="The lamp"))["id"])
    oldest_first = {"field": "NUMBER", "direction": "ASC"}
    await a_view(helpdesk.agent, "Open", filter={"status": ["OPEN"]}, order_by=oldest_first)
    await a_view(helpdesk.agent, "All")
    await a_view(helpdesk.agent, "Lamps", search="lamp", filter={"status": ["OPEN"]}, order_by=oldest_first)

    found, lamps, opened = await views_of(helpdesk.agent)

    assert [view["name"] for view in (found, lamps, opened)] == ["All", "Lamps", "Open"]
    assert shows(found) == (4, [4, 3, 2, 1])
    assert shows(lamps) == (2, [1, 3])
    assert shows(opened) == (3, [1, 2, 3])


async def test_me_in_a_shared_view_is_whoever_looks(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for actor in (helpdesk.world.agent, helpdesk.world.admin, helpdesk.world.admin):
        ticket = await helpdesk.ticket()
        await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", actor.user_id or new_id()))
    await a_view(helpdesk.agent, "Mine", filter={"assignedToMe": True}, shared=True)

    assert [shows(view) for view in await views_of(helpdesk.agent)] == [(1, [1])]
    assert [shows(view) for view in await views_of(helpdesk.admin)] == [(2, [3, 2])]
    assert [shows(view) for view in await views_of(helpdesk.analyst)] == [(0, [])]


async def test_one_view_is_opened_by_its_id_and_paged(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 5)
    view = await a_view(helpdesk.agent, filter={"status": ["OPEN"]})
    text = """query($id: ID!, $after: String) { node(id: $id) { ... on SavedView {
      tickets(first: 3, after: $after) { totalCount nodes { number } pageInfo { endCursor hasNextPage } } } } }"""

    first = (await helpdesk.agent.query(text, id=view["id"]))["node"]["tickets"]
    rest = (await helpdesk.agent.query(text, id=view["id"], after=first["pageInfo"]["endCursor"]))["node"]["tickets"]

    assert [ticket["number"] for ticket in first["nodes"] + rest["nodes"]] == [5, 4, 3, 2, 1]
    assert (first["totalCount"], rest["pageInfo"]["hasNextPage"]) == (5, False)


async def test_a_count_goes_to_a_thousand(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    for size in (999, 1, 1):
        await world.database.execute(
            "INSERT INTO support_ticket (id, organization_id, number, version, public_version, subject, status,"
            " priority, requester_id, created_at, updated_at, public_updated_at, reopen_count, ai_resolved,"
            " ai_triaged, message_count, public_message_count)"
            " SELECT gen_random_uuid(), $1, coalesce((SELECT max(number) FROM support_ticket t"
            " WHERE t.organization_id = $1), 0) + n, 1, 1, 's', 'open', 'low', $2, now(), now(), now(), 0, false,"
            " false, 0, 0 FROM generate_series(1, $3) n",
            world.id,
            world.customer.user_id,
            size,
        )
        if size == 999:
            await a_view(helpdesk.agent, "All")
            assert [view["count"] for view in await views_of(helpdesk.agent)] == [999]

    assert [view["count"] for view in await views_of(helpdesk.agent)] == [1_000]


@pytest.mark.parametrize("order", [None, "RELEVANCE", "CREATED_AT"])
async def test_a_search_counts_what_it_lists(a_helpdesk: Make, order: str | None) -> None:
    helpdesk = await a_helpdesk()
    await many_tickets(helpdesk.world, 501, at_once=501)
    await a_view(helpdesk.agent, search="many", order_by=order and {"field": order})

    (view,) = (await helpdesk.agent.query("{ savedViews { count tickets { totalCount } } }"))["savedViews"]

    # By relevance a list ends with its 500 best hits.
    many = 501 if order == "CREATED_AT" else 500
    assert view == {"count": many, "tickets": {"totalCount": many}}


async def test_ten_views_with_counts_cost_as_many_statements_as_one(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    text = "{ savedViews { name filter count owner { name } } }"

    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        reader = Client(http, helpdesk.world.token(Role.AGENT))
        ran = []
        for many in (1, 9):
            for each in range(many):
                await a_view(helpdesk.agent, f"View {many} {each}", filter={"number": [each], "status": ["OPEN"]})
            # Once before it counts: a new connection also asks what the types are.
            await reader.query(text)
            statements.clear()
            assert len((await reader.query(text))["savedViews"]) == (1 if many == 1 else 10)
            ran.append(len(statements))

    # The views, which prove the token as well; owners; counts.
    assert ran == [3, 3]


async def test_a_view_of_another_release_is_still_read(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    view = await a_view(helpdesk.agent, filter={"status": ["OPEN"]})
    await helpdesk.world.database.execute(
        "UPDATE support_saved_view SET ticket_filter = $2, ticket_order = $3 WHERE id = $1",
        decode("view", view["id"]),
        {"status": ["OPEN", "SNORING"], "moonPhase": "full", "createdFrom": "2026-01-01T00:00:00Z"},
        {"field": "MOON_PHASE", "direction": "ASC"},
    )

    (shown,) = await views_of(helpdesk.agent)

    # What nobody knows any more says nothing, and the rest can be sent back as it is.
    assert shown["filter"] == {"status": ["OPEN"], "createdFrom": "2026-01-01T00:00:00+00:00"}
    assert (shown["orderBy"], shows(shown)) == (None, (1, [1]))
