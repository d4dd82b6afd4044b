"""The daily digest: what a member has not looked at yet, in one mail. Begun once, by whichever worker comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from models.actors import Actor
from models.database import Database
from models.events import DigestDue
from models.log import NotificationKind
from models.preferences import NotificationMail
from models.writer import organization_write
from resolvers.access import operation
from resolvers.correspondence import SENDER_COLUMNS, Recipient, Sender, sender_of
from resolvers.preferences import choices_of
from resolvers.telling import hold_notifications

# So many tickets a digest tells of; of the others, how many they are.
TICKETS_LIMIT = 50


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A ticket in a digest, and how often which kinds of things happened to it."""

    number: int
    subject: str
    happened: Mapping[NotificationKind, int]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says, and to whom: tickets, those with the latest news first, and how many more there are."""

    sender: Sender
    recipient: Recipient
    entries: list[DigestEntry]
    more: int


async def members_with_digest(database: Database, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Organizations and members whose digests are due, of all organizations."""
    rows = await database.fetch(_DUE, now, most)
    return [(row["organization_id"], row["user_id"]) for row in rows]


@operation
async def begin_digest(actor: Actor, member_id: UUID) -> int:
    """Take together what is due of a member's and still unread, once; DigestDue, and its mail, follow if that is any.

    How many notifications it is.
    """
    async with organization_write(actor) as write:
        await hold_notifications(write, [member_id])
        mine = [actor.organization_id, member_id, write.now]
        many: int = await write.connection.fetchval(_UNREAD, *mine)
        digest_id = write.record(DigestDue(many), person_id=member_id) if many else None
        await write.connection.execute(_TAKE, *mine, digest_id)
    return many


@operation
async def digest_of(actor: Actor, digest_id: UUID, member_id: UUID) -> Digest | None:
    """What a digest that was begun says; None where its member wants none any more, or nothing of it is left."""
    fetch = actor.database.fetch
    choices = await choices_of(fetch, member_id)
    addressed = await fetch(_RECIPIENT, actor.organization_id, member_id)
    rows = await fetch(_TAKEN, actor.organization_id, member_id, digest_id)
    if not rows or not addressed or all(each.mail is not NotificationMail.DIGEST for each in choices.values()):
        return None
    (person,) = addressed
    entries = [
        DigestEntry(number, subject, {NotificationKind(row["kind"]): row["many"] for row in group})
        for (number, subject), group in groupby(rows, lambda row: (row["number"], row["subject"]))
    ]
    return Digest(
        sender_of(person),
        Recipient(member_id, person["recipient_name"], person["address"]),
        entries[:TICKETS_LIMIT],
        len(entries[TICKETS_LIMIT:]),
    )


_DUE = """
SELECT DISTINCT organization_id, user_id FROM support_notification WHERE digest_at <= $1 LIMIT $2
"""
# Whoever has left, or is a customer by now, gets none.
_UNREAD = """
SELECT count(*) FROM support_notification n JOIN support_membership m ON m.id = n.user_id
WHERE n.organization_id = $1 AND n.user_id = $2 AND n.digest_at <= $3 AND n.read_at IS NULL
    AND m.role <> 'customer' AND m.deactivated_at IS NULL
"""
_TAKE = """
UPDATE support_notification SET digest_at = NULL, digest_id = CASE WHEN read_at IS NULL THEN $4::uuid END
WHERE organization_id = $1 AND user_id = $2 AND digest_at <= $3
"""
_RECIPIENT = f"""
SELECT {SENDER_COLUMNS}, m.name AS recipient_name, CASE WHEN m.deactivated_at IS NULL THEN m.email END AS address
FROM support_membership m
JOIN support_organization o ON o.id = m.organization_id
JOIN support_settings s ON s.organization_id = o.id
WHERE m.organization_id = $1 AND m.id = $2
"""
_TAKEN = """
SELECT t.number, t.subject, n.kind, count(*) AS many, max(max(n.created_at)) OVER (PARTITION BY t.id) AS latest
FROM support_notification n JOIN support_ticket t ON t.id = n.ticket_id
WHERE n.organization_id = $1 AND n.user_id = $2 AND n.digest_id = $3
GROUP BY t.id, t.number, t.subject, n.kind
ORDER BY latest DESC, t.number, n.kind
"""
