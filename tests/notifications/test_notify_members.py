"""Assignments, customers' replies and mentions reach those whom they concern, once each"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from models.actors import Actor, Role
from models.fields import new_id
from models.recorded import RecordedEvent, fact_of
from resolvers.notifying import notify_members
from tests.live.following import now
from tests.notifications.notices import choose, follow, told, user_id, usr, write_on
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

LIST = """{ viewer { unreadNotifications } notifications {
  nodes { kind text actor { id } message { body } clock ticket { id } } } }"""
LIVE = """subscription($after: Cursor) { notificationAdded(after: $after) { __typename
  ... on NotificationAdded { unread ticket { id } notification { kind } }
  ... on NotificationsRead { marked unread } } }"""


async def last_event(world: World, kind: str) -> RecordedEvent:
    """The last event of a type."""
    row = await world.database.fetchrow(
        "SELECT * FROM support_event WHERE organization_id = $1 AND type = $2 ORDER BY seq DESC LIMIT 1", world.id, kind
    )
    assert row is not None
    return RecordedEvent.from_row(row)


async def test_whoever_gets_a_ticket_is_told_by_whom(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(world.agent))

    await follow(world)

    found = await helpdesk.agent.query(LIST)
    assert found["viewer"] == {"unreadNotifications": 1}
    assert found["notifications"]["nodes"] == [
        {
            "kind": "TICKET_ASSIGNED",
            "text": "This ticket was given to you.",
            "actor": {"id": usr(world.admin)},
            "message": None,
            "clock": None,
            "ticket": {"id": ticket["id"]},
        }
    ]
    assert await told(world) == [(user_id(world.agent), "ticket_assigned")]


async def test_nobody_is_told_of_what_they_did_themselves_or_what_was_undone(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(world.agent))
    await write_on(helpdesk, ticket, "I, @Agent, look at it.", internal=True)
    other = await helpdesk.ticket()
    await helpdesk.admin.assign_ticket(ticket_id=other["id"], assignee_id=usr(world.agent))
    await helpdesk.admin.assign_ticket(ticket_id=other["id"], assignee_id=None)

    await follow(world)

    assert await told(world) == []


async def test_a_reply_is_the_assignees_business_or_else_the_teams(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    # The first message is no reply.
    await follow(world)
    assert await told(world) == []

    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    team = sorted([user_id(world.admin), user_id(world.agent)])
    assert await told(world) == [(each, "customer_reply") for each in team]

    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(world.agent))
    message = await write_on(helpdesk, ticket, "Anybody?", "customer")
    await follow(world)
    assert (await told(world))[2:] == [(user_id(world.agent), "customer_reply")]
    (newest, _) = (await helpdesk.agent.query(LIST))["notifications"]["nodes"]
    assert (newest["text"], newest["message"]) == ("The customer wrote on this ticket.", {"body": message["body"]})
    assert newest["actor"] == {"id": usr(world.customer)}


async def test_an_assignee_who_has_left_is_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    gone = await world.member(Role.AGENT, "Gone")
    await helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(gone))
    await world.database.execute("UPDATE support_membership SET deactivated_at = now() WHERE id = $1", gone.user_id)
    await write_on(helpdesk, ticket, "Hello?", "customer")

    await follow(world)

    assert {each for each, _ in await told(world)} == {user_id(world.admin), user_id(world.agent)}


async def test_colleagues_are_mentioned_in_messages_and_notes_and_customers_never(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    note = await write_on(helpdesk, ticket, "@admin, @Analyst, @Customer and @Agent: look!", internal=True)
    await follow(world)
    await write_on(helpdesk, ticket, "Our @ADMIN will help.")
    await write_on(helpdesk, ticket, "Thanks, @admin!", "customer")

    await follow(world)

    mentions = [each for each, kind in await told(world) if kind == "mention"]
    assert sorted(mentions) == sorted([user_id(world.admin), user_id(world.analyst), user_id(world.admin)])
    (first,) = (await helpdesk.analyst.query(LIST))["notifications"]["nodes"]
    assert first["message"] == {"body": note["body"]}
    assert first["text"] == "You were mentioned on this ticket."


async def test_nothing_follows_what_can_mention_nobody(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    for internal in (False, True):
        await write_on(helpdesk, ticket, "Look!", internal=internal)
    await write_on(helpdesk, ticket, "Look, @admin!")
    written = await last_event(world, "MessageAdded")

    await follow(world)

    followed = await world.database.fetch(
        "SELECT r.event_id FROM support_reaction r JOIN support_event e ON e.id = r.event_id"
        " WHERE r.organization_id = $1 AND r.name = 'notify' AND e.actor_kind = 'agent'",
        world.id,
    )
    assert [row["event_id"] for row in followed] == [written.id]


def test_facts_from_before_do_not_say_whom_they_mention() -> None:
    known = {"message_id": str(new_id()), "author_kind": "agent", "internal": False}

    assert fact_of("MessageAdded", known).as_json() == known | {"may_mention": True}


async def test_what_is_asked_twice_is_told_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(world.agent))
    event, system = await last_event(world, "TicketAssigned"), Actor.system(world.database, world.id)

    assert [await notify_members(system, event) for _ in range(3)] == [1, 0, 0]

    assert await told(world) == [(user_id(world.agent), "ticket_assigned")]
    assert await helpdesk.events(ticket) == ["TicketCreated", "MessageAdded", "TicketAssigned", "NotificationAdded"]


async def test_the_number_of_unread_ones_is_followed_live(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    cursor = await now(helpdesk.agent)
    for body in ("Hello?", "Anybody?"):
        await write_on(helpdesk, ticket, body, "customer")
    await follow(world)

    async with helpdesk.agent.subscription(LIVE, after=cursor) as feed:
        added = [await feed.next(), await feed.next()]
        (newest, _) = await ids_of(helpdesk)
        await helpdesk.agent.mark_notifications_read(ids=[newest])
        read = await feed.next()
        await helpdesk.agent.mark_notifications_read(all=True)
        rest = await feed.next()

    assert [each["unread"] for each in added] == [1, 2]
    assert added[0]["ticket"] == {"id": ticket["id"]}
    assert read == {"__typename": "NotificationsRead", "marked": 1, "unread": 1}
    assert rest == {"__typename": "NotificationsRead", "marked": 1, "unread": 0}
    assert (await helpdesk.agent.query(LIST))["viewer"] == {"unreadNotifications": 0}
    assert (await helpdesk.customer.query("{ viewer { unreadNotifications } }"))["viewer"] == {"unreadNotifications": 0}


async def ids_of(helpdesk: Helpdesk) -> list[str]:
    """The agent's notifications, newest first."""
    nodes = (await helpdesk.agent.query("{ notifications { nodes { id } } }"))["notifications"]["nodes"]
    return [each["id"] for each in nodes]


async def test_nobody_is_told_where_they_want_it_not(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.agent, "CUSTOMER_REPLY", mail="NONE", inApp=False)
    await choose(helpdesk.admin, "CUSTOMER_REPLY", inApp=False)
    await write_on(helpdesk, ticket, "Hello?", "customer")

    await follow(world)

    # The admin's is there for the digest, and seen nowhere else.
    assert await told(world) == [(user_id(world.admin), "customer_reply")]
    found = await helpdesk.admin.query(LIST)
    assert (found["viewer"], found["notifications"]) == ({"unreadNotifications": 0}, {"nodes": []})
    assert "NotificationAdded" not in await helpdesk.events(ticket)
    assert await helpdesk.admin.mark_notifications_read(all=True) == {"marked": 0}


async def test_whoever_leaves_leaves_no_notification_and_no_preference(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    leaving, erased = await world.member(Role.AGENT, "Leaving"), await world.member(Role.AGENT, "Erased")
    await write_on(helpdesk, ticket, "@Leaving, @Erased", internal=True)
    for member in (leaving, erased):
        token = await world.token_of(member)
        by = type(helpdesk.agent)(helpdesk.agent.http, token)
        await choose(by, "MENTION", mail="NONE")
    await follow(world)
    assert len(await told(world)) == 2

    await helpdesk.admin.remove_member(input={"user_id": usr(leaving), "unassign": True})
    await helpdesk.admin.erase_person(user_id=usr(erased))

    assert await told(world) == []
    left = await world.database.fetchval("SELECT count(*) FROM support_preference WHERE organization_id = $1", world.id)
    assert left == 0
