"""Whoever has asked is sent what they are answered, and told when it is resolved"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from graphql_api.ids import decode
from models.actors import Actor, ActorKind
from models.links import LinkPurpose
from models.writer import organization_write
from resolvers.access import access_ticket
from resolvers.tickets import append_message
from tests.credentials import LINKS
from tests.mail.post import html, mails, plain, postman
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]
NAMES = ("mail_of_reply", "mail_of_resolution")


async def sent(helpdesk: Helpdesk, folder: Path) -> list[Any]:
    """The mails of a worker that has followed the log up to here."""
    worker = postman(helpdesk.world, folder, *NAMES)
    await worker.step(Actor.system(helpdesk.world.database, helpdesk.world.id))
    return await mails(helpdesk.world, folder)


async def test_an_answer_is_sent_as_it_was_written(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(
        input={"ticketId": ticket["id"], "body": "Hold **both** buttons:\n\n* first\n* <b>second</b>"}
    )

    (mail,) = await sent(helpdesk, tmp_path)

    assert mail["Subject"] == "Re: [#1] It broke"
    assert "\nHold **both** buttons:\n\n* first\n* <b>second</b>\n" in plain(mail).replace("\r\n", "\n")
    assert "<p>Hold <strong>both</strong> buttons:</p>" in html(mail)
    assert "<li>&lt;b&gt;second&lt;/b&gt;</li>" in html(mail)


async def test_notes_and_ones_own_words_are_not_sent(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": "A note.", "internal": True})
    await helpdesk.customer.add_message(input={"ticketId": ticket["id"], "body": "Are you there?"})
    own = await helpdesk.agent.create_ticket(input={"subject": "My own", "body": "Mine."})
    await helpdesk.agent.add_message(input={"ticketId": own["id"], "body": "I found it myself."})

    assert await sent(helpdesk, tmp_path) == []


async def test_an_automatic_mail_that_is_kept_on_the_ticket_is_not_sent_on(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with organization_write(Actor.system(helpdesk.world.database, helpdesk.world.id)) as write:
        there = await access_ticket(write, decode("tkt", ticket["id"]))
        append_message(write, there, "I am out of office.", kind=ActorKind.SYSTEM, author_id=None)

    assert await sent(helpdesk, tmp_path) == []


async def test_a_resolution_is_told_with_a_way_back(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticketId=ticket["id"])

    (mail,) = await sent(helpdesk, tmp_path)

    assert mail["Subject"] == "Re: [#1] It broke"
    assert "Your request is resolved" in plain(mail)
    (address,) = re.findall(r"Reopen the request: (\S+)", plain(mail))
    link = LINKS.open(LinkPurpose.REOPEN, address.rpartition("/reopen/")[2], helpdesk.world.database.now())
    assert link.ids[0] == decode("tkt", ticket["id"])
    assert f'<a href="{address}"' in html(mail)


async def test_an_answer_that_resolves_is_one_mail(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": "A first *try*."})
    await helpdesk.agent.add_message(
        input={"ticketId": ticket["id"], "body": "Press *both*.", "thenStatus": "RESOLVED"}
    )

    first, second = sorted(await sent(helpdesk, tmp_path), key=lambda mail: "resolved" in plain(mail))

    assert "A first *try*." in plain(first)
    assert "Press *both*." in plain(second)
    assert "Your request is resolved" in plain(second)
    assert "Press <em>both</em>." in html(second)
    assert first["References"] == second["References"]


async def test_what_another_write_resolved_at_the_same_instant_is_told_apart(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": "Press *both*."})
    await helpdesk.agent.resolve_ticket(ticketId=ticket["id"])
    for fact in ("MessageAdded", "TicketResolved"):
        await helpdesk.world.database.execute(
            "UPDATE support_event SET recorded_at = '2026-01-01T00:00:00Z' WHERE organization_id = $1 AND type = $2",
            helpdesk.world.id,
            fact,
        )

    answer, resolution = sorted(await sent(helpdesk, tmp_path), key=lambda mail: "resolved" in plain(mail))

    assert "Press *both*." in plain(answer)
    assert "Press *both*." not in plain(resolution)


async def test_who_resolves_it_themselves_is_told_nothing(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.customer.resolve_ticket(ticketId=ticket["id"])

    assert await sent(helpdesk, tmp_path) == []


@pytest.mark.parametrize("body", ["<script>alert(1)</script>", "![x](https://example.test/x.png)", "[x](javascript:1)"])
async def test_nothing_in_an_answer_runs_or_tells_who_reads_it(a_helpdesk: Make, tmp_path: Path, body: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": body})

    (mail,) = await sent(helpdesk, tmp_path)

    for forbidden in ("<script", "<img", 'href="javascript'):
        assert forbidden not in html(mail)
