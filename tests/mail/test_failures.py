"""Mail that can't be sent is tried again, or given up and shown on the ticket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models.actors import Actor
from tasks.leases import Terms
from tasks.mail.smtp import SmtpPool
from tests.mail.post import again, postman, read
from tests.mail.sinks import a_sink
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SHOWN = """query($id: ID!) { ticket(id: $id) { mails(first: 10) { totalCount nodes {
  kind status reason reply attempts messageId sentAt recipient { name } ticket { id } } } } }"""
AT_ONCE = Terms(first_delay=timedelta(0))


async def shown(helpdesk: Helpdesk, ticket: Any, role: str = "agent") -> list[Any]:
    """The ticket's mails as somebody sees them."""
    nodes: list[Any] = (await getattr(helpdesk, role).query(SHOWN, id=ticket["id"]))["ticket"]["mails"]["nodes"]
    return nodes


async def test_a_mail_that_is_refused_is_dead_at_once_and_shown_on_the_ticket(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    address = await world.database.fetchval(
        "SELECT email FROM support_membership WHERE id = $1", world.customer.user_id
    )
    system = Actor.system(world.database, world.id)
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, 2.0) as pool:
        sink.answers["RCPT"] = [f"550 5.1.1 <{address}>: nobody of that name"]
        worker = postman(world, tmp_path, "mail_of_ticket", smtp=pool, terms=AT_ONCE)
        await worker.step(system)
        await worker.step(system)

    (mail,) = await shown(helpdesk, ticket)
    assert mail == {
        "kind": "TICKET_CONFIRMATION",
        "status": "FAILED",
        "reason": "REFUSED",
        # Whom it said this of is not kept: it would outlive them.
        "reply": "550 5.1.1 (address): nobody of that name",
        "attempts": 1,
        "messageId": mail["messageId"],
        "sentAt": None,
        "recipient": {"name": "Customer"},
        "ticket": {"id": ticket["id"]},
    }
    assert await shown(helpdesk, ticket, "customer") == []
    assert (await helpdesk.events(ticket))[-1] == "MailFailed"
    events = """query($id: ID!) { ticket(id: $id) { events(first: 20) { nodes { __typename
      ... on MailFailed { kind reason mail { status } } } } } }"""
    assert (await helpdesk.agent.query(events, id=ticket["id"]))["ticket"]["events"]["nodes"][-1] == {
        "__typename": "MailFailed",
        "kind": "TICKET_CONFIRMATION",
        "reason": "REFUSED",
        "mail": {"status": "FAILED"},
    }
    seen = (await helpdesk.customer.query(events, id=ticket["id"]))["ticket"]["events"]["nodes"]
    assert "MailFailed" not in [node["__typename"] for node in seen]
    rows = await world.database.fetch(
        "SELECT error FROM support_reaction WHERE organization_id = $1 AND status = 'dead'", world.id
    )
    assert [address in row["error"] for row in rows] == [False]


async def test_what_was_refused_is_sent_when_somebody_has_it_tried_again(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    system = Actor.system(world.database, world.id)
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, 2.0) as pool:
        sink.answers["RCPT"] = ["550 No", "550 No"]
        worker = postman(world, tmp_path, "mail_of_ticket", smtp=pool, terms=AT_ONCE)
        await worker.step(system)
        await again(world)
        await worker.step(system)
        assert (await shown(helpdesk, ticket))[0]["attempts"] == 2
        await again(world)
        await worker.step(system)

        assert len(sink.received) == 1
    (mail,) = await shown(helpdesk, ticket)
    assert (mail["status"], mail["reason"], mail["reply"], mail["attempts"]) == ("SENT", None, None, 3)
    # Staff was told once.
    assert (await helpdesk.events(ticket)).count("MailFailed") == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
@pytest.mark.parametrize("fault", ["451 4.7.1 Try again later", "die", "hang"])
async def test_a_server_that_was_away_gets_the_same_mail_later(
    a_helpdesk: Make, tmp_path: Path, command: str, fault: str
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    system = Actor.system(world.database, world.id)
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, 0.3) as pool:
        sink.answers[command] = [fault]
        worker = postman(world, tmp_path, "mail_of_ticket", smtp=pool, terms=AT_ONCE)
        await worker.step(system)
        (before,) = await shown(helpdesk, ticket)
        await again(world)
        await worker.step(system)

        (received,) = sink.received
    (mail,) = await shown(helpdesk, ticket)
    assert (before["status"], before["attempts"]) == ("QUEUED", 1)
    assert (mail["status"], mail["attempts"]) == ("SENT", 2)
    assert read(received.raw)["Message-ID"] == mail["messageId"]
    assert "MailFailed" not in await helpdesk.events(ticket)


async def test_a_mail_that_was_sent_is_not_sent_again(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await helpdesk.ticket()
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, 2.0) as pool:
        worker = postman(world, tmp_path, "mail_of_ticket", smtp=pool)
        for _ in range(3):
            await worker.step(Actor.system(world.database, world.id))
            await again(world)

        assert len(sink.received) == 1
