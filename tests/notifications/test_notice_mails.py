"""Mail of assignments, replies and mentions: to those who want it at once, and with nothing of what was written"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from models.actors import Actor, Role
from tests.mail.post import html, mails, plain, postman
from tests.notifications.notices import choose, usr, write_on
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]


async def address_of(world: World, member: Actor) -> str:
    """Where a member gets mail."""
    address: str = await world.database.fetchval("SELECT email FROM support_membership WHERE id = $1", member.user_id)
    return address


async def deliver(world: World, folder: Path) -> None:
    """Have a worker send what is to be sent."""
    await postman(world, folder, "mail_of_notice").step(Actor.system(world.database, world.id))


async def test_whoever_gets_a_ticket_gets_a_mail(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(world.agent))
    # To oneself nobody writes.
    own = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=own["id"], assignee_id=usr(world.agent))

    await deliver(world, tmp_path)

    (mail,) = await mails(world, tmp_path)
    assert mail["To"] == await address_of(world, world.agent)
    assert mail["Subject"] == "Yours: #1 It broke"
    assert plain(mail).splitlines()[:3] == ["#1 It broke", "", "This request is yours now."]
    assert "List-Unsubscribe" not in mail


async def test_a_mention_in_a_note_reaches_staff_without_the_note(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.admin, "MENTION", mail="NONE")
    await write_on(helpdesk, ticket, "@Analyst, @Admin and @Customer: canary-note", internal=True)

    await deliver(world, tmp_path)

    (mail,) = await mails(world, tmp_path)
    assert (mail["To"], mail["Subject"]) == (await address_of(world, world.analyst), "Mentioned: #1 It broke")
    assert "A colleague mentioned you on this request." in plain(mail)
    assert "canary" not in plain(mail) + html(mail) + mail.as_string()


async def test_replies_are_mailed_at_once_to_those_who_say_so(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.agent, "CUSTOMER_REPLY", mail="IMMEDIATE")
    await helpdesk.admin.update_support_settings(input={"locale": "de"})
    await write_on(helpdesk, ticket, "canary-reply", "customer")

    await deliver(world, tmp_path)

    (mail,) = await mails(world, tmp_path)
    assert (mail["To"], mail["Subject"]) == (await address_of(world, world.agent), "Antwort: #1 It broke")
    assert "Zu dieser Anfrage gibt es eine neue Nachricht." in plain(mail)
    assert "canary" not in plain(mail) + html(mail)


async def test_those_who_have_left_get_none(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    gone = await world.member(Role.AGENT, "Gone")
    await helpdesk.admin.assign_ticket(ticket_id=ticket["id"], assignee_id=usr(gone))
    await world.database.execute("UPDATE support_membership SET deactivated_at = now() WHERE id = $1", gone.user_id)

    await deliver(world, tmp_path)

    assert await mails(world, tmp_path) == []
