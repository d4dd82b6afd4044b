"""Who is told when a clock is about to run out or has: notifications, and what a mail says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.actors import Actor, Role
from models.database import Fetch, Row
from models.events import NotificationAdded
from models.fact import Fact
from models.log import Notification, NotificationKind
from models.recorded import RecordedEvent
from models.rows import new
from models.service_level_events import SlaBreached, SlaEscalated, SlaWarning
from models.sla import SlaClockKind
from models.writer import organization_write
from resolvers.access import operation

_TEAM = (Role.ADMIN.value, Role.AGENT.value)


@dataclass(frozen=True, slots=True)
class Alert:
    """What a ticket's clock gave occasion to say, and to whom: to its assignee, or else the team; or to the admins."""

    event_id: UUID
    ticket_id: UUID
    kind: NotificationKind
    clock: SlaClockKind
    due_at: datetime | None
    at: datetime
    to_admins: bool

    @classmethod
    def of(cls, event: RecordedEvent) -> Alert:
        """The alert that a recorded fact is."""
        kind = ALERTS[type(event.fact)]
        match event.fact:
            case SlaWarning() | SlaBreached() | SlaEscalated() as fact if event.ticket_id is not None:
                to_admins = kind is NotificationKind.SLA_ESCALATED
                return cls(event.id, event.ticket_id, kind, fact.kind, fact.due_at, event.occurred_at, to_admins)
        raise LookupError(f"event {event.id} is no alert")


ALERTS: dict[type[Fact], NotificationKind] = {
    SlaWarning: NotificationKind.SLA_WARNING,
    SlaBreached: NotificationKind.SLA_BREACHED,
    SlaEscalated: NotificationKind.SLA_ESCALATED,
}


@dataclass(frozen=True, slots=True)
class AlertMail:
    """All that a mail about an alert says, and to whom."""

    alert: Alert
    recipient_id: UUID
    address: str
    ticket_number: int
    ticket_subject: str
    from_address: str | None
    from_name: str | None


@operation
async def notify_of_alert(actor: Actor, alert: Alert) -> int:
    """Put an alert among the notifications of those concerned, once however often it is asked; of how many now."""
    async with organization_write(actor) as write:
        concerned = [row["id"] for row in await _concerned(write.connection.fetch, actor, alert)]
        known = await write.connection.fetch(_KNOWN, concerned, alert.event_id, alert.kind)
        told = sorted(set(concerned) - {row["user_id"] for row in known})
        for user_id in told:
            notification = new(
                Notification,
                organization_id=actor.organization_id,
                user_id=user_id,
                event_id=alert.event_id,
                kind=alert.kind,
                ticket_id=alert.ticket_id,
                created_at=write.now,
            )
            write.insert(notification)
            write.record_about(alert.ticket_id, NotificationAdded(notification.id), write.now, person_id=user_id)
    return len(told)


@operation
async def alert_mails(actor: Actor, alert: Alert) -> list[AlertMail]:
    """The mails that an alert is worth."""
    rows = await _concerned(actor.database.fetch, actor, alert)
    return [*_mails(alert, rows)]


def _mails(alert: Alert, rows: Iterable[Row]) -> Iterable[AlertMail]:
    for row in rows:
        if row["email"]:
            yield AlertMail(
                alert, row["id"], row["email"], row["number"], row["subject"], row["from_email"], row["from_name"]
            )


async def _concerned(fetch: Fetch, actor: Actor, alert: Alert) -> list[Row]:
    roles = [Role.ADMIN.value] if alert.to_admins else [*_TEAM]
    return await fetch(_CONCERNED, actor.organization_id, alert.ticket_id, roles, alert.to_admins)


# An assignee who has left, or works no more, is none.
_CONCERNED = """
WITH active AS (
    SELECT id, email FROM support_membership
    WHERE organization_id = $1 AND role = ANY($3) AND deactivated_at IS NULL
)
SELECT active.id, active.email, t.number, t.subject, s.from_email, s.from_name
FROM support_ticket t
JOIN support_settings s ON s.organization_id = t.organization_id
JOIN active ON $4 OR active.id = t.assignee_id OR NOT EXISTS (SELECT FROM active WHERE id = t.assignee_id)
WHERE t.id = $2 AND t.organization_id = $1
ORDER BY active.id
"""
_KNOWN = "SELECT user_id FROM support_notification WHERE user_id = ANY($1) AND event_id = $2 AND kind = $3"
