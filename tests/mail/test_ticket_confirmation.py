"""Whoever opens a ticket is told that it has arrived"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from models.actors import Actor
from models.settings import Settings
from resolvers.mail_domains import verify_mail_domain
from tests.mail.post import again, html, mails, plain, postman
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_the_requester_is_told_once(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await helpdesk.ticket(subject="It broke & fell")
    system = Actor.system(world.database, world.id)
    worker = postman(world, tmp_path, "mail_of_ticket")
    await worker.step(system)
    await again(world)

    await worker.step(system)

    (mail,) = await mails(world, tmp_path)
    address = await world.database.fetchval(
        "SELECT email FROM support_membership WHERE id = $1", world.customer.user_id
    )
    name = await world.database.fetchval("SELECT name FROM support_organization WHERE id = $1", world.id)
    assert (mail["To"], mail["From"]) == (address, "Support <support@localhost>")
    assert mail["Subject"] == "[#1] It broke & fell"
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert mail["In-Reply-To"] == mail["References"] != mail["Message-ID"]
    assert "Reply-To" not in mail
    assert plain(mail).splitlines() == [
        "Hello Customer,",
        "",
        f"Thank you for writing to {name}. Your request has arrived here as number 1.",
        "",
        "#1 It broke & fell",
        "",
        "One of us will read it and answer. If there is something to add, just write it on the same request.",
        "",
        f"The team at {name}",
        "",
        "-- ",
        f"You get this mail because a request was opened for you at {name}.",
    ]
    assert "#1 · It broke &amp; fell" in html(mail)
    # What they wrote is not sent back: else strangers could have us send it to others.
    assert "Please help." not in mail.as_string()
    assert await world.database.fetch(
        "SELECT kind, status, attempts, sent_at IS NOT NULL AS sent FROM support_mail WHERE organization_id = $1",
        world.id,
    ) == [("ticket_confirmation", "sent", 1, True)]


async def test_replies_go_to_the_organization_which_writes_in_its_language(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await helpdesk.admin.update_support_settings(
        input={"fromEmail": "hallo@töpferei.test", "fromName": "Töpferei", "locale": "de"}
    )
    await helpdesk.ticket()
    worker = postman(world, tmp_path, "mail_of_ticket")

    await worker.step(Actor.system(world.database, world.id))

    (mail,) = await mails(world, tmp_path)
    assert mail["From"] == "Töpferei <support@localhost>"
    assert mail["Reply-To"] == "hallo@xn--tpferei-90a.test"
    assert plain(mail).splitlines()[2].startswith("vielen Dank für Ihre Nachricht")
    assert '<html lang="de"' in html(mail)


async def test_two_machines_that_answer_each_other_come_to_an_end(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    worker = postman(world, tmp_path, "mail_of_ticket")

    for _ in range(Settings().mail_ceiling + 2):
        await helpdesk.ticket()
        await worker.step(Actor.system(world.database, world.id))

    assert len(await mails(world, tmp_path)) == Settings().mail_ceiling
    suppressed = await world.database.fetch(
        "SELECT status, reason FROM support_mail WHERE organization_id = $1 AND status <> 'sent'", world.id
    )
    assert suppressed == [("suppressed", "loop")] * 2


async def test_many_at_once_are_no_more_than_one_by_one(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    for _ in range(5):
        await helpdesk.ticket()
    worker = postman(world, tmp_path, "mail_of_ticket", settings=Settings(mail_ceiling=1))

    async with world.database.transaction() as connection:
        # A mail's row refers to its recipient's: whoever writes one waits, and has counted by then.
        await connection.execute("SELECT FROM support_membership WHERE id = $1 FOR UPDATE", world.customer.user_id)
        stepping = asyncio.create_task(worker.step(Actor.system(world.database, world.id)))
        while await world.database.fetchval(_WAITING) < 2:
            continue
    await stepping

    assert len(await mails(world, tmp_path)) == 1


_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
    AND (query LIKE '%INTO support_mail%' OR query LIKE '%mail to %')
"""


async def test_nobody_writes_to_somebody_who_has_left(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await helpdesk.ticket()
    await world.database.execute(
        "UPDATE support_membership SET deactivated_at = now() WHERE id = $1", world.customer.user_id
    )
    worker = postman(world, tmp_path, "mail_of_ticket")

    await worker.step(Actor.system(world.database, world.id))

    assert await mails(world, tmp_path) == []
    rows = await world.database.fetch("SELECT status, reason FROM support_mail WHERE organization_id = $1", world.id)
    assert rows == [("suppressed", "no_address")]


async def test_mail_comes_from_the_organization_once_its_domain_is_verified(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    system = Actor.system(world.database, world.id)
    shown = "{ supportSettings { fromEmail fromEmailVerified } }"
    await helpdesk.admin.update_support_settings(input={"fromEmail": "hi@ours.test", "fromName": "Ours"})
    before = await helpdesk.agent.query(shown)
    await verify_mail_domain(system, "ours.test")
    after = await helpdesk.agent.query(shown)
    await helpdesk.ticket()
    worker = postman(world, tmp_path, "mail_of_ticket")

    await worker.step(system)

    (mail,) = await mails(world, tmp_path)
    assert (mail["From"], "Reply-To" in mail) == ("Ours <hi@ours.test>", False)
    assert [each["supportSettings"]["fromEmailVerified"] for each in (before, after)] == [False, True]
    # What belongs to another domain is not covered by it.
    await helpdesk.admin.update_support_settings(input={"fromEmail": "hi@theirs.test"})
    assert (await helpdesk.agent.query(shown))["supportSettings"]["fromEmailVerified"] is False
