"""How members are told of something: in their notifications, by mail at once or in a digest, each as they want it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from models.database import Fetch
from models.events import NotificationAdded
from models.log import Notification, NotificationKind
from models.preferences import DEFAULTS, NotificationMail, next_digest
from models.rows import new
from models.sla import SlaClockKind
from models.writer import Write

# Unread notifications are counted no further: nobody reads a higher number off a badge.
UNREAD_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Occasion:
    """What members are told of: an event about a ticket, and who or what gave rise to it."""

    event_id: UUID
    ticket_id: UUID
    kind: NotificationKind
    actor_id: UUID | None = None
    message_id: UUID | None = None
    clock: SlaClockKind | None = None


async def tell(write: Write, occasion: Occasion, members: Collection[UUID]) -> int:
    """Put an occasion among these members' notifications, once however often it is asked; of how many now.

    Whoever wants it in the digest only has a notification that they see nowhere else, and no event.
    """
    await hold_notifications(write, members)
    default = DEFAULTS[occasion.kind]
    rows = await write.connection.fetch(
        _NOT_TOLD,
        write.actor.organization_id,
        [*members],
        occasion.event_id,
        occasion.kind,
        default.mail,
        default.in_app,
    )
    told = 0
    for row in rows:
        in_digest = row["mail"] == NotificationMail.DIGEST
        if not (row["in_app"] or in_digest):
            continue
        notification = new(
            Notification,
            organization_id=write.actor.organization_id,
            user_id=row["id"],
            event_id=occasion.event_id,
            kind=occasion.kind,
            ticket_id=occasion.ticket_id,
            actor_id=occasion.actor_id,
            message_id=occasion.message_id,
            clock=occasion.clock,
            in_app=row["in_app"],
            created_at=write.now,
            digest_at=next_digest(write.now, ZoneInfo(row["timezone"])) if in_digest else None,
        )
        write.insert(notification)
        told += 1
        if row["in_app"]:
            added = NotificationAdded(notification.id, unread=min(row["unread"] + 1, UNREAD_LIMIT))
            write.record_about(occasion.ticket_id, added, write.now, person_id=row["id"])
    return told


async def who_want_mail(fetch: Fetch, kind: NotificationKind, members: Collection[UUID]) -> set[UUID]:
    """Those of the members who want a mail at once about such a thing."""
    rows = await fetch(_AT_ONCE, [*members], kind, DEFAULTS[kind].mail)
    return {row["id"] for row in rows}


async def hold_notifications(write: Write, members: Iterable[UUID | None]) -> None:
    """Wait for every other write that changes what is unread of these members, until it ends: so each of them knows
    the number after it. Advisory, because whoever changes members locks their rows in another order."""
    held = sorted({member for member in members if member is not None})
    await write.connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('notifications of ' || id, 0)) FROM unnest($1::uuid[]) AS id",
        held,
    )
    write.now = write.recorded_at = max(write.now, write.actor.database.now())


async def count_unread(fetch: Fetch, member: UUID | None) -> int:
    """How many of a member's notifications are unread, up to UNREAD_LIMIT."""
    (row,) = await fetch(f"SELECT {unread_of('$1::uuid')} AS unread", member)
    return int(row["unread"])


def unread_of(member: str) -> str:
    """That number as SQL, read off an index of the unread ones."""
    return (
        f"(SELECT count(*) FROM (SELECT FROM support_notification n WHERE n.user_id = {member} AND n.read_at IS NULL"
        f" AND n.in_app LIMIT {UNREAD_LIMIT}) AS unread)"
    )


# Customers and those who have left are told nothing, whoever thinks that they are concerned.
_NOT_TOLD = f"""
SELECT m.id, o.timezone, coalesce(p.mail, $5) AS mail, coalesce(p.in_app, $6) AS in_app, {unread_of("m.id")} AS unread
FROM support_membership m
JOIN support_organization o ON o.id = m.organization_id
LEFT JOIN support_preference p ON p.member_id = m.id AND p.kind = $4
WHERE m.organization_id = $1 AND m.id = ANY($2) AND m.role <> 'customer' AND m.deactivated_at IS NULL
    AND NOT EXISTS (SELECT FROM support_notification n WHERE n.user_id = m.id AND n.event_id = $3 AND n.kind = $4)
ORDER BY m.id
"""
_AT_ONCE = """
SELECT m.id FROM support_membership m LEFT JOIN support_preference p ON p.member_id = m.id AND p.kind = $2
WHERE m.id = ANY($1) AND m.role <> 'customer' AND m.deactivated_at IS NULL
    AND coalesce(p.mail, $3) = 'immediate'
"""
