"""Warnings and breaches reach people: notifications and mails, once each"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any
from uuid import UUID

from graphql_api.ids import encode
from models.actors import Actor, Role
from models.fields import new_id
from models.settings import Settings
from models.sla import Escalation, SlaClockKind, SlaEscalationAction
from tasks.alerts import mail_of_sla, notify_of_sla
from tasks.reactions import REACTIONS
from tests.live.following import now
from tests.sla.desks import HOUR, Desk, policy
from tests.tasks.parts import context_of, worker_of

Desks = Callable[[], Awaitable[Desk]]
NAMES = {"sla", "notify_of_sla", "mail_of_sla", "forget_mail"}
TABLE = {
    fact: kept for fact, specs in REACTIONS.items() if (kept := tuple(spec for spec in specs if spec.name in NAMES))
}


async def follow(desk: Desk, folder: Path) -> None:
    """Have a worker run all that follows, and what follows that."""
    worker = worker_of(desk.database, TABLE, settings=Settings(folder=folder))
    await worker.step(desk.system)
    await worker.step(desk.system)


async def notified(desk: Desk) -> list[tuple[UUID, str]]:
    """Who has which notifications."""
    rows = await desk.database.fetch(
        "SELECT user_id, kind FROM support_notification WHERE organization_id = $1 ORDER BY created_at, user_id",
        desk.helpdesk.world.id,
    )
    return [(row["user_id"], row["kind"]) for row in rows]


def mails(folder: Path) -> list[EmailMessage]:
    """The mails in the outbox, by date."""
    found = [message_from_bytes(path.read_bytes(), policy=SMTPUTF8) for path in sorted(folder.glob("outbox/*/*.eml"))]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def plain(mail: EmailMessage) -> str:
    """A mail's text."""
    text = mail.get_body(("plain",))
    assert text is not None
    content: str = text.get_content()
    return content


def address(actor: Actor, rows: dict[UUID, str]) -> str:
    """A member's address."""
    return rows[actor.user_id or new_id()]


async def addresses(desk: Desk) -> dict[UUID, str]:
    """Everybody's address."""
    rows = await desk.database.fetch(
        "SELECT id, email FROM support_membership WHERE organization_id = $1", desk.helpdesk.world.id
    )
    return {row["id"]: row["email"] for row in rows}


async def breached(desk: Desk, **given: Any) -> Any:
    """A ticket whose first response is missed."""
    await desk.promise(policy(hours=4, warn_before=HOUR, **given))
    return await desk.helpdesk.ticket(subject="It  broke")


async def test_the_assignee_is_told_and_nobody_else(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    world = desk.helpdesk.world
    ticket = await breached(desk)
    await desk.helpdesk.admin.assign_ticket(
        ticket_id=ticket["id"], assignee_id=encode("usr", world.agent.user_id or new_id())
    )
    await follow(desk, tmp_path)
    desk.later(3 * HOUR)
    await desk.look(ticket)
    await follow(desk, tmp_path)
    desk.later(HOUR * 1.5)
    await desk.look(ticket)

    await follow(desk, tmp_path)

    assert await notified(desk) == [(world.agent.user_id, "sla_warning"), (world.agent.user_id, "sla_breached")]
    warning, breach = mails(tmp_path)
    assert warning["To"] == breach["To"] == address(world.agent, await addresses(desk))
    assert (warning["Subject"], breach["Subject"]) == ("Due soon: #1 It broke", "Overdue: #1 It broke")
    assert plain(warning).splitlines()[:3] == [
        "#1 It broke",
        "",
        "Its first response is due at 6 November 2026, 13:00 UTC.",
    ]
    assert plain(breach).splitlines()[2] == (
        "Its first response was not given in time. The time ran out at 6 November 2026, 13:00 UTC."
    )
    assert "Please help." not in breach.as_string()


async def test_the_team_is_told_of_a_ticket_that_nobody_has(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    world = desk.helpdesk.world
    gone = await world.member(Role.AGENT)
    ticket = await breached(desk)
    # Whoever had it works no more.
    await desk.helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", gone.user_id or new_id()))
    await desk.database.execute("UPDATE support_membership SET deactivated_at = now() WHERE id = $1", gone.user_id)
    desk.later(5 * HOUR)

    await follow(desk, tmp_path)

    team = sorted(each.user_id or new_id() for each in (world.admin, world.agent))
    assert await notified(desk) == [(user_id, "sla_breached") for user_id in team]
    known = await addresses(desk)
    assert sorted(mail["To"] for mail in mails(tmp_path)) == sorted(known[user_id] for user_id in team)


async def test_admins_are_told_where_the_policy_says_so(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    world = desk.helpdesk.world
    call = Escalation(SlaEscalationAction.NOTIFY_ADMINS, 50, SlaClockKind.FIRST_RESPONSE)
    ticket = await breached(desk, escalations=(call,))
    await desk.helpdesk.admin.assign_ticket(
        ticket_id=ticket["id"], assignee_id=encode("usr", world.agent.user_id or new_id())
    )
    desk.later(2 * HOUR)

    await follow(desk, tmp_path)

    assert await notified(desk) == [(world.admin.user_id, "sla_escalated")]
    (mail,) = mails(tmp_path)
    assert (mail["To"], mail["Subject"]) == (address(world.admin, await addresses(desk)), "Escalated: #1 It broke")


async def test_what_is_done_twice_is_there_once(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    ticket = await breached(desk)
    desk.later(5 * HOUR)
    await desk.look(ticket)
    *_, breach = await desk.recorded(ticket)
    context = context_of(desk.database, settings=Settings(folder=tmp_path))

    for _ in range(3):
        await notify_of_sla(context, breach)
        await mail_of_sla(context, breach)

    assert len(await notified(desk)) == 2
    assert len(mails(tmp_path)) == len({mail["Message-ID"] for mail in mails(tmp_path)}) == 2
    assert [path.name for path in tmp_path.glob("outbox/*/.*")] == []
    told = await desk.database.fetchval(
        "SELECT count(*) FROM support_event WHERE organization_id = $1 AND type = 'NotificationAdded'",
        desk.helpdesk.world.id,
    )
    assert told == 2


async def test_a_notification_is_followed_live_by_its_own_person(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    agent = desk.helpdesk.agent
    ticket = await breached(desk)
    cursor = await now(agent)
    desk.later(5 * HOUR)
    await follow(desk, tmp_path)
    shown = """subscription($after: Cursor) { notificationAdded(after: $after) { __typename
      ... on NotificationAdded { ticket { id } notification { id kind text readAt } }
      ... on NotificationsRead { marked } } }"""

    async with agent.subscription(shown, after=cursor) as feed:
        added = await feed.next()
        await agent.mark_notifications_read(ids=[added["notification"]["id"]])
        read = await feed.next()

    assert added == {
        "__typename": "NotificationAdded",
        "ticket": {"id": ticket["id"]},
        "notification": {
            "id": added["notification"]["id"],
            "kind": "SLA_BREACHED",
            "text": "The first response of this ticket was not given in time.",
            "readAt": None,
        },
    }
    assert read == {"__typename": "NotificationsRead", "marked": 1}
    # An admin's trail tells that there was one, and not what it says.
    trail = "{ events(first: 50) { nodes { __typename ... on NotificationAdded { notification { id } } } } }"
    nodes = (await desk.helpdesk.admin.query(trail))["events"]["nodes"]
    seen = [node["notification"] for node in nodes if node["__typename"] == "NotificationAdded"]
    assert len(seen) == 2
    assert seen.count(None) == 1


async def test_a_mail_that_quotes_somebody_who_is_erased_is_taken_back(a_desk: Desks, tmp_path: Path) -> None:
    desk = await a_desk()
    await breached(desk)
    desk.later(5 * HOUR)
    await follow(desk, tmp_path)
    assert ["It broke" in mail["Subject"] for mail in mails(tmp_path)] == [True, True]

    await desk.helpdesk.admin.erase_person(user_id=encode("usr", desk.helpdesk.world.customer.user_id or new_id()))
    await follow(desk, tmp_path)

    assert mails(tmp_path) == []
