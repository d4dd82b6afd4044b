"""Mail: to whom and from whom it goes, the row that each mail has, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor
from models.database import Row
from models.errors import NotFound
from models.events import MailFailed, MessageAdded
from models.fields import new_id
from models.mail import REPLY_LIMIT, Mail, MailKind, MailReason, MailStatus
from models.recorded import RecordedEvent
from models.rows import load_all, select
from models.writer import Write, lock_all, organization_write
from resolvers.access import access, operation

LOOP_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sender:
    """An organization as its mail shows it. `from_email` may be written from where it is of the `verified_domain`."""

    organization_id: UUID
    slug: str
    name: str
    locale: str
    timezone: str
    from_email: str | None
    from_name: str | None
    verified_domain: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a mail goes. Somebody who was erased or has left has no address."""

    id: UUID
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What mail about a ticket needs to know of it; the recipient is its requester."""

    sender: Sender
    recipient: Recipient
    ticket_id: UUID
    number: int
    subject: str


@dataclass(frozen=True, slots=True)
class WantedMail:
    """A mail that follows an event. `automatic`: nobody wrote it, so that it might answer another machine."""

    kind: MailKind
    recipient_id: UUID
    has_address: bool
    message_id: str
    ticket_id: UUID | None
    automatic: bool


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail's row, as far as sending it goes."""

    id: UUID
    kind: MailKind
    recipient_id: UUID
    message_id: str
    status: MailStatus
    created_at: datetime


SENDER_COLUMNS = (
    "o.id AS organization_id, o.slug, o.name AS organization_name, o.timezone, s.locale, s.from_email, s.from_name,"
    " s.verified_domain"
)


def sender_of(row: Row) -> Sender:
    """The sender that a row with `SENDER_COLUMNS` tells of."""
    return Sender(
        row["organization_id"],
        row["slug"],
        row["organization_name"],
        row["locale"],
        row["timezone"],
        row["from_email"],
        row["from_name"],
        row["verified_domain"],
    )


_SENDER = (
    f"SELECT {SENDER_COLUMNS} FROM support_organization o JOIN support_settings s ON s.organization_id = o.id"
    " WHERE o.id = $1"
)
_CORRESPONDENCE = (
    f"SELECT {SENDER_COLUMNS}, t.number, t.subject, m.id AS recipient_id, m.name AS recipient_name,"
    " CASE WHEN m.deactivated_at IS NULL THEN m.email END AS address"
    " FROM support_ticket t JOIN support_organization o ON o.id = t.organization_id"
    " JOIN support_settings s ON s.organization_id = o.id JOIN support_membership m ON m.id = t.requester_id"
    " WHERE t.id = $1 AND t.organization_id = $2"
)


@operation
async def mail_sender(actor: Actor) -> Sender:
    """The organization as its mail shows it."""
    row = await actor.database.fetchrow(_SENDER, actor.organization_id)
    if row is None:
        raise NotFound("organization")
    return sender_of(row)


@operation
async def correspondence(actor: Actor, ticket_id: UUID) -> Correspondence:
    """What mail to a ticket's requester needs to know."""
    row = await actor.database.fetchrow(_CORRESPONDENCE, ticket_id, actor.organization_id)
    if row is None:
        raise NotFound("ticket")
    recipient = Recipient(row["recipient_id"], row["recipient_name"], row["address"])
    return Correspondence(sender_of(row), recipient, ticket_id, row["number"], row["subject"])


@dataclass(frozen=True, slots=True)
class Told:
    """What a requester is told by an event about their ticket: with an answer in it, where there is one."""

    ticket: Correspondence
    answer: str | None


@operation
async def reply_told(actor: Actor, event: RecordedEvent) -> Told | None:
    """A public message as its requester is told of it; None where they wrote it themselves, where it is no public
    one, or where it resolved the ticket too: then the mail about that tells it."""
    fact = event.fact
    if not isinstance(fact, MessageAdded) or event.ticket_id is None:
        raise LookupError(f"event {event.id} is no message")
    row = await actor.database.fetchrow(_REPLY, fact.message_id, actor.organization_id, event.id)
    return Told(await correspondence(actor, event.ticket_id), row["body"]) if row else None


@operation
async def resolution_told(actor: Actor, event: RecordedEvent) -> Told:
    """A resolution as the requester is told of it, with the message that came with it."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    answer = await actor.database.fetchval(_ANSWER, event.id, actor.organization_id)
    return Told(await correspondence(actor, event.ticket_id), answer)


# A message and what it does to the ticket are one write, the message first: one transaction, of which xmin tells. The
# instant is asked for too, because a database that was restored from a dump has all its rows from one transaction.
_SAME_WRITE = "e.ticket_id = this.ticket_id AND e.recorded_at = this.recorded_at AND e.xmin = this.xmin"
_REPLY = f"""
SELECT m.body FROM support_ticket_message m JOIN support_ticket t ON t.id = m.ticket_id
WHERE m.id = $1 AND m.organization_id = $2 AND NOT m.internal AND m.author_id IS DISTINCT FROM t.requester_id
    AND NOT EXISTS (SELECT FROM support_event this JOIN support_event e ON {_SAME_WRITE} AND e.seq > this.seq
        WHERE this.id = $3 AND e.type = 'TicketResolved')
"""
_ANSWER = f"""
SELECT m.body FROM support_event this
JOIN support_event e ON {_SAME_WRITE} AND e.seq < this.seq
JOIN support_ticket_message m ON m.id = (e.data->>'message_id')::uuid AND m.organization_id = $2
JOIN support_ticket t ON t.id = m.ticket_id
WHERE this.id = $1 AND e.type = 'MessageAdded'
    AND NOT m.internal AND m.author_kind IN ('agent', 'ai') AND m.author_id IS DISTINCT FROM t.requester_id
ORDER BY e.seq DESC LIMIT 1
"""


# How many automatic mails about a ticket, or confirmations of tickets, somebody got within the window bounds a
# conversation between two machines, whoever began it.
_QUEUE = """
INSERT INTO support_mail
    (id, organization_id, ticket_id, event_id, kind, recipient_id, message_id, status, reason, attempts, created_at)
SELECT wanted.id, $1, ticket_id, $2, kind, recipient_id, message_id,
    CASE WHEN why.reason IS NULL THEN 'queued' ELSE 'suppressed' END, why.reason, 0, $3
FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::bool[], $8::text[], $9::uuid[], $10::bool[])
    AS wanted(id, kind, recipient_id, has_address, message_id, ticket_id, automatic)
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT has_address THEN 'no_address'
    WHEN automatic AND $11::int <= (
        SELECT count(*) FROM support_mail earlier
        WHERE earlier.recipient_id = wanted.recipient_id AND earlier.created_at > $12
            AND earlier.status <> 'suppressed'
            AND (earlier.ticket_id = wanted.ticket_id
                OR earlier.kind = wanted.kind AND wanted.kind = 'ticket_confirmation')
    ) THEN 'loop'
END AS reason) why
ON CONFLICT (event_id, kind, recipient_id) DO NOTHING
"""
# Until the write ends nobody else counts what these members got.
_COUNT_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('mail to ' || id, 0)) FROM unnest($1::uuid[]) AS id"
_QUEUED = "SELECT id, kind, recipient_id, message_id, status, created_at FROM support_mail WHERE event_id = $1"


@operation
async def queue_mails(actor: Actor, event_id: UUID, wanted: Sequence[WantedMail], ceiling: int) -> list[QueuedMail]:
    """The rows of the mails that follow an event, made where there are none yet."""
    counted = sorted({mail.recipient_id for mail in wanted if mail.automatic})
    async with actor.database.transaction() if counted else actor.database.connection() as connection:
        if counted:
            await connection.execute(_COUNT_ALONE, counted)
        now = actor.database.now()
        await connection.execute(
            _QUEUE,
            actor.organization_id,
            event_id,
            now,
            [new_id() for _ in wanted],
            [mail.kind for mail in wanted],
            [mail.recipient_id for mail in wanted],
            [mail.has_address for mail in wanted],
            [mail.message_id for mail in wanted],
            [mail.ticket_id for mail in wanted],
            [mail.automatic for mail in wanted],
            ceiling,
            now - LOOP_WINDOW,
        )
        rows = await connection.fetch(_QUEUED, event_id)
    return [
        QueuedMail(
            row["id"],
            MailKind(row["kind"]),
            row["recipient_id"],
            row["message_id"],
            MailStatus(row["status"]),
            row["created_at"],
        )
        for row in rows
    ]


@operation
async def mark_mail_sent(actor: Actor, mail_id: UUID) -> bool:
    """Keep that a mail has been taken by whoever carries it; False if its row is gone, with somebody who was erased."""
    kept = await actor.database.fetchval(
        "UPDATE support_mail SET status = 'sent', reason = NULL, reply = NULL, sent_at = $3, attempts = attempts + 1"
        " WHERE id = $1 AND organization_id = $2 RETURNING TRUE",
        mail_id,
        actor.organization_id,
        actor.database.now(),
    )
    return kept is not None


@operation
async def mark_mail_put_off(actor: Actor, mail_id: UUID, reply: str) -> None:
    """Keep that a mail was not taken this time, and what was said."""
    await actor.database.execute(
        "UPDATE support_mail SET status = 'queued', reason = NULL, reply = $3, attempts = attempts + 1"
        " WHERE id = $1 AND organization_id = $2 AND status IN ('queued', 'failed')",
        mail_id,
        actor.organization_id,
        without_addresses(reply),
    )


@operation
async def mark_mail_failed(actor: Actor, mail_id: UUID, reason: MailReason, reply: str | None) -> None:
    """Keep that a mail will not be taken; the ticket's staff is told, once."""
    async with organization_write(actor) as write:
        mail = await access(write, Mail, mail_id)
        if mail.status not in {MailStatus.QUEUED, MailStatus.FAILED}:
            return
        if reply is not None:
            write.update(mail, reply=without_addresses(reply), attempts=mail.attempts + 1)
        if mail.status is MailStatus.QUEUED:
            write.update(mail, status=MailStatus.FAILED, reason=reason)
            _record_failure(write, mail, reason)


@operation
async def give_up_mails(actor: Actor, event_id: UUID) -> None:
    """Keep that what of an event's mail has not been taken will not be tried again by itself."""
    async with organization_write(actor) as write:
        rows = await lock_all(write, f"{select(Mail)} WHERE t.event_id = $1 AND t.status = 'queued'", event_id)
        for mail in load_all(Mail, rows):
            write.update(mail, status=MailStatus.FAILED, reason=MailReason.GAVE_UP)
            _record_failure(write, mail, MailReason.GAVE_UP)


@operation
async def known_mails(actor: Actor, mail_ids: Collection[UUID]) -> set[UUID]:
    """Those of the mails that there are."""
    rows = await actor.database.fetch(
        "SELECT id FROM support_mail WHERE id = ANY($1) AND organization_id = $2", [*mail_ids], actor.organization_id
    )
    return {row["id"] for row in rows}


async def forget_mail(write: Write, tickets: Collection[UUID], member_id: UUID) -> int:
    """Take out the mail to a member and about these tickets; how much there was. The outbox follows the log."""
    status: str = await write.connection.execute(_FORGET, member_id, [*tickets])
    return int(status.rpartition(" ")[2])


# Digests quote the tickets of which their readers had notifications.
_FORGET = """
DELETE FROM support_mail WHERE recipient_id = $1 OR ticket_id = ANY($2)
    OR kind = 'digest' AND recipient_id IN (SELECT user_id FROM support_notification WHERE ticket_id = ANY($2))
"""


def _record_failure(write: Write, mail: Mail, reason: MailReason) -> None:
    fact = MailFailed(mail_id=mail.id, kind=mail.kind, reason=reason)
    if mail.ticket_id is None:
        write.record(fact)
    else:
        write.record_about(mail.ticket_id, fact, write.now)


_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


def without_addresses(reply: str) -> str:
    """What a server said, in one line and without whom it said it of: that would outlive them."""
    plain = " ".join(reply.replace("\0", "").split()).encode(errors="backslashreplace").decode()
    return _ADDRESS.sub("(address)", plain)[:REPLY_LIMIT]
