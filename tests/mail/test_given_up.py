"""What no server takes is given up, and its ticket says so; what somebody was sent goes with them"""

from __future__ import annotations

import os
import resource
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.database import utc_now
from models.fields import new_id
from tasks.leases import Terms
from tasks.mail.carrying import Parcel
from tasks.mail.outbox import Outbox
from tasks.mail.smtp import SmtpPool
from tests.mail.post import mails, postman
from tests.mail.sinks import a_sink
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_what_was_offered_in_vain_is_shown_on_the_ticket(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    names = ("mail_of_ticket", "give_up_mail_of_ticket")
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, 2.0) as pool:
        sink.answers["RCPT"] = ["451 4.7.1 Not now"]
        worker = postman(world, tmp_path, *names, smtp=pool, terms=Terms(attempts=1))
        for _ in range(2):
            await worker.step(Actor.system(world.database, world.id))

    shown = """query($id: ID!) { ticket(id: $id) { mails(first: 1) { nodes { status reason reply } }
      events(last: 1) { nodes { ... on MailFailed { kind reason } } } } }"""
    assert (await helpdesk.agent.query(shown, id=ticket["id"]))["ticket"] == {
        "mails": {"nodes": [{"status": "FAILED", "reason": "GAVE_UP", "reply": "451 4.7.1 Not now"}]},
        "events": {"nodes": [{"kind": "TICKET_CONFIRMATION", "reason": "GAVE_UP"}]},
    }


async def test_an_erased_person_leaves_no_mail(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    neighbour = await world.member(Role.CUSTOMER)
    await helpdesk.ticket()
    theirs = await helpdesk.agent.create_ticket(
        input={
            "subject": "Theirs",
            "body": "Stays.",
            "onBehalfOf": {
                "email": await world.database.fetchval(
                    "SELECT email FROM support_membership WHERE id = $1", neighbour.user_id
                )
            },
        }
    )
    system = Actor.system(world.database, world.id)
    worker = postman(world, tmp_path, "mail_of_ticket", "forget_mail")
    await worker.step(system)
    assert len(await mails(world, tmp_path)) == 2

    erased = await helpdesk.admin.query(
        "mutation($id: ID!) { erasePerson(userId: $id) { ... on Erasure { mails } } }",
        id=encode("usr", world.customer.user_id or new_id()),
    )
    await worker.step(system)

    assert erased["erasePerson"] == {"mails": 1}
    (left,) = await mails(world, tmp_path)
    assert left["Subject"] == "[#2] Theirs"
    rows = await world.database.fetch("SELECT ticket_id FROM support_mail WHERE organization_id = $1", world.id)
    assert [row["ticket_id"] for row in rows] == [decode("tkt", theirs["id"])]


async def test_a_mail_that_was_on_its_way_meanwhile_leaves_no_file(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await helpdesk.ticket()

    class Slow(Outbox):
        """Somebody is erased while their mail is carried."""

        async def send(self, parcel: Parcel) -> None:
            await super().send(parcel)
            await world.database.execute("DELETE FROM support_mail WHERE id = $1", parcel.mail_id)

    worker = postman(world, tmp_path, "mail_of_ticket", smtp=Slow(tmp_path / "outbox"))
    await worker.step(Actor.system(world.database, world.id))

    assert await mails(world, tmp_path) == []


async def test_files_go_after_thirty_days(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    old, young, new = (_parcel() for _ in range(3))
    for parcel, days in ((old, 31), (young, 29)):
        await Outbox(tmp_path).send(parcel)
        then = (utc_now() - timedelta(days=days)).timestamp()
        os.utime(tmp_path / "ours" / f"{parcel.mail_id}.eml", (then, then))

    await outbox.send(new)

    assert {path.stem for path in tmp_path.glob("ours/*.eml")} == {str(young.mail_id), str(new.mail_id)}


async def test_what_was_begun_and_never_ended_goes_too(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    begun = tmp_path / "ours" / f".{new_id().hex}"
    begun.touch()
    then = (utc_now() - timedelta(days=31)).timestamp()
    os.utime(begun, (then, then))

    await Outbox(tmp_path).send(_parcel())

    assert not begun.exists()


async def test_a_mail_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    outbox, parcel = Outbox(tmp_path), _parcel()
    allowed, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(parcel.content) - 1, most))
    try:
        with pytest.raises(OSError, match="File too large"):
            await outbox.send(parcel)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, most))
    assert [*(tmp_path / "ours").iterdir()] == []

    await outbox.send(parcel)

    assert [path.name for path in (tmp_path / "ours").iterdir()] == [f"{parcel.mail_id}.eml"]


def _parcel() -> Parcel:
    mail: Any = EmailMessage()
    mail["Subject"] = "Hello"
    return Parcel("ours", new_id(), mail.as_bytes(), "support@example.test", "nora@example.test")
