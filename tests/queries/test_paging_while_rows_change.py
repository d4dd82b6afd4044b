"""Pages of a list that changes between them: whatever did not move is met exactly once, whichever way one goes"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from tests.queries.many import many_tickets
from tests.queries.test_paging import page
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SIZE = 5


async def walk(helpdesk: Helpdesk, forward: bool, between: Callable[[int], Awaitable[None]], **given: Any) -> list[str]:
    """All ids in the order in which they are met, with something happening after each page; fewer rows than asked end
    the walk only where the page says so."""
    met: list[str] = []
    cursor, number = None, 0
    while True:
        asked = {"first": SIZE, "after": cursor} if forward else {"last": SIZE, "before": cursor}
        shown = await page(helpdesk.agent, **asked, **given)
        ids = [each["id"] for each in shown["nodes"]]
        met += ids if forward else ids[::-1]
        info = shown["pageInfo"]
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            return met
        cursor = info["endCursor" if forward else "startCursor"]
        await between(number)
        number += 1
        assert number < 20


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "NUMBER"])
async def test_what_did_not_move_is_met_once(a_helpdesk: Make, field: str, direction: str, forward: bool) -> None:
    helpdesk = await a_helpdesk()
    ids = [encode("tkt", ticket.id) for ticket in await many_tickets(helpdesk.world, 24, at_once=6)]
    # Before and behind wherever the reader stands.
    moving = [ids[1], ids[22], ids[12], ids[2], ids[21], ids[11]]
    moved: list[str] = []
    born: list[str] = []

    async def change(number: int) -> None:
        for each in moving[2 * number : 2 * number + 2]:
            await helpdesk.agent.add_ticket_tags(ticket_id=each, tags=["moved"])
            moved.append(each)
        if number < 3:
            born.append((await helpdesk.ticket())["id"])

    met = await walk(helpdesk, forward, change, order={"field": field, "direction": direction})

    still = [each for each in ids if each not in (moved if field == "UPDATED_AT" else [])]
    expected = still if (direction == "ASC") is forward else still[::-1]
    assert [each for each in met if each in still] == expected
    # Towards the newest end one meets what came and what moved; the other way one leaves it behind.
    towards_the_newest = (direction == "ASC") is forward
    assert set(born) <= set(met) if towards_the_newest else not set(born) & set(met)
    if field == "UPDATED_AT" and towards_the_newest:
        assert set(moved) <= set(met)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_what_stops_fitting_the_filter_takes_nobody_along(a_helpdesk: Make, forward: bool) -> None:
    helpdesk = await a_helpdesk()
    ids = [encode("tkt", ticket.id) for ticket in await many_tickets(helpdesk.world, 24, at_once=6)]
    closing = [ids[19], ids[4], ids[20], ids[3]]

    async def close(number: int) -> None:
        # The edge of the page, too: a cursor is a place, whether or not its row is still listed.
        for each in closing[2 * number : 2 * number + 2]:
            await helpdesk.agent.close_ticket(ticket_id=each)

    met = await walk(helpdesk, forward, close, filter={"status": ["OPEN"]})

    stayed = [each for each in ids if each not in closing]
    assert [each for each in met if each in stayed] == (stayed[::-1] if forward else stayed)
    assert len(met) == len(set(met))
