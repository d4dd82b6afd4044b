"""A mail tells its recipient of their own matter and of nobody else, and no text becomes a header"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.ids import encode
from models.actors import Actor, Role
from models.fields import new_id
from models.mail import MailKind, MailStatus, message_id
from models.settings import Settings
from models.sla import SlaClockKind
from rag.markdown import to_html
from resolvers.correspondence import Correspondence, Recipient, Sender
from resolvers.mail import QueuedMail
from tasks.mail import letters
from tasks.mail.envelopes import is_deliverable, message
from tasks.mail.letters import Answer, Letter
from tasks.mail.smtp import SmtpPool
from tasks.reactions import REACTIONS
from tests.mail.post import html, plain, postman, read
from tests.mail.sinks import a_sink
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

HEADERS = {
    "Message-ID",
    "Date",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
}


def named(prefix: str) -> str:
    """A word that stands nowhere else."""
    return f"{prefix}{new_id().hex[-12:]}"


async def test_no_note_and_no_other_persons_name_or_address_is_in_any_byte(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    people = {
        actor.user_id or new_id(): (named("name"), f"{named('address')}@example.test")
        for actor in (world.admin, world.agent, world.analyst, world.customer, await world.member(Role.CUSTOMER))
    }
    for member_id, (name, address) in people.items():
        await world.database.execute(
            "UPDATE support_membership SET name = $2, email = $3 WHERE id = $1", member_id, name, address
        )
    note = named("note")
    ticket = await helpdesk.ticket()
    ticket_id, agent_id = ticket["id"], world.agent.user_id or new_id()
    await helpdesk.admin.assign_ticket(ticket_id=ticket_id, assignee_id=encode("usr", agent_id))
    mention = f"@{people[agent_id][0]} {note}"
    await helpdesk.admin.add_message(input={"ticketId": ticket_id, "body": mention, "internal": True})
    await helpdesk.agent.add_message(input={"ticketId": ticket_id, "body": "Hold the button."})
    await helpdesk.customer.add_message(input={"ticketId": ticket_id, "body": "I held it."})
    await helpdesk.agent.add_message(input={"ticketId": ticket_id, "body": "Then it is on.", "thenStatus": "RESOLVED"})
    names = {spec.name for specs in REACTIONS.values() for spec in specs if spec.name.startswith("mail_of_")}
    async with a_sink() as sink, SmtpPool.open(sink.address, 2, 5.0) as pool:
        worker = postman(world, tmp_path, *names, smtp=pool)
        for _ in range(2):
            await worker.step(Actor.system(world.database, world.id))

    addresses = {address: member_id for member_id, (_, address) in people.items()}
    received = [each for each in sink.received if each.sent_to[0] in addresses]
    # The confirmation, two answers of which one resolves it; the assignment, the mention and the customer's answer.
    assert len(received) >= 5
    assert {addresses[each.sent_to[0]] for each in received} == {world.customer.user_id, world.agent.user_id}
    for each in received:
        mail = read(each.raw)
        everything = each.raw + plain(mail).encode() + html(mail).encode() + str(mail["Subject"]).encode()
        own = people[addresses[each.sent_to[0]]]
        others = {word for pair in people.values() for word in pair} - set(own)
        for word in (note, *others):
            assert word.encode() not in everything, (word, mail["Subject"])


def every_letter(ticket: Correspondence, answer: Answer) -> list[Letter]:
    """One of each kind that is about a ticket."""
    now = datetime(2026, 11, 26, 13, 5, tzinfo=UTC)
    return [
        letters.ticket_confirmation(ticket),
        letters.agent_reply(ticket, answer),
        letters.ticket_resolved(
            ticket, answer, "https://help.example.test/reopen/x", "https://help.example.test/survey/x"
        ),
        letters.alert(MailKind.SLA_BREACHED, ticket, SlaClockKind.RESOLUTION, now, now),
    ]


def queued(letter: Letter) -> QueuedMail:
    """A row for it."""
    kept = message_id(new_id(), letter.kind, letter.recipient.id, "localhost")
    return QueuedMail(new_id(), letter.kind, letter.recipient.id, kept, MailStatus.QUEUED, datetime.now(UTC))


LOCALES = st.sampled_from(["en", "de", "fr-FR"])
TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "Hi\r\nBcc: all@example.test",
        "Hi\n\nBcc: x",
        "a\u2028b",
        "a\x0bb\x1fc",
        "=?utf-8?q?Bcc=3A?=",
        "\u202eevil",
        "x" * 300,
    ]
)
ADDRESSES = st.from_regex(r"[^@\s,;:<>()\[\]\\\"]{1,20}@[^@\s,;:<>()\[\]\\\"]{1,20}", fullmatch=True)


@given(TEXT, TEXT, TEXT, TEXT, TEXT, LOCALES, ADDRESSES, ADDRESSES)
def test_no_name_or_subject_becomes_a_header(
    subject: str, name: str, organization: str, from_name: str, body: str, locale: str, to: str, reply_to: str
) -> None:
    if not (is_deliverable(to) and is_deliverable(reply_to)):
        return
    sender = Sender(new_id(), "ours", organization, locale, "Europe/Berlin", reply_to, from_name, None)
    ticket = Correspondence(sender, Recipient(new_id(), name, to), new_id(), 7, subject)

    for letter in every_letter(ticket, Answer(body, to_html(body))):
        raw = message(letter, queued(letter), Settings()).as_bytes()
        # Parsed as simply as a mail server would, so that no parser's kindness hides a fault.
        head = raw.split(b"\r\n\r\n", 1)[0]
        lines = [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
        assert {line.split(b":", 1)[0].decode() for line in lines} == HEADERS
        assert len(lines) == len(HEADERS)
        assert b"\n" not in head.replace(b"\r\n", b"")
        assert b"\r" not in head.replace(b"\r\n", b"")
        parsed = message_from_bytes(raw, policy=SMTP)
        assert isinstance(parsed, EmailMessage)
        assert len(parsed["To"].addresses) == len(parsed["From"].addresses) == len(parsed["Reply-To"].addresses) == 1
        assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "address", ["", None, "a\x01b@example.test", "a\u202eb@example.test", "a@" + "ü" * 70 + ".test"]
)
def test_mail_goes_to_no_address_that_is_none(address: str | None) -> None:
    assert not is_deliverable(address)
