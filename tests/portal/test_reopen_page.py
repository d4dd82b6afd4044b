"""Reopening by link: a button, offered and taken only where the life of a ticket allows it"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from graphql_api.ids import decode
from tests.portal.visitors import Visitor, reopen_path, resolved, survey_path, text_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

STATUS = "query($id: ID!) { ticket(id: $id) { status messages { nodes { body author { id } authorKind } } } }"


async def status_of(helpdesk: Helpdesk, ticket: Any) -> str:
    """Where a ticket stands."""
    return str((await helpdesk.agent.query(STATUS, id=ticket["id"]))["ticket"]["status"])


async def closed_long_ago(helpdesk: Helpdesk) -> Any:
    """A ticket that was closed before the window in which it may be reopened."""
    ticket = await resolved(helpdesk)
    await helpdesk.agent.close_ticket(ticket_id=ticket["id"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = now() - interval '31 days' WHERE id = $1", decode("tkt", ticket["id"])
    )
    return ticket


async def test_opening_the_page_reopens_nothing(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await reopen_path(helpdesk, ticket)

    page = await visitor.see(path)
    await visitor.http.head(path)

    assert "Reopen request #1?" in text_of(page)
    assert await status_of(helpdesk, ticket) == "RESOLVED"


async def test_the_button_reopens_in_the_requesters_name(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await reopen_path(helpdesk, ticket)

    page = await visitor.send(path, {})

    assert "Request #1 is open" in text_of(page)
    assert "<form" not in page.text
    assert await status_of(helpdesk, ticket) == "OPEN"
    event = await helpdesk.world.database.fetchrow(
        "SELECT actor_id, actor_kind FROM support_event WHERE ticket_id = $1 AND type = 'TicketReopened'",
        decode("tkt", ticket["id"]),
    )
    assert event and tuple(event) == (helpdesk.world.customer.user_id, "customer")
    # A second click of two changes nothing.
    assert "Request #1 is open" in text_of(await visitor.send(path, {"message": "Twice."}))
    assert (await helpdesk.events(ticket)).count("TicketReopened") == 1


async def test_what_is_missing_comes_along_as_a_message(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    await visitor.send(await reopen_path(helpdesk, ticket), {"message": " It still\r\nhums. "})

    shown = (await helpdesk.agent.query(STATUS, id=ticket["id"]))["ticket"]
    assert shown["status"] == "OPEN"
    assert [(each["body"], each["authorKind"]) for each in shown["messages"]["nodes"]][-1] == (
        "It still\nhums.",
        "CUSTOMER",
    )


async def test_a_message_that_is_too_long_is_not_lost(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    page = await visitor.send(await reopen_path(helpdesk, ticket), {"message": "w" * 5_001})

    assert page.status_code == 422
    assert "w" * 5_001 in page.text
    assert await status_of(helpdesk, ticket) == "RESOLVED"


async def test_a_ticket_that_was_closed_too_long_ago_stays_closed(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await closed_long_ago(helpdesk)
    path = await reopen_path(helpdesk, ticket)

    seen, sent = await visitor.see(path), await visitor.send(path, {"message": "Please."})

    assert seen.text == sent.text
    assert "Request #1 can’t be reopened any more" in text_of(seen)
    assert "<form" not in seen.text
    assert await status_of(helpdesk, ticket) == "CLOSED"


async def test_the_survey_offers_it_where_it_is_possible(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket, late = await resolved(helpdesk), await closed_long_ago(helpdesk)
    path = await survey_path(helpdesk, ticket)

    offered = await visitor.see(path)
    assert "Not solved after all?" in text_of(offered)
    target = offered.text.partition('action="')[2].partition('"')[0]
    await visitor.send(str(offered.url.join(target)), {})

    assert await status_of(helpdesk, ticket) == "OPEN"
    assert "Not solved after all?" not in text_of(await visitor.see(path))
    assert "Not solved after all?" not in text_of(await visitor.see(await survey_path(helpdesk, late)))


async def test_a_surveys_link_reopens_nothing(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    wrong = (await survey_path(helpdesk, ticket)).replace("/survey/", "/reopen/")
    expired = await reopen_path(helpdesk, ticket, timedelta(0))

    for path in (wrong, expired):
        assert (await visitor.send(path, {})).status_code == 404
    assert await status_of(helpdesk, ticket) == "RESOLVED"
