"""feed: all that somebody may know of, as it happens"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from graphql_api.context import Services
from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from subscriptions.cursor import Cursors, Position
from tests.client import Client, GraphQLErrors
from tests.live.following import FEED, kinds, now, take
from tests.mutations.drafts import DRAFT, an_article, record
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_an_agent_sees_a_ticket_arrive_while_following(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    start = await helpdesk.ticket()
    cursor = await now(helpdesk.agent)
    async with helpdesk.agent.subscription(FEED, after=cursor) as feed:
        # The first event may still be read from the log; those after it are delivered live.
        await helpdesk.agent.resolve_ticket(ticket_id=start["id"])
        assert (await feed.next())["__typename"] == "TicketResolved"

        ticket = await helpdesk.ticket()

        created, message = await take(feed, 2)
    assert created == {
        "__typename": "TicketCreated",
        "id": created["id"],
        "cursor": created["cursor"],
        "occurredAt": ticket["createdAt"],
        "recordedAt": ticket["createdAt"],
        "actorKind": "CUSTOMER",
        "actor": {"name": "Customer"},
        "ticket": {"id": ticket["id"], "status": "OPEN", "version": 1},
        "priority": "MEDIUM",
        "followUpOf": None,
    }
    assert created["id"].startswith("evt_")
    assert (message["__typename"], message["message"]["body"]) == ("MessageAdded", "Please help.")


async def test_every_fact_reaches_the_staff_in_order(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.analyst)
    ticket, draft, asked = await everything(helpdesk)

    async with helpdesk.analyst.subscription(FEED, after=cursor) as feed:
        items = await take(feed, len(STAFF_SEES))

    assert kinds(items) == STAFF_SEES
    of = dict(zip(STAFF_SEES, items, strict=True))
    assert of["TicketStatusChanged"]["previous"] == "OPEN"
    assert of["TicketStatusChanged"]["status"] == "IN_PROGRESS"
    assert of["TicketAssigned"]["assignee"] == {"id": encode("usr", helpdesk.world.agent.user_id or new_id())}
    assert of["TicketAssigned"]["previousAssignee"] is None
    assert of["SuggestionReady"]["suggestion"] == {"id": draft, "body": DRAFT.text}
    assert (of["SuggestionReady"]["actorKind"], of["SuggestionReady"]["actor"]) == ("AI", None)
    assert of["SuggestionDecided"]["decided"] == "ACCEPTED"
    assert of["SuggestionRequested"]["suggestion"] == {"id": asked}
    assert of["ArticleChanged"]["ticket"] is None
    # The ticket is shown as it is at delivery, not as it was.
    assert {item["ticket"]["version"] for item in items if item["ticket"]} == {ticket["version"]}
    instants = [datetime.fromisoformat(item["recordedAt"]) for item in items]
    assert instants == sorted(instants)
    assert len({item["cursor"] for item in items}) == len(items)


STAFF_SEES = [
    "TicketCreated",
    "MessageAdded",
    "TicketAssigned",
    "MessageAdded",
    "SuggestionReady",
    "MessageAdded",
    "TicketStatusChanged",
    "SuggestionDecided",
    "SuggestionRequested",
    "ArticleChanged",
    "TicketResolved",
    "TicketReopened",
    "TicketClosed",
]
CUSTOMER_SEES = [
    "TicketCreated",
    "MessageAdded",
    "MessageAdded",
    "TicketStatusChanged",
    "TicketResolved",
    "TicketReopened",
    "TicketClosed",
]


async def everything(helpdesk: Helpdesk) -> tuple[Any, str, str]:
    """One of each fact; the ticket in the end, its draft, and the draft that was asked for."""
    agent, world = helpdesk.agent, helpdesk.world
    ticket = await helpdesk.ticket()
    await agent.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", world.agent.user_id or new_id()))
    await agent.add_message(input={"ticket_id": ticket["id"], "body": "They always say that.", "internal": True})
    draft = await record(world, ticket)
    assert draft
    await agent.accept_suggestion(suggestion_id=draft)
    asked = await agent.suggest_reply(ticket_id=ticket["id"])
    await an_article(world)
    await agent.resolve_ticket(ticket_id=ticket["id"])
    await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])
    return await agent.close_ticket(ticket_id=ticket["id"]), draft, asked["id"]


async def test_a_customer_sees_the_public_events_of_their_own_tickets_only(
    a_helpdesk: Make, client: Callable[[str], Client]
) -> None:
    helpdesk = await a_helpdesk()
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))
    cursor = await now(helpdesk.customer)
    await neighbour.create_ticket(input={"subject": "Somebody else's", "body": "It is theirs."})
    await everything(helpdesk)
    mine = await helpdesk.ticket()

    async with helpdesk.customer.subscription(FEED, after=cursor) as feed:
        items = await take(feed, len(CUSTOMER_SEES) + 1)
        # And live just the same: nothing of the note, nothing of the neighbour's.
        await helpdesk.agent.add_message(input={"ticket_id": mine["id"], "body": "Hm.", "internal": True})
        await neighbour.create_ticket(input={"subject": "Another", "body": "Theirs, too."})
        await helpdesk.agent.close_ticket(ticket_id=mine["id"])
        live = await take(feed, 2)

    assert kinds(items) == [*CUSTOMER_SEES, "TicketCreated"]
    assert kinds(live) == ["MessageAdded", "TicketClosed"]
    assert live[0]["message"]["body"] == "Please help."
    assert not any(item["message"]["internal"] for item in [*items, *live] if item["__typename"] == "MessageAdded")


async def test_a_resumed_feed_brings_exactly_what_was_missed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    await everything(helpdesk)
    async with helpdesk.agent.subscription(FEED, after=cursor) as feed:
        whole = await take(feed, len(STAFF_SEES))

    last = await helpdesk.ticket()
    for position, item in enumerate(whole):
        async with helpdesk.agent.subscription(FEED, after=item["cursor"]) as feed:
            missed = await take(feed, len(whole) - position)
        assert missed[:-1] == whole[position + 1 :]
        assert missed[-1]["ticket"]["id"] == last["id"]


async def test_nothing_is_lost_or_doubled_between_the_log_and_live(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    writers = asyncio.gather(*(_write(helpdesk.customer, 5) for _ in range(4)))
    feeds = [await _read(helpdesk.agent, cursor, 40) for _ in range(3)]
    await writers
    expected = await helpdesk.world.database.fetch(
        "SELECT id FROM support_event WHERE organization_id = $1 AND type IN ('TicketCreated', 'MessageAdded')"
        " ORDER BY seq",
        helpdesk.world.id,
    )

    for items in feeds:
        assert [item["id"] for item in items] == [encode("evt", row["id"]) for row in expected]


async def _write(client: Client, tickets: int) -> None:
    for _ in range(tickets):
        await client.create_ticket(input={"subject": "One of many", "body": "Help!"})


async def _read(client: Client, after: str, count: int) -> list[Any]:
    async with client.subscription(FEED, after=after) as feed:
        return await take(feed, count)


@pytest.mark.parametrize(
    "cursor",
    ["", "made up", "A" * 60, "A" * 100_000, Cursors("another secret").seal(Position(1, new_id(), 1))],
    # Both test processes must know the cases by the same names.
    ids=["empty", "made up", "of the right length", "huge", "under another secret"],
)
async def test_a_cursor_of_nobodys_making_is_refused(a_helpdesk: Make, cursor: str) -> None:
    helpdesk = await a_helpdesk()

    refusal = await _refusal(helpdesk.agent, FEED, after=cursor)

    sentence = "This is not a cursor of this server; fetch afresh and use the one that comes with it."
    assert [(error["message"], error["extensions"]) for error in refusal] == [
        (sentence, {"code": "INVALID_INPUT", "path": ["after"]})
    ]


async def _refusal(client: Client, query: str, **variables: Any) -> Any:
    """The errors with which a subscription ends instead of beginning."""
    async with client.subscription(query, **variables) as feed:
        with pytest.raises(GraphQLErrors) as refusal:
            await feed.next()
    assert refusal.value.data["type"] == "error"
    return refusal.value.errors


RESYNC = "subscription($after: Cursor) { feed(after: $after) { __typename cursor ... on ResyncRequired { reason } } }"


async def test_where_a_feed_can_not_go_on_it_says_so_and_goes_on_from_now(a_helpdesk: Make, services: Services) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await helpdesk.ticket()
    here = services.cursors.open(await now(helpdesk.agent))
    positions = {
        "other_organization": services.cursors.open(await now(other.agent)),
        "ahead": Position(here.epoch, here.organization_id, here.seq + 100),
        "other_epoch": Position(here.epoch + 1, here.organization_id, here.seq),
    }

    for reason, position in positions.items():
        cursor = services.cursors.seal(position)
        async with helpdesk.agent.subscription(RESYNC, after=cursor) as feed:
            assert await feed.next() == {
                "__typename": "ResyncRequired",
                "cursor": await now(helpdesk.agent),
                "reason": reason,
            }
            await helpdesk.ticket()
            assert (await feed.next())["__typename"] == "TicketCreated"


async def test_what_is_older_than_the_window_is_not_replayed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    ticket = await helpdesk.ticket()
    await helpdesk.world.database.execute(
        "UPDATE support_event SET recorded_at = recorded_at - interval '31 days' WHERE ticket_id = $1",
        decode("tkt", ticket["id"]),
    )

    async with helpdesk.agent.subscription(RESYNC, after=cursor) as feed:
        item = await feed.next()

    assert (item["__typename"], item["reason"]) == ("ResyncRequired", "too_old")


async def test_an_unreadable_event_is_logged_and_passed_over(
    a_helpdesk: Make, caplog: pytest.LogCaptureFixture
) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    ticket = await helpdesk.ticket()
    broken = await helpdesk.world.database.fetchval(
        "UPDATE support_event SET data = $2 WHERE ticket_id = $1 AND type = 'TicketCreated' RETURNING id",
        decode("tkt", ticket["id"]),
        {"priority": "whenever"},
    )

    with caplog.at_level(logging.WARNING):
        async with helpdesk.agent.subscription(FEED, after=cursor) as feed:
            assert (await feed.next())["__typename"] == "MessageAdded"

    assert any(str(broken) in each.getMessage() for each in caplog.records)


async def test_facts_of_a_newer_release_are_passed_over(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    cursor = await now(helpdesk.agent)
    ticket = await helpdesk.ticket()
    await helpdesk.world.database.execute(
        "UPDATE support_event SET type = 'TicketTeleported' WHERE ticket_id = $1 AND type = 'TicketCreated'",
        decode("tkt", ticket["id"]),
    )

    async with helpdesk.agent.subscription(FEED, after=cursor) as feed:
        assert (await feed.next())["__typename"] == "MessageAdded"
