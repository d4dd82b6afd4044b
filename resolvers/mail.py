"""Mail: the row that each one has, made once, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor
from models.events import MailFailed
from models.fields import new_id
from models.mail import REPLY_LIMIT, Mail, MailKind, MailReason, MailStatus
from models.rows import load_all, select
from models.writer import Write, lock_all, organization_write
from resolvers.access import access, operation

LOOP_WINDOW = timedelta(hours=1)


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
